"""The ``octoprint`` printer: one machine behind an OctoPrint server.

A start is one request, sent after its line in the ledger is on the disk. What came of it is read
from three places: what OctoPrint does now, its counters of the file, and that ledger. Where these
leave a doubt, it is a doubt: OctoPrint forgets a print that its own end has cut off.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests

from printd.core.board import STARTABLE, Condition, Evidence, PrinterStatus
from printd.core.clock import boottime_s
from printd.core.errors import (
    InDoubt,
    InternalError,
    NotPossibleNow,
    PrinterOffline,
    StartInDoubt,
    StartRefused,
    UploadFailed,
)
from printd.printers.base import PrintFile, checked_name, judged_chunks
from printd.printers.ledger import LEDGER_ERRORS, noted
from printd.printers.octoprint.answers import HeatAnswer, JobAnswer
from printd.printers.octoprint.client import OctoPrintClient
from printd.printers.octoprint.errors import AnswerLost, NoAnswer, Refused, Unreachable
from printd.printers.octoprint.evidence import evidence_of, is_selected
from printd.printers.octoprint.ledger import Entry, OctoPrintLedger
from printd.printers.octoprint.push import Push
from printd.printers.octoprint.status import (
    FOLDER,
    RUNNING,
    SUFFIX,
    Phase,
    name_in,
    path_of,
    phase_of,
    status_of,
    trouble_of,
)
from printd.printers.octoprint.storage import is_kept, is_of, is_whole, userdata_of
from printd.printers.octoprint.upload import Form

ANSWER_S = 15.0
CONFIRM_S = 5.0  # the state is "Starting" at once, also while a start script heats
START_WITHIN_S = 5.0  # slower, or asleep in between: the world may be another, nothing is sent
SETTLE_S = 10.0  # OctoPrint counts a print a moment after its state says that it is over
OBEY_S = 10.0  # cancel and pause run scripts of the owner first
LOOK_S = 0.2
STRANGER_S = 5.0  # busy for so long after a stranger's start: long enough for the monitor to see
CODES = {
    403: "The key is not valid, or its user may not do this: put a valid key into `key_file`.",
    409: "Look at OctoPrint's page, then let printd try again.",
    413: "Raise OctoPrint's `server.uploads.maxSize`; printd keeps trying.",
    507: "Free space on OctoPrint's disk; printd keeps trying.",
}
PROXY_413 = (
    "Raise the limit of the proxy in front of OctoPrint (nginx: `client_max_body_size`); "
    "printd keeps trying."
)
DISK_FULL = "No space left on device"  # OctoPrint 1.11 answers 500 with it
COPIES = 2  # of an upload on the server's disk while it is taken

log = logging.getLogger(__name__)


class OctoPrintPrinter:
    """A printer behind OctoPrint.

    Args:
        name: as configured.
        url: where OctoPrint is, with its prefix if it has one.
        key: an application key or a user's; needs the rights of OctoPrint's group "Operator".
        ledger: folder for the ledger, in printd's own data.
        ca_file: the certificate that signed the server's, if no public one did.
        answer_s: how long an answer may take.
        confirm_s: how long a start may take to show before it is in doubt.
        settle_s: how long an end may take to be counted before it is unknown.
        start_within_s: how long the questions before a start may take.
    """

    accepts = frozenset({SUFFIX})
    has_bed = True

    def __init__(
        self,
        name: str,
        *,
        url: str,
        key: str,
        ledger: Path,
        ca_file: Path | None = None,
        answer_s: float = ANSWER_S,
        confirm_s: float = CONFIRM_S,
        settle_s: float = SETTLE_S,
        start_within_s: float = START_WITHIN_S,
    ) -> None:
        self.name = name
        self._ledger = OctoPrintLedger(ledger)
        self._confirm_s = confirm_s
        self._settle_s = settle_s
        self._start_within_s = start_within_s
        self._closing = threading.Event()
        self._url = url
        self._ca_file = ca_file
        self._connect: Callable[[], OctoPrintClient] = lambda: OctoPrintClient(
            url, key, ca_file=ca_file, answer_s=answer_s
        )
        self._push: Push | None = None
        self._stranger_until_s = 0.0
        self._kept = self._connect()
        self._turn = threading.Lock()  # a client is for one thread at a time

    def status(self) -> PrinterStatus:
        """Return what OctoPrint says now; OFFLINE, too, while its printer is not connected."""
        try:
            with self._reading() as client:
                job = client.job()
                heat = _heat(client, job)
            name, entry = self._shown(job, heat)
        except NoAnswer as error:
            return PrinterStatus(Condition.OFFLINE, trouble=str(error) if error.lasting else None)
        except Refused as error:
            return PrinterStatus(Condition.OFFLINE, trouble=_why_not(error))
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

    def listen(self, changed: Callable[[], None]) -> None:
        """Keep OctoPrint's push socket open, and ask it whenever it has something to tell."""

        def happened(event: str, payload: dict[str, Any]) -> None:
            if event == "PrintStarted" and not self._is_known(payload.get("path")):
                # Over before anybody looks, perhaps, and on the bed all the same.
                self._stranger_until_s = time.monotonic() + STRANGER_S
            changed()

        self._push = Push(self.name, self._url, self._connect, self._ca_file, happened)

    def _is_known(self, path: object) -> bool:
        name = name_in(path) if isinstance(path, str) else None
        try:
            return name is not None and self._ledger.entry(name) is not None
        except LEDGER_ERRORS:
            return False

    def _shown(self, job: JobAnswer, heat: HeatAnswer) -> tuple[str | None, Entry | None]:
        """Return which print of ours is shown, and what is known of it."""
        name = name_in(job.path)
        is_at_rest = phase_of(job.state) is Phase.READY
        if job.path is None and is_at_rest and not heat.of("bed").target:
            name = self._ledger.last_ended()  # its file is deleted; the bed may still be warm
        entry = self._ledger.entry(name) if name else None
        if name and entry and is_at_rest and entry.was_asked and entry.ended is None:
            self._look(name)
            entry = self._ledger.entry(name)
        return (name, entry) if entry else (None, None)

    def upload(self, file: PrintFile, print_name: str) -> None:
        """Put the file into our folder of OctoPrint's storage, and check what lies there."""
        path = path_of(checked_name(print_name))
        chunks = judged_chunks(file)
        with noted(self.name):
            entry = self._ledger.entry(print_name)
        with self._sent_whole(), self._connect() as client:
            kept = client.file(path)
            if kept is not None:
                if entry and is_of(entry, file) and is_kept(entry, kept):
                    return
                if entry and entry.was_asked:
                    raise InternalError(f"{print_name} was started on {self.name} before.")
                client.remove(path)
            self._has_room(client, file)
            said = json.dumps(userdata_of(print_name, file))
            fields = {"path": FOLDER, "noOverwrite": "true", "userdata": said}
            form = Form(fields, f"{print_name}{SUFFIX}", file.bytes, chunks)
            self._stored(client, client.send(FOLDER, form), path, file, form.sha1)

    def _has_room(self, client: OctoPrintClient, file: PrintFile) -> None:
        """Check the server's disk before anything is sent: what breaks off stays there for ever."""
        free, needed = client.free_bytes(), COPIES * file.bytes
        if free is not None and free < needed:
            raise UploadFailed(
                f"{self.name} has {free / 1e6:.1f} MB left on its disk; the file takes "
                f"{needed / 1e6:.1f} MB while it is sent.",
                action=CODES[507],
            )

    def _stored(
        self, client: OctoPrintClient, given: str, path: str, file: PrintFile, sha1: str
    ) -> None:
        """Check that exactly this file lies at ``path``, and note it; else delete it."""
        kept = client.file(given)
        if given != path or kept is None or not is_whole(client, path, file, kept, sha1):
            client.remove(given)
            raise UploadFailed(
                f"{self.name} did not keep the file as it was sent.",
                action="Look for a plug-in of OctoPrint that changes uploads; printd keeps trying.",
            )
        with noted(self.name):
            self._ledger.note(
                "uploaded",
                str(name_in(path)),
                bytes=file.bytes,
                sha256=file.sha256,
                sha1=sha1,
                date=kept.date,
                successes=kept.prints.success,
                failures=kept.prints.failure,
            )

    def uploaded(self, file: PrintFile, print_name: str) -> bool:
        """Say whether exactly this file lies in our folder."""
        with noted(self.name):
            entry = self._ledger.entry(print_name)
        with self._asked(), self._reading() as client:
            kept = client.file(path_of(print_name))
        return entry is not None and is_of(entry, file) and is_kept(entry, kept)

    def start(self, print_name: str) -> None:
        """Send the one request that selects and prints the file, then look what came of it."""
        begun_s = boottime_s()
        with noted(self.name):
            entry = self._ledger.entry(print_name)
        if entry is None:
            raise StartRefused(f"{self.name} has no file for {print_name}.")
        if self._before(print_name, entry) is not Evidence.NOT_STARTED:
            return  # it runs or has run already
        with noted(self.name):
            self._ledger.note("start", print_name)
        if boottime_s() - begun_s > self._start_within_s:
            self._not_started(print_name)
            raise PrinterOffline(f"{self.name} answers too slowly; the start was not sent.")
        refusal: Refused | None = None
        try:
            with self._connect() as client:  # its own connection: one that fails has sent nothing
                client.select_and_print(path_of(print_name))
        except Unreachable as error:
            self._not_started(print_name)
            raise PrinterOffline(f"{self.name} does not answer. {error}") from error
        except Refused as error:
            refusal = error
        except AnswerLost as error:
            log.warning("%s: no answer to the start of %s: %s", self.name, print_name, error)
        self._confirm(print_name, refusal)

    def _before(self, print_name: str, entry: Entry) -> Evidence:
        """Return the evidence right before a start.

        Raises:
            StartRefused: OctoPrint cannot take it now; nothing was sent.
            PrinterOffline: nothing was sent.
            InDoubt: a command was sent before; there is no second one.
        """
        with self._asked(), self._reading() as client:
            job = client.job()
            kept = client.file(path_of(print_name))
        evidence = evidence_of(print_name, entry, job, kept)
        phase = phase_of(job.state)
        if evidence is Evidence.UNKNOWN:
            raise self._doubt(print_name)
        if evidence is not Evidence.NOT_STARTED:
            return evidence
        if phase is Phase.AWAY:
            raise PrinterOffline(f"{self.name} cannot be used: {trouble_of(job)}.")
        if phase is not Phase.READY:
            raise StartRefused(f"{self.name} is busy with something else ({job.state}).")
        if not is_kept(entry, kept):
            raise StartRefused(f"The file of {print_name} is not on {self.name} any more.")
        return evidence

    def _confirm(self, print_name: str, refusal: Refused | None) -> None:
        """Look until it is certain what came of a start that was sent.

        Raises:
            StartRefused: OctoPrint said no, and does not print it.
            InDoubt: there is no evidence in time.
        """
        until_s = time.monotonic() + self._confirm_s
        while True:
            evidence = self._looked(print_name)
            if evidence not in (None, Evidence.UNKNOWN):
                return
            # No answer (None) to the question is no answer to a proxy that has asked twice.
            if refusal is not None and refusal.is_proof and evidence is not None:
                self._not_started(print_name)
                words = refusal.words
                raise StartRefused(f"{self.name} refused to start {print_name}: {words}")
            if time.monotonic() > until_s or self._closing.wait(LOOK_S):
                raise self._doubt(print_name)

    def _looked(self, print_name: str) -> Evidence | None:
        """Return what can be seen now; None: nobody answers."""
        try:
            return self._look(print_name)
        except (NoAnswer, Refused, *LEDGER_ERRORS):
            return None

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

    def evidence(self, print_name: str) -> Evidence:
        """Return what OctoPrint and the ledger know of this print."""
        until_s = time.monotonic() + self._settle_s
        while (found := self._looked(print_name)) is Evidence.UNKNOWN:
            is_late = time.monotonic() > until_s
            if is_late or not self._was_asked(print_name) or self._closing.wait(LOOK_S):
                break
        return found or Evidence.UNKNOWN

    def _was_asked(self, print_name: str) -> bool:
        try:
            entry = self._ledger.entry(print_name)
        except LEDGER_ERRORS:
            return False
        return entry is not None and entry.was_asked

    def _look(self, print_name: str) -> Evidence:
        """Return what became of a print, and note its end.

        Raises:
            NoAnswer, Refused, JournalBusy, JournalDamaged, OSError.
        """
        entry = self._ledger.entry(print_name)
        if entry is not None and entry.ended is not None:
            return entry.ended
        with self._reading() as client:
            # In this order: a print that ends in between is counted by the time it is looked up.
            job = client.job()
            if is_selected(print_name, job) and phase_of(job.state) in RUNNING:
                return Evidence.RUNNING
            file = client.file(path_of(print_name))
            error = client.error().error if file and file.prints.failure else ""
        found = evidence_of(print_name, entry, job, file, error)
        if entry is not None and found not in (Evidence.UNKNOWN, Evidence.NOT_STARTED):
            trouble = error or trouble_of(job) if found is Evidence.FAILED else None
            self._ledger.note("ended", print_name, evidence=found.value, trouble=trouble)
        return found

    def cancel(self, print_name: str) -> None:
        """Stop this print and only this one; returns when it has stopped, or soon after."""
        if not self._is_ours(print_name) or not self._runs(print_name):
            return
        with noted(self.name):
            self._ledger.note("cancel", print_name)
        try:
            with self._obeyed(), self._connect() as client:
                client.cancel()
        except NotPossibleNow:
            if self._runs(print_name):
                raise
        self._wait_until(lambda: not self._runs(print_name))

    def stop_foreign(self) -> None:
        """Stop what others have started."""
        if not self._runs_foreign():
            raise NotPossibleNow(f"{self.name} prints nothing that others have started.")
        with self._obeyed(), self._connect() as client:
            client.cancel()
        self._wait_until(lambda: not self._runs_foreign())

    def _runs_foreign(self) -> bool:
        with self._asked(), self._reading() as client:
            job = client.job()
        return phase_of(job.state) in RUNNING and name_in(job.path) is None

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
            found = self._state(print_name) if self._is_ours(print_name) else None
            if found is None or phase_of(found) not in RUNNING:
                raise NotPossibleNow(f"{self.name} does not print {print_name}.")
            return found in states

        self._wait_until(lambda: is_in(before, after))
        if is_in(after):
            return
        with self._obeyed(), self._connect() as client:
            command(client)
        self._wait_until(lambda: is_in(after))

    def remove(self, print_name: str) -> None:
        """Delete the file in our folder; what is being printed stays."""
        if not self._is_ours(print_name):
            return
        if self._was_asked(print_name):
            self._looked(print_name)  # OctoPrint forgets the end together with the file
        try:
            with self._connect() as client:
                client.remove(path_of(print_name))
        except Refused as error:
            if not error.by_octoprint or error.status not in (404, 409):
                raise PrinterOffline(f"{self.name} did not delete the file. {error}") from error
        except NoAnswer as error:
            raise PrinterOffline(f"{self.name} does not answer. {error}") from error

    def ejected(self, print_name: str) -> bool:  # noqa: ARG002 - OctoPrint knows of no bed
        """Say no."""
        return False

    def bed_cleared(self) -> None:
        """Do nothing: OctoPrint knows of no bed."""

    def close(self) -> None:
        """Let go of the connection and of every wait; a print goes on."""
        self._closing.set()
        if self._push is not None:
            self._push.close()
        self._kept.close()

    def _is_ours(self, print_name: str) -> bool:
        with noted(self.name):
            return self._ledger.entry(print_name) is not None

    def _runs(self, print_name: str) -> bool:
        state = self._state(print_name)
        return state is not None and phase_of(state) in RUNNING

    def _state(self, print_name: str) -> str | None:
        """Return the state of this print; None: it is not this one that is selected."""
        with self._asked(), self._reading() as client:
            job = client.job()
        return job.state if is_selected(print_name, job) else None

    def _wait_until(self, is_so: Callable[[], bool]) -> None:
        """Give scripts of the owner their time; what takes longer is seen by the monitor."""
        until_s = time.monotonic() + OBEY_S
        while not is_so() and time.monotonic() < until_s and not self._closing.wait(LOOK_S):
            pass

    @contextmanager
    def _reading(self) -> Iterator[OctoPrintClient]:
        """Yield the connection that is kept for questions."""
        with self._turn:
            yield self._kept

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """Translate for questions."""
        try:
            yield
        except NoAnswer as error:
            raise PrinterOffline(f"{self.name} does not answer. {error}") from error
        except Refused as error:
            action = CODES.get(error.status)
            raise PrinterOffline(f"{self.name}: {_why_not(error)}.", action=action) from error

    @contextmanager
    def _obeyed(self) -> Iterator[None]:
        """Translate for calls that may be repeated: a lost answer is as good as none."""
        try:
            yield
        except NoAnswer as error:
            raise PrinterOffline(f"{self.name} does not answer. {error}") from error
        except Refused as error:
            action = CODES.get(error.status)
            raise NotPossibleNow(f"{self.name} refused. {error}", action=action) from error

    @contextmanager
    def _sent_whole(self) -> Iterator[None]:
        """Translate for uploads."""
        try:
            yield
        except Unreachable as error:
            raise PrinterOffline(f"{self.name} does not answer. {error}") from error
        except (AnswerLost, Refused) as error:
            action = _after_upload(error) if isinstance(error, Refused) else None
            problem = f"{self.name} did not take the file. {error}"
            raise UploadFailed(problem, action=action) from error


def _after_upload(refusal: Refused) -> str | None:
    """Return what a person can do about an upload that was refused."""
    if refusal.status == requests.codes.request_entity_too_large and not refusal.by_octoprint:
        return PROXY_413
    return CODES[507] if DISK_FULL in refusal.words else CODES.get(refusal.status)


def _why_not(error: Refused) -> str:
    if error.status == requests.codes.forbidden and error.by_octoprint:
        return "OctoPrint does not accept the key in `key_file`, or its user may not do this"
    return f"OctoPrint answered {error.status}: {error.words.rstrip('.')}"


def _heat(client: OctoPrintClient, job: JobAnswer) -> HeatAnswer:
    if phase_of(job.state) is Phase.AWAY:
        return HeatAnswer()
    try:
        return client.heat()
    except Refused:  # the printer has gone in between; the next look says so
        return HeatAnswer()
