"""What a mesher is: photo in, mesh out, at once or by and by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from printd.core.jobs import Facts


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is needed to collect an order, also after a restart; plain values, kept as JSON."""

    mesher: str
    order: str  # the name that the service gave it
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_facts(self) -> dict[str, Any]:
        """Return what the store keeps."""
        return {"mesher": self.mesher, "order": self.order, "details": dict(self.details)}

    @classmethod
    def from_facts(cls, facts: Facts) -> Ticket:
        """Return the ticket that the store kept."""
        return cls(mesher=facts["mesher"], order=facts["order"], details=facts["details"])


class Mesher(Protocol):
    """Turns a photo into a raw mesh, at once or by and by."""

    @property
    def name(self) -> str:
        """As in the configuration."""
        ...

    def order(self, photo: Path, settings: Facts) -> Ticket:
        """Hand in a photo; sends the request once, whatever happens.

        Args:
            photo: a checked picture.
            settings: of this mesher; their names are its own.

        Raises:
            TransientError: proof that nothing was accepted (connection refused, 429).
            InDoubt: the request may have been accepted (deadline, reset, 5xx).
            SettingInvalid: a setting is unknown or outside its range.
        """
        ...

    def find(self, photo: Path, since: datetime) -> Ticket | None:
        """Return the order that an ``InDoubt`` may have left; None: there is none.

        Raises:
            OrderInDoubt: this service cannot tell; a person decides.
        """
        ...

    def collect(self, ticket: Ticket, photo: Path, settings: Facts, out: Path) -> Facts:
        """Write the mesh to ``out``, whole or not at all, and return facts about it.

        May be called again at any time, also by a later run of the daemon.

        Raises:
            NotYet: the service is still working.
        """
        ...
