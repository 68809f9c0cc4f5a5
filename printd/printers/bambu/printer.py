"""The ``bambu`` printer: one machine of Bambu Lab on the local network, in its Developer Mode.

A start is one message, sent after its line in the ledger is on the disk. That the printer says yes
to it means nothing, and silence means nothing: a print may begin minutes later. What came of it is
read from the reports, and what they do not tell stays a doubt for a person.
Source: OpenBambuAPI, bambuddy, ha-bambulab; tried against a scripted printer, not a real one.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from printd.core.board import Condition, Evidence, PrinterStatus
from printd.core.clock import boottime_s
from printd.core.errors import (
    CertificateChanged,
    InDoubt,
    InternalError,
    NotPossibleNow,
    PrinterOffline,
    StartInDoubt,
    StartRefused,
    UploadFailed,
)
from printd.core.feeding import Feed, Source, feed_for
from printd.core.filaments import Filament
from printd.core.jobs import Because
from printd.gcode import container
from printd.gcode.slice_info import SLICE_INFO, filaments_of
from printd.printers.bambu.errors import NO_REASON, Trouble, refusal_in
from printd.printers.bambu.failures import NoAnswer, OtherCertificate
from printd.printers.bambu.ledger import Entry
from printd.printers.bambu.link import PORT, Link
from printd.printers.bambu.models import Model, UrlForm, model_of
from printd.printers.bambu.report import STARTABLE, Phase
from printd.printers.bambu.start_command import (
    ENDING,
    Start,
    StartOptions,
    remote_name,
    start_command,
)
from printd.printers.bambu.status import status_of, why_not_ready
from printd.printers.bambu.storage import PORT as STORAGE_PORT
from printd.printers.bambu.storage import NoRoom, NotWhole, Refused, Storage
from printd.printers.bambu.talk import USUAL, Body, Pace, View
from printd.printers.bambu.tls import context_for
from printd.printers.bambu.watch import OVER, Watch
from printd.printers.base import PrintFile, checked_name, judged_chunks
from printd.printers.ledger import LEDGER_ERRORS, noted

ANSWER_S: Final = 10.0  # until the printer has reported what it was asked for
LANDS_S: Final = 240.0  # from a start to the first sign of it: up to 210 s were seen (H2D Pro)
LAST_LOOK_S: Final = 5.0  # after a full report was asked for at the end of the wait
SETTLE_S: Final = 3.0  # the reason of a failure may come in a later report than its state
START_WITHIN_S: Final = 30.0  # two questions and an FTPS login; slower, or asleep: nothing is sent
OBEY_S: Final = 10.0
STORAGE: Final = (
    "Look whether a memory card is in the printer and has room, and that Developer Mode is on; "
    "printd keeps trying."
)
FULL: Final = "Delete files from the printer's storage; printd keeps trying."
USUAL_OPTIONS: Final = StartOptions()
LIGHT: Final[Body] = {
    "command": "ledctrl",
    "led_node": "chamber_light",
    "led_on_time": 500,
    "led_off_time": 500,
    "loop_times": 0,
    "interval_time": 0,
}

log = logging.getLogger(__name__)


class BambuPrinter:
    """A printer of Bambu Lab.

    Args:
        name: as configured.
        host: its address.
        serial: its serial number.
        code: its access code.
        ledger: folder for the ledger, in printd's own data.
        model: None: as it says itself, or by the serial.
        fingerprint: SHA-256 of its certificate; this or ``ca_file`` is needed.
        ca_file: who signed its certificate.
        url_form: how it is told where a file lies; None: as the model takes it.
        folder: of its storage, for our files; None: as is best for the model.
        spool: where filament comes from.
        options: what it does before and while it prints.
        nozzle_mm: of the files that are made for it; None: not compared.
        mqtt_port: where it takes orders.
        ftps_port: where it takes files.
        clear_data: files travel unencrypted, for firmware that stalls on encrypted ones.
        answer_s: how long an answer may take.
        lands_s: how long a start may take to show before it is in doubt.
        settle_s: how long the reason of an end may take.
        start_within_s: how long the questions before a start may take.
        pace: how long the connection waits for what.
    """

    accepts = frozenset({ENDING})
    has_bed = True

    def __init__(
        self,
        name: str,
        *,
        host: str,
        serial: str,
        code: str,
        ledger: Path,
        model: Model | None = None,
        fingerprint: str | None = None,
        ca_file: Path | None = None,
        url_form: UrlForm | None = None,
        folder: str | None = None,
        spool: Source = "auto",
        options: StartOptions = USUAL_OPTIONS,
        nozzle_mm: float | None = None,
        mqtt_port: int = PORT,
        ftps_port: int = STORAGE_PORT,
        clear_data: bool = False,
        answer_s: float = ANSWER_S,
        lands_s: float = LANDS_S,
        settle_s: float = SETTLE_S,
        start_within_s: float = START_WITHIN_S,
        pace: Pace = USUAL,
    ) -> None:
        self.name = name
        self._serial = serial
        self._told_model = model
        self._url_form = url_form
        self._folder = folder
        self._spool: Source = spool
        self._options = options
        self._nozzle_mm = nozzle_mm
        self._answer_s = answer_s
        self._lands_s = lands_s
        self._start_within_s = start_within_s
        self._watch = Watch(name, ledger, lands_s=lands_s, settle_s=settle_s)
        self._ledger = self._watch.ledger
        self._link = Link(
            name,
            host=host,
            port=mqtt_port,
            serial=serial,
            code=code,
            context=context_for(serial, fingerprint=fingerprint, ca_file=ca_file),
            saw=self._watch.saw,
            pace=pace,
        )
        storage = context_for(
            serial, fingerprint=fingerprint, ca_file=ca_file, newest=ssl.TLSVersion.TLSv1_2
        )
        self._storage = Storage(host, ftps_port, code, storage, clear_data=clear_data)
        self._spare_what_was_started(pace)

    def _spare_what_was_started(self, pace: Pace) -> None:
        """Connect later when a start was sent right before printd ended: it would spoil that."""
        try:
            wait_s = self._watch.reads_for_s(pace.parse_s)
        except LEDGER_ERRORS as error:
            log.warning("the ledger of %s cannot be used: %s", self.name, error)
            return
        if wait_s > 0.0:
            self._link.spare(wait_s)

    @property
    def _model(self) -> Model:
        if self._told_model is not None:
            return self._told_model
        version = self._link.version
        return model_of(product=version.product if version else "", serial=self._serial)

    # What it says.

    def status(self) -> PrinterStatus:
        """Return what the printer shows; OFFLINE, too, while it cannot be given anything."""
        try:
            return self._status(*self._watch.shown(self._link.view(self._answer_s)))
        except NoAnswer as error:
            trouble = f"{error.words} {error.action}" if error.action else None
            return PrinterStatus(Condition.OFFLINE, trouble=trouble)
        except LEDGER_ERRORS as error:
            return PrinterStatus(Condition.OFFLINE, trouble=f"its ledger cannot be used: {error}")

    def _status(self, view: View, entry: Entry | None) -> PrinterStatus:
        now, ended = view.now, None
        needs_card = self._model.needs_card
        if entry is not None and not now.is_active:
            ended = self._watch.look(entry.print_name, view)
            if ended is Evidence.UNKNOWN and entry.is_settled:
                ended = Evidence.NOT_STARTED
        status = status_of(
            now,
            print_name=entry.print_name if entry else None,
            ended=ended,
            nozzle_mm=self._nozzle_mm,
            needs_card=needs_card,
        )
        if status.condition is Condition.OFFLINE:
            reason = why_not_ready(now, self._nozzle_mm, needs_card=needs_card)
            return replace(status, trouble=f"{reason.problem} {reason.action}" if reason else None)
        if status.condition is Condition.FAILED and entry is not None and status.trouble is None:
            return replace(status, trouble=entry.trouble)
        if status.condition is Condition.BUSY and entry is not None and now.phase in STARTABLE:
            return self._begins(status, entry, ended)
        return status

    def _begins(self, status: PrinterStatus, entry: Entry, found: Evidence | None) -> PrinterStatus:
        """Show as printing what has been taken and is about to begin: the bed is not a stranger's.

        The identity of a print is shown up to minutes before anything moves.
        """
        has_begun = found is Evidence.RUNNING  # as a report says that came meanwhile
        if not has_begun and not self._watch.is_landing(entry):
            return status
        return replace(
            status, condition=Condition.PRINTING, print_name=entry.print_name, progress=0.0
        )

    def listen(self, changed: Callable[[], None]) -> None:
        """Keep the connection up, and pass on that something has changed."""
        self._link.listen(changed)

    def evidence(self, print_name: str) -> Evidence:
        """Return what the printer and the ledger know of this print.

        While its start may still come true, and while an end may still get its reason, it waits.
        """
        found = Evidence.UNKNOWN

        def is_sure() -> bool:
            nonlocal found
            found = self._looked(print_name) or Evidence.UNKNOWN
            try:
                return self._watch.is_sure(print_name, found)
            except LEDGER_ERRORS:
                return True

        self._link.wait_until(is_sure, self._lands_s)
        return found

    def _looked(self, print_name: str) -> Evidence | None:
        """Return what can be seen now; None: nobody answers."""
        try:
            entry = self._ledger.entry(print_name)
            if entry is None or entry.ended is not None:
                return entry.ended if entry else Evidence.UNKNOWN
            return self._watch.look(print_name, self._link.view(self._answer_s))
        except (NoAnswer, *LEDGER_ERRORS):
            return None

    # Files.

    def upload(self, file: PrintFile, print_name: str) -> None:
        """Put the file into our folder of the storage, and look whether it is whole."""
        checked_name(print_name)
        chunks = judged_chunks(file)
        with noted(self.name):
            entry = self._ledger.entry(print_name)
        if entry is not None and self._is_there(entry, file):
            return
        if entry is not None and entry.was_asked:
            raise InternalError(f"{print_name} was started on {self.name} before.")
        folder = self._model.folder if self._folder is None else self._folder
        self._tidy(print_name)
        with noted(self.name):
            self._ledger.note("sending", print_name, folder=folder)
        with self._sent_whole():
            self._storage.store(folder, remote_name(print_name), file.bytes, chunks)
        plate, filaments = _contents(file)
        with noted(self.name):
            self._ledger.note(
                "uploaded",
                print_name,
                bytes=file.bytes,
                sha256=file.sha256,
                folder=folder,
                plate=plate,
                filaments=[
                    (slot, filament.material, filament.colour, filament.needed_g)
                    for slot, filament in filaments.items()
                ],
            )

    def uploaded(self, file: PrintFile, print_name: str) -> bool:
        """Say whether exactly this file lies in our folder."""
        with noted(self.name):
            entry = self._ledger.entry(print_name)
        if entry is None:
            with self._stored():
                self._storage.free_bytes()  # says no only when the printer can be asked
            return False
        return self._is_there(entry, file)

    def _is_there(self, entry: Entry, file: PrintFile) -> bool:
        with self._stored():
            kept = self._storage.size(entry.folder, remote_name(entry.print_name))
        is_of = (entry.sha256, entry.bytes) == (file.sha256, file.bytes)
        return is_of and not entry.is_removed and kept == file.bytes

    def remove(self, print_name: str) -> None:
        """Delete the file, so that nothing starts it late; what is being printed stays."""
        with noted(self.name):
            entry = self._ledger.entry(print_name)
            folder = self._ledger.place(print_name)
        if folder is None:
            return
        try:
            if entry is not None and entry.was_asked and entry.ended is None:
                if self._running(print_name) is not None:
                    return
                self._has_its_card()
            self._delete(print_name, folder)
        except PrinterOffline:
            with noted(self.name):
                self._ledger.note("unwanted", print_name)  # the next upload tries again
            raise
        with noted(self.name):
            self._ledger.note("removed", print_name)

    def _delete(self, print_name: str, folder: str) -> None:
        with self._asked():
            try:
                self._storage.remove(folder, remote_name(print_name))
            except Refused as error:
                raise PrinterOffline(f"{self.name} did not delete the file. {error}") from error

    def _has_its_card(self) -> None:
        """Raise ``PrinterOffline`` without the card: the file would come back with it."""
        with self._asked():
            now = self._link.view(self._answer_s).now
        if self._model.needs_card and now.has_card is False:
            raise PrinterOffline(
                f"{self.name} has no memory card.",
                action="Put its memory card back; printd keeps trying.",
            )

    def _tidy(self, print_name: str) -> None:
        """Delete what earlier prints have left behind, when the printer could not be reached.

        Raises:
            UploadFailed: a file stays whose start may still come true: it would be printed late.
        """
        with noted(self.name):
            names = [name for name in self._ledger.stale() if name != print_name]
            unresolved = {entry.print_name for entry in self._ledger.unresolved(settled=True)}
        for name in names:
            try:
                self.remove(name)
            except PrinterOffline as error:
                if name in unresolved:
                    action = f"Delete {remote_name(name)} at the printer; printd keeps trying."
                    raise UploadFailed(error.problem, action=action) from error
                log.warning("%s stays on %s: %s", remote_name(name), self.name, error.problem)

    # Starts.

    def start(self, print_name: str) -> None:
        """Send the one message that starts the print, then look what came of it."""
        begun_s = boottime_s()
        with noted(self.name):
            entry = self._ledger.entry(print_name)
        if entry is None or entry.is_removed:
            raise StartRefused(f"{self.name} has no file for {print_name}.")
        if not entry.was_asked:
            with self._stored():
                kept = self._storage.size(entry.folder, remote_name(print_name))
            if kept != entry.bytes:
                raise StartRefused(f"The file of {print_name} is not on {self.name} any more.")
        with self._asked(CertificateChanged):
            view = self._link.fresh(self._answer_s)
        feed = self._before(entry, view)
        if feed is None:
            return  # it runs or has run already
        with noted(self.name):
            start = Start(
                print_name,
                self._watch.about_to_send(print_name, view),
                feed=feed,
                folder=entry.folder,
                url_form=self._url_form or self._model.url_form,
                options=self._options,
                plate=entry.plate,
            )
        self._send(start, view, begun_s)

    def _before(self, entry: Entry, view: View) -> Feed | None:
        """Return where the filament comes from; None: the print runs or has run.

        Raises:
            StartRefused: the printer cannot take it now; nothing was sent.
            InDoubt: a command was sent before; there is no second one.
        """
        with noted(self.name):
            found = self._watch.look(entry.print_name, view)
            other = self._ledger.last_asked()
        if found is Evidence.UNKNOWN:
            raise self._doubt(entry.print_name)
        if found is not Evidence.NOT_STARTED:
            return None
        if view.now.phase not in STARTABLE:
            raise StartRefused(f"{self.name} is busy with something else ({view.now.phase}).")
        reason = why_not_ready(view.now, self._nozzle_mm, needs_card=self._model.needs_card)
        if reason is not None:
            raise StartRefused(f"{self.name}: {reason.problem}", action=reason.action)
        if other is not None and self._watch.is_landing(other):
            raise StartRefused(f"{self.name} may be about to print {other.print_name}.")
        wanted = dict(entry.filaments)
        feed = feed_for(wanted, view.now.spools, self._spool, printer=self.name)
        if isinstance(feed, Because):
            raise StartRefused(feed.problem, action=feed.action)
        return feed

    def _send(self, start: Start, view: View, begun_s: float) -> None:
        if boottime_s() - begun_s > self._start_within_s:
            self._not_started(start.print_name)
            raise PrinterOffline(f"{self.name} answers too slowly; the start was not sent.")
        kind, body = next(iter(start_command(start, self._model, 0).items()))
        try:
            # Not acknowledged, so that nothing below can think of sending it again.
            number = self._link.tell(kind, body, connection=view.connection, spare=True)
        except NoAnswer as error:
            self._not_started(start.print_name)
            raise PrinterOffline(f"{self.name} does not answer. {error}") from error
        self._confirm(start.print_name, number)

    def _confirm(self, print_name: str, number: int) -> None:
        """Look until it is certain what came of a start that was sent.

        Raises:
            StartRefused: the printer said no, and does not print it.
            InDoubt: there is no evidence in time.
        """

        def is_started() -> bool:
            if self._is_started(print_name, number):
                return True
            self._leave_to_another(print_name)
            return False

        try:
            if self._link.wait_until(is_started, self._lands_s):
                return
            self._link.ask_all()
            if not self._link.wait_until(is_started, min(LAST_LOOK_S, self._lands_s)):
                raise self._doubt(print_name)
        finally:
            self._link.spare_no_more()

    def _is_started(self, print_name: str, number: int) -> bool:
        """Say whether it runs or has run; raises ``StartRefused`` on proof of the contrary."""
        found = self._looked(print_name)
        if found is Evidence.RUNNING or found in OVER:
            return True
        refusal = refusal_in(self._link.answer(number))
        if refusal is None:
            if found is not Evidence.NOT_STARTED:
                return False
            refusal = self._complaint(print_name)
        self._not_started(print_name)
        raise StartRefused(
            f"{self.name} refused to start {print_name}: {refusal}.", action=refusal.action
        )

    def _leave_to_another(self, print_name: str) -> None:
        """Delete the file when another print has begun: ours would begin on top of it."""
        try:
            entry = self._ledger.entry(print_name)
            if entry is not None and entry.met_another and not entry.is_removed:
                self.remove(print_name)
        except (PrinterOffline, *LEDGER_ERRORS) as error:
            log.warning("the file of %s stays on %s: %s", print_name, self.name, error)

    def _complaint(self, print_name: str) -> Trouble:
        """Return why the printer has refused a start, as its reports say."""
        try:
            return self._watch.refusal(print_name, self._link.view(0.0)) or NO_REASON
        except (NoAnswer, *LEDGER_ERRORS):
            return NO_REASON

    def _not_started(self, print_name: str) -> None:
        """Note the proof that no start is on its way; without the note it stays in doubt."""
        try:
            self._ledger.note("refused", print_name)
        except LEDGER_ERRORS as error:
            log.warning("the ledger of %s cannot be written: %s", self.name, error)
            raise self._doubt(print_name) from error

    def _doubt(self, print_name: str) -> InDoubt:
        return InDoubt(
            StartInDoubt.code,
            f"{self.name} was told to start {print_name} and does not say that it did.",
            action=StartInDoubt.action,
        )

    # What it is told while it prints.

    def cancel(self, print_name: str) -> None:
        """Stop this print and only this one; returns when it has stopped, or soon after."""
        view = self._running(print_name)
        if view is None:
            return
        with noted(self.name):
            self._ledger.note("cancel", print_name)
        self._obey(view, "stop", lambda: self._running(print_name) is None)

    def stop_foreign(self) -> None:
        """Stop what others have started."""
        view = self._foreign()
        if view is None:
            raise NotPossibleNow(f"{self.name} prints nothing that others have started.")
        self._obey(view, "stop", lambda: self._foreign() is None)

    def _foreign(self) -> View | None:
        """Return the printer while it prints what others have started; None: it does not."""
        with self._asked(), noted(self.name):
            view, entry = self._watch.shown(self._link.view(self._answer_s))
        return view if entry is None and view.now.is_active else None

    def pause(self, print_name: str) -> None:
        """Let this print rest."""
        self._change(print_name, Phase.RUNNING, Phase.PAUSE, "pause")

    def resume(self, print_name: str) -> None:
        """Let this print go on."""
        self._change(print_name, Phase.PAUSE, Phase.RUNNING, "resume")

    def _change(self, print_name: str, before: Phase, after: Phase, command: str) -> None:
        """Bring this print from one state to another; states in between are waited out."""

        def is_in(*phases: Phase) -> bool:
            view = self._running(print_name)
            if view is None:
                raise NotPossibleNow(f"{self.name} does not print {print_name}.")
            return view.now.phase in phases

        if not self._link.wait_until(lambda: is_in(before, after), OBEY_S):
            raise NotPossibleNow(f"{self.name} still prepares {print_name}.")
        if is_in(after):
            return
        view = self._running(print_name)
        if view is not None:
            self._obey(view, command, lambda: is_in(after))

    def light(self, *, on: bool) -> None:
        """Switch the light of the chamber; works without Developer Mode, too.

        Raises:
            PrinterOffline: the printer does not answer.
        """
        with self._asked():
            view = self._link.view(self._answer_s)
            body = {**LIGHT, "led_mode": "on" if on else "off"}
            self._link.tell("system", body, connection=view.connection, sure=True)

    def ejected(self, print_name: str) -> bool:  # noqa: ARG002 - it throws nothing off
        """Say no."""
        return False

    def bed_cleared(self) -> None:
        """Take note that what was unknown is over: it no longer keeps the printer busy."""
        with noted(self.name):
            self._watch.settle()

    def close(self) -> None:
        """Let go of the connections and of every wait; a print goes on."""
        self._link.close()
        self._storage.close()

    def _running(self, print_name: str) -> View | None:
        """Return the printer while it prints this; None: it does not.

        Raises:
            PrinterOffline: the printer does not answer.
        """
        with noted(self.name):
            entry = self._ledger.entry(print_name)
        if entry is None or entry.ended is not None:
            return None
        with self._asked():
            view = self._link.view(self._answer_s)
        with noted(self.name):
            found = self._watch.look(print_name, view)
        return view if found is Evidence.RUNNING and view.now.is_active else None

    def _obey(self, view: View, command: str, is_so: Callable[[], bool]) -> None:
        """Give an order, and its effect some time; what takes longer is seen by the monitor."""
        with self._asked():
            number = self._link.tell(
                "print", {"command": command, "param": ""}, connection=view.connection, sure=True
            )

        def is_done() -> bool:
            refusal = refusal_in(self._link.answer(number))
            if refusal is not None:
                raise NotPossibleNow(f"{self.name} refused: {refusal}.", action=refusal.action)
            return is_so()

        self._link.wait_until(is_done, OBEY_S)

    # Translations.

    @contextmanager
    def _asked(self, changed: type[CertificateChanged] | None = None) -> Iterator[None]:
        """Translate for questions; ``changed``: another certificate is an error of its own."""
        try:
            yield
        except NoAnswer as error:
            if changed is not None and isinstance(error, OtherCertificate):
                raise changed(f"{self.name}: {error.words}", action=error.action) from error
            raise PrinterOffline(
                f"{self.name} does not answer. {error.words}", action=error.action or None
            ) from error

    @contextmanager
    def _stored(self) -> Iterator[None]:
        """Translate for questions about files."""
        with self._asked(CertificateChanged):
            try:
                yield
            except Refused as error:
                raise PrinterOffline(
                    f"The storage of {self.name} cannot be asked. {error}", action=STORAGE
                ) from error

    @contextmanager
    def _sent_whole(self) -> Iterator[None]:
        """Translate for uploads."""
        with self._asked(CertificateChanged):
            try:
                yield
            except NoRoom as error:
                raise UploadFailed(f"{self.name} has no room. {error}", action=FULL) from error
            except (Refused, NotWhole) as error:
                problem = f"{self.name} did not take the file. {error}"
                raise UploadFailed(problem, action=STORAGE) from error


def _contents(file: PrintFile) -> tuple[int, Mapping[int, Filament]]:
    """Return which plate of a file is printed, and its filaments by slot.

    Raises:
        GcodeRefused, DiskError: it is no such file.
    """
    with container.opened(file.path) as opened:
        plate = opened.plates[0].number if opened.plates else 1
        if file.filaments is not None:
            return plate, file.filaments
        return plate, filaments_of(opened.text(SLICE_INFO), plate)
