"""What the board shows of an OctoPrint at which our prints are watched.

``status`` reads OctoPrint alone; here its words and those of the ledger are held together.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, Final

from printd.core.board import STARTABLE, Condition, PrinterStatus
from printd.printers.ledger import LEDGER_ERRORS
from printd.printers.octoprint.answers import HeatAnswer, JobAnswer
from printd.printers.octoprint.client import OctoPrintClient
from printd.printers.octoprint.contact import Contact
from printd.printers.octoprint.errors import NoAnswer, Refused
from printd.printers.octoprint.ledger import Entry
from printd.printers.octoprint.refusals import why_not
from printd.printers.octoprint.status import Phase, name_in, phase_of, status_of

STRANGER_S: Final = 5.0  # busy for so long after a stranger's start: the monitor has to see it


class Shown:
    """One OctoPrint on the board."""

    def __init__(self, contact: Contact) -> None:
        self._contact = contact
        self._stranger_until_s = 0.0

    def status(self) -> PrinterStatus:
        """Return what OctoPrint says now; OFFLINE, too, while its printer is not connected."""
        try:
            with self._contact.reading() as client:
                job = client.job()
                heat = _heat(client, job)
            name, entry = self._of_ours(job, heat)
        except NoAnswer as error:
            return PrinterStatus(Condition.OFFLINE, trouble=str(error) if error.lasting else None)
        except Refused as error:
            return PrinterStatus(Condition.OFFLINE, trouble=why_not(error))
        except LEDGER_ERRORS as error:
            return PrinterStatus(Condition.OFFLINE, trouble=f"its ledger cannot be used: {error}")
        status = status_of(
            job,
            heat,
            print_name=name,
            ended=entry.ended if entry else None,
            trouble=entry.trouble if entry else None,
        )
        if status.condition in STARTABLE and time.monotonic() < self._stranger_until_s:
            return replace(status, condition=Condition.BUSY, print_name=None, progress=None)
        return status

    def happened(self, event: str, payload: dict[str, Any]) -> None:
        """Take note of an event that OctoPrint tells of by itself; from any thread."""
        if event == "PrintStarted" and not self._is_known(payload.get("path")):
            # Over before anybody looks, perhaps, and on the bed all the same.
            self._stranger_until_s = time.monotonic() + STRANGER_S

    def _is_known(self, path: object) -> bool:
        name = name_in(path) if isinstance(path, str) else None
        try:
            return name is not None and self._contact.ledger.entry(name) is not None
        except LEDGER_ERRORS:
            return False

    def _of_ours(self, job: JobAnswer, heat: HeatAnswer) -> tuple[str | None, Entry | None]:
        """Return which print of ours is shown, and what is known of it."""
        ledger = self._contact.ledger
        name = name_in(job.path)
        is_at_rest = phase_of(job.state) is Phase.READY
        if job.path is None and is_at_rest and not heat.of("bed").target:
            name = ledger.last_ended()  # its file is deleted; the bed may still be warm
        entry = ledger.entry(name) if name else None
        if name and entry and is_at_rest and entry.was_asked and entry.ended is None:
            self._contact.look(name)
            entry = ledger.entry(name)
        return (name, entry) if entry else (None, None)


def _heat(client: OctoPrintClient, job: JobAnswer) -> HeatAnswer:
    if phase_of(job.state) is Phase.AWAY:
        return HeatAnswer()
    try:
        return client.heat()
    except Refused:  # the printer has gone in between; the next look says so
        return HeatAnswer()
