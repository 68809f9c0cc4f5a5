"""How a print is started behind OctoPrint: one request, and a look what came of it.

What came of it is read from three places: what OctoPrint does now, its counters of the file, and
the ledger. Where these leave a doubt, it is a doubt: OctoPrint forgets a print that its own end
has cut off.
"""

from __future__ import annotations

import logging

from printd.core.board import Evidence
from printd.core.clock import boottime_s
from printd.core.errors import PrinterOffline, StartRefused
from printd.printers.octoprint.answers import FileAnswer, JobAnswer
from printd.printers.octoprint.contact import Contact
from printd.printers.octoprint.errors import AnswerLost, Refused, Unreachable
from printd.printers.octoprint.evidence import evidence_of
from printd.printers.octoprint.kept import is_kept
from printd.printers.octoprint.ledger import Entry
from printd.printers.octoprint.status import Phase, path_of, phase_of, trouble_of
from printd.printers.start_notes import StartNotes

log = logging.getLogger(__name__)


class Starting:
    """The starts at one OctoPrint.

    Args:
        contact: to it.
        confirm_s: how long a start may take to show before it is in doubt.
        within_s: how long the questions before a start may take.
    """

    def __init__(self, contact: Contact, *, confirm_s: float, within_s: float) -> None:
        self._contact = contact
        self._name = contact.name
        self._confirm_s = confirm_s
        self._notes = StartNotes(contact.name, contact.ledger, within_s)

    def start(self, print_name: str) -> None:
        """Send the one request that selects and prints the file, then look what came of it."""
        begun_s = boottime_s()
        entry = self._contact.entry(print_name)
        if entry is None:
            raise StartRefused(f"{self._name} has no file for {print_name}.")
        with self._contact.asked(), self._contact.reading() as client:
            job = client.job()
            kept = client.file(path_of(print_name))
        if self._has_begun(print_name, entry, job, kept):
            return
        self._check_free(print_name, entry, job, kept)
        self._contact.note("start", print_name)
        self._notes.check_in_time(print_name, begun_s)
        refusal = self._send(print_name)
        self._confirm(print_name, refusal)

    def _has_begun(
        self, print_name: str, entry: Entry, job: JobAnswer, kept: FileAnswer | None
    ) -> bool:
        """Say whether the print runs or has run.

        Raises:
            InDoubt: a command was sent before; there is no second one.
        """
        found = evidence_of(print_name, entry, job, kept)
        if found is Evidence.UNKNOWN:
            raise self._notes.doubt(print_name)
        return found is not Evidence.NOT_STARTED

    def _check_free(
        self, print_name: str, entry: Entry, job: JobAnswer, kept: FileAnswer | None
    ) -> None:
        """Look whether the print can be started now.

        Raises:
            StartRefused: OctoPrint cannot take it; nothing was sent.
            PrinterOffline: it has no printer; nothing was sent.
        """
        phase = phase_of(job.state)
        if phase is Phase.AWAY:
            raise PrinterOffline(f"{self._name} cannot be used: {trouble_of(job)}.")
        if phase is not Phase.READY:
            raise StartRefused(f"{self._name} is busy with something else ({job.state}).")
        if not is_kept(entry, kept):
            raise StartRefused(f"The file of {print_name} is not on {self._name} any more.")

    def _send(self, print_name: str) -> Refused | None:
        """Send it; return what was said against it, which may prove nothing.

        Raises:
            PrinterOffline: with proof that it was not sent.
        """
        try:
            # Its own connection: one that fails has sent nothing.
            with self._contact.connect() as client:
                client.select_and_print(path_of(print_name))
        except Unreachable as error:
            self._notes.not_started(print_name)
            raise PrinterOffline(f"{self._name} does not answer. {error}") from error
        except Refused as error:
            return error
        except AnswerLost as error:
            log.warning("%s: no answer to the start of %s: %s", self._name, print_name, error)
        return None

    def _confirm(self, print_name: str, refusal: Refused | None) -> None:
        """Look until it is certain what came of a start that was sent.

        Raises:
            StartRefused: OctoPrint said no, and does not print it.
            InDoubt: there is no evidence in time.
        """

        def is_started() -> bool:
            found = self._contact.looked(print_name)
            if found not in (None, Evidence.UNKNOWN):
                return True
            # No answer (None) to the question is no answer to a proxy that has asked twice.
            if refusal is not None and refusal.is_proof and found is not None:
                self._notes.not_started(print_name)
                raise StartRefused(f"{self._name} refused to start {print_name}: {refusal.words}")
            return False

        if not self._contact.wait_until(is_started, self._confirm_s):
            raise self._notes.doubt(print_name)
