"""What goes between a virtual printer and its adapter: the calls, and how they can go wrong.

``VirtualMachine`` (embedded) and ``SocketLink`` (a program of its own) both offer ``Link``; the
adapter does not know which it has. The three ways to fail are told apart by what they prove.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from printd.core.board import Evidence, PrinterStatus


class Unreachable(Exception):
    """The machine did not take the call: proof that nothing came of it."""


class Refused(Exception):
    """The machine took the call and said no, with its reason."""


class AnswerLost(Exception):
    """The call may have been taken; its answer did not come back."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole file on the machine."""

    bytes: int
    sha256: str


class Link(Protocol):
    """The calls that a virtual printer takes over its connection.

    All raise ``Unreachable``; those that change something also ``Refused`` and ``AnswerLost``.
    """

    def status(self) -> PrinterStatus:
        """Return what the display shows."""

    def evidence(self, print_name: str) -> Evidence:
        """Return what the journal says of this print, no start command being on its way."""

    def ejected(self, print_name: str) -> bool:
        """Say whether the journal has a line that this print left the bed by itself."""

    def kept(self, print_name: str) -> Kept | None:
        """Return what is on the machine under this name, read from its disk."""

    def upload(self, print_name: str, kept: Kept, chunks: Iterable[bytes]) -> None:
        """Put a file there; refused unless size and hash are those of ``kept``."""

    def start(self, print_name: str) -> None:
        """Begin to print a file that is there."""

    def cancel(self, print_name: str) -> None:
        """End this print and no other."""

    def cancel_foreign(self) -> None:
        """End what others have started; refused unless there is something."""

    def pause(self, print_name: str) -> None:
        """Let this print rest; refused unless it is this one that runs."""

    def resume(self, print_name: str) -> None:
        """Let this print go on; refused unless it is this one that rests."""

    def remove(self, print_name: str) -> None:
        """Delete the file; done when there is none."""
