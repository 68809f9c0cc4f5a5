"""How a print is started on a Bambu printer: one message, and a look what came of it.

That the printer says yes to it means nothing, and silence means nothing: a print may begin
minutes later. What came of it is read from the reports, and what they do not tell stays a doubt
for a person.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from printd.core.board import Evidence
from printd.core.clock import boottime_s
from printd.core.errors import PrinterOffline, StartRefused
from printd.core.feeding import Feed, Source, feed_for
from printd.core.jobs import Because
from printd.printers.bambu.contact import Contact
from printd.printers.bambu.errors import NO_REASON, Trouble, refusal_in
from printd.printers.bambu.failures import NoAnswer
from printd.printers.bambu.files import Files
from printd.printers.bambu.ledger import Entry
from printd.printers.bambu.models import UrlForm
from printd.printers.bambu.report import STARTABLE
from printd.printers.bambu.start_command import Start, StartOptions, start_command
from printd.printers.bambu.status import why_not_ready
from printd.printers.bambu.talk import View
from printd.printers.bambu.watch import OVER
from printd.printers.ledger import LEDGER_ERRORS, noted
from printd.printers.start_notes import StartNotes

USUAL: Final = StartOptions()
LAST_LOOK_S: Final = 5.0  # after a full report was asked for at the end of the wait

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Manner:
    """How prints are started on one printer."""

    spool: Source = "auto"  # where filament comes from
    options: StartOptions = USUAL  # what it does before and while it prints
    url_form: UrlForm | None = None  # where a file lies, as it is told; None: as the model takes it
    nozzle_mm: float | None = None  # of the files that are made for it; None: not compared


class Starting:
    """The starts of one printer.

    Args:
        contact: to the printer.
        files: that are started.
        manner: how.
        within_s: how long the questions before a start may take.
    """

    def __init__(self, contact: Contact, files: Files, manner: Manner, within_s: float) -> None:
        self._contact = contact
        self._name = contact.name
        self._files = files
        self._manner = manner
        self._notes = StartNotes(contact.name, contact.ledger, within_s)

    def start(self, print_name: str) -> None:
        """Send the one message that starts the print, then look what came of it."""
        begun_s = boottime_s()
        entry = self._contact.entry(print_name)
        if entry is None or entry.is_removed:
            raise StartRefused(f"{self._name} has no file for {print_name}.")
        if not entry.was_asked:
            self._files.check_there(entry)
        view = self._contact.fresh()
        if self._has_begun(entry, view):
            return
        self._check_free(view)
        start = self._noted(entry, view, self._feed_of(entry, view))
        self._notes.check_in_time(print_name, begun_s)
        number = self._send(start, view)
        self._confirm(print_name, number)

    # Before.

    def _has_begun(self, entry: Entry, view: View) -> bool:
        """Say whether the print runs or has run.

        Raises:
            InDoubt: a command was sent before; there is no second one.
        """
        with noted(self._name):
            found = self._contact.watch.look(entry.print_name, view)
        if found is Evidence.UNKNOWN:
            raise self._notes.doubt(entry.print_name)
        return found is not Evidence.NOT_STARTED

    def _check_free(self, view: View) -> None:
        """Raise ``StartRefused`` when the printer cannot take a print now; nothing was sent."""
        if view.now.phase not in STARTABLE:
            raise StartRefused(f"{self._name} is busy with something else ({view.now.phase}).")
        needs_card = self._contact.model.needs_card
        reason = why_not_ready(view.now, self._manner.nozzle_mm, needs_card=needs_card)
        if reason is not None:
            raise StartRefused(f"{self._name}: {reason.problem}", action=reason.action)
        with noted(self._name):
            other = self._contact.ledger.last_asked()
        if other is not None and self._contact.watch.is_landing(other):
            raise StartRefused(f"{self._name} may be about to print {other.print_name}.")

    def _feed_of(self, entry: Entry, view: View) -> Feed:
        """Return where the filament comes from; raises ``StartRefused``: it is not there."""
        wanted = dict(entry.filaments)
        feed = feed_for(wanted, view.now.spools, self._manner.spool, printer=self._name)
        if isinstance(feed, Because):
            raise StartRefused(feed.problem, action=feed.action)
        return feed

    def _noted(self, entry: Entry, view: View, feed: Feed) -> Start:
        """Write down that the start is sent now; return what is sent."""
        with noted(self._name):
            number = self._contact.watch.about_to_send(entry.print_name, view)
        return Start(
            entry.print_name,
            number,
            feed=feed,
            folder=entry.folder,
            url_form=self._manner.url_form or self._contact.model.url_form,
            options=self._manner.options,
            plate=entry.plate,
        )

    def _send(self, start: Start, view: View) -> int:
        """Send it; return the number by which its answer is known."""
        kind, body = next(iter(start_command(start, self._contact.model, 0).items()))
        try:
            # Not acknowledged, so that nothing below can think of sending it again.
            return self._contact.link.tell(kind, body, connection=view.connection, spare=True)
        except NoAnswer as error:
            self._notes.not_started(start.print_name)
            raise PrinterOffline(f"{self._name} does not answer. {error}") from error

    # After.

    def _confirm(self, print_name: str, number: int) -> None:
        """Look until it is certain what came of a start that was sent.

        Raises:
            StartRefused: the printer said no, and does not print it.
            InDoubt: there is no evidence in time.
        """
        link, lands_s = self._contact.link, self._contact.lands_s

        def is_started() -> bool:
            if self._is_started(print_name, number):
                return True
            self._files.leave_to_another(print_name)
            return False

        try:
            if link.wait_until(is_started, lands_s):
                return
            link.ask_all()
            if not link.wait_until(is_started, min(LAST_LOOK_S, lands_s)):
                raise self._notes.doubt(print_name)
        finally:
            link.spare_no_more()

    def _is_started(self, print_name: str, number: int) -> bool:
        """Say whether it runs or has run; raises ``StartRefused`` on proof of the contrary."""
        found = self._contact.looked(print_name)
        if found is Evidence.RUNNING or found in OVER:
            return True
        refusal = refusal_in(self._contact.link.answer(number))
        if refusal is None:
            if found is not Evidence.NOT_STARTED:
                return False
            refusal = self._complaint(print_name)
        self._notes.not_started(print_name)
        raise StartRefused(
            f"{self._name} refused to start {print_name}: {refusal}.", action=refusal.action
        )

    def _complaint(self, print_name: str) -> Trouble:
        """Return why the printer has refused a start, as its reports say."""
        try:
            view = self._contact.link.view(0.0)
            return self._contact.watch.refusal(print_name, view) or NO_REASON
        except (NoAnswer, *LEDGER_ERRORS):
            return NO_REASON
