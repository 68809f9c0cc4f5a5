"""What OctoPrint is told while it prints; what takes longer is seen by the monitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from printd.core.errors import NotPossibleNow
from printd.printers.octoprint.client import OctoPrintClient
from printd.printers.octoprint.contact import Contact
from printd.printers.octoprint.status import RUNNING, phase_of

OBEY_S: Final = 10.0  # cancel and pause run scripts of the owner first


class Orders:
    """Orders to one OctoPrint; each raises ``PrinterOffline`` when it does not answer."""

    def __init__(self, contact: Contact) -> None:
        self._contact = contact
        self._name = contact.name

    def cancel(self, print_name: str) -> None:
        """Stop this print and only this one; returns when it has stopped, or soon after."""
        if not self._is_ours(print_name) or not self._contact.runs(print_name):
            return
        self._contact.note("cancel", print_name)
        try:
            self._tell(OctoPrintClient.cancel)
        except NotPossibleNow:
            if self._contact.runs(print_name):
                raise
        self._contact.wait_until(lambda: not self._contact.runs(print_name), OBEY_S)

    def stop_foreign(self) -> None:
        """Stop what others have started."""
        if not self._contact.runs_foreign():
            raise NotPossibleNow(f"{self._name} prints nothing that others have started.")
        self._tell(OctoPrintClient.cancel)
        self._contact.wait_until(lambda: not self._contact.runs_foreign(), OBEY_S)

    def pause(self, print_name: str) -> None:
        """Let this print rest."""
        self._change(print_name, "Printing", "Paused", OctoPrintClient.pause)

    def resume(self, print_name: str) -> None:
        """Let this print go on."""
        self._change(print_name, "Paused", "Printing", OctoPrintClient.resume)

    def _change(
        self, print_name: str, before: str, after: str, command: Callable[[OctoPrintClient], None]
    ) -> None:
        """Bring this print from one state to another.

        OctoPrint takes a command in a state in between (204) and does nothing, so those are
        waited out.
        """

        def is_in(*states: str) -> bool:
            found = self._contact.state(print_name) if self._is_ours(print_name) else None
            if found is None or phase_of(found) not in RUNNING:
                raise NotPossibleNow(f"{self._name} does not print {print_name}.")
            return found in states

        self._contact.wait_until(lambda: is_in(before, after), OBEY_S)
        if is_in(after):
            return
        self._tell(command)
        self._contact.wait_until(lambda: is_in(after), OBEY_S)

    def _is_ours(self, print_name: str) -> bool:
        return self._contact.entry(print_name) is not None

    def _tell(self, command: Callable[[OctoPrintClient], None]) -> None:
        with self._contact.obeyed(), self._contact.connect() as client:
            command(client)
