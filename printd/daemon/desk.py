"""What people ask of the daemon (``printd cancel``, ``retry``, ``bed-clear`` …), done once each.

A request and its answer are one transaction with what they change: a crash in between leaves the
request undone, and it is done at the next start.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from printd.core.beds import Beds
from printd.core.clock import utc_now
from printd.core.errors import (
    DiskError,
    HeldByPerson,
    NoSuchPrinter,
    NotPossibleNow,
    PrintdError,
    PrinterFault,
    StartupError,
)
from printd.core.failpoints import hit
from printd.core.files import JobFolders, disk_problem, sync_folder
from printd.core.fleet import Fleet
from printd.core.given import Given
from printd.core.jobs import AT_PRINTER, STOPS, Job, State
from printd.core.requests import Request, Requests
from printd.core.store import NewJob, StaleJob, Store
from printd.pipeline.record import write_record
from printd.pipeline.taking import link_beside
from printd.printers.base import Printer

log = logging.getLogger(__name__)
Values = Mapping[str, Any]
BED_WORD_FOR = timedelta(minutes=1)  # an older word says nothing about the bed of now
OUTCOMES: Final = {
    "printing": State.PRINTING,
    "printed": State.PRINTED,
    "not-started": State.SLICED,
}


class Desk:
    """Does what was asked of the jobs, the beds and the printers."""

    def __init__(
        self,
        store: Store,
        requests: Requests,
        beds: Beds,
        fleet: Fleet,
        folders: JobFolders,
        printers: Mapping[str, Printer],
        changed: Callable[[], None],
        cancel_work: Callable[[int], None],
    ) -> None:
        self._store = store
        self._requests = requests
        self._beds = beds
        self._fleet = fleet
        self._folders = folders
        self._printers = printers
        self._changed = changed
        self._cancel_work = cancel_work
        self._verbs: Final[Mapping[str, Callable[[Request], Values]]] = {
            "cancel": self._cancel,
            "hold": self._hold,
            "release": self._release,
            "retry": self._retry,
            "resolve": self._resolve,
            "bed-clear": self._bed_clear,
            "out": self._out,
            "in": self._in,
        }

    def do_all(self) -> None:
        """Do everything that is asked and not done yet.

        Raises:
            StartupError, CannotWriteNow: nothing can be written; what is asked stays asked.
        """
        for request in self._requests.open(self._verbs.keys()):
            self._do(request)

    def _do(self, request: Request) -> None:
        try:
            with self._store.database.write():
                values = self._verbs[request.verb](request)
                self._requests.done(request, values)
                hit("request.in")
        except StartupError:
            raise  # the disk is gone: nothing can be answered
        except PrintdError as error:
            self._requests.refused(request, error)  # without room for that it stays asked
            return
        except StaleJob:
            late = NotPossibleNow("The job has just moved on.", action="Look again, then repeat.")
            self._requests.refused(request, late)
            return
        log.info("%s %s by %s", request.verb, dict(request.args), request.who)
        if "job" in values:
            self._after(int(values["job"]), values["state"])
        self._changed()

    def _after(self, number: int, state: State) -> None:
        """End the calculations of a job that has stopped; keep its record true."""
        if state in STOPS:
            self._cancel_work(number)
            self._take_back(self._store.job(number))
        write_record(self._store, self._folders, number)

    def _take_back(self, job: Job) -> None:
        """Delete the file of a job held before its start: nothing may start it late."""
        printer = self._printers.get(job.printer or "")
        if job.held_from not in (State.ASSIGNED, State.UPLOADED) or not printer or job.in_doubt:
            return
        try:
            printer.remove(job.print_name or "")
        except PrintdError as error:
            log.warning("%s stays on %s: %s", job.print_name, printer.name, error.problem)

    def _job(self, request: Request) -> Job:
        return self._store.job(int(_arg(request, "job")))

    def _stopped_job(self, request: Request) -> Job:
        """Return the job that a person has looked at, if it has not moved on since."""
        job = self._job(request)
        if job.revision != int(_arg(request, "seen")):
            raise NotPossibleNow(
                f"#{job.number} has moved on since you looked: it is {job.state}.",
                action="Look again, then repeat.",
            )
        return job

    def _cancel(self, request: Request) -> Values:
        job = self._job(request)
        if job.is_final:
            raise NotPossibleNow(f"#{job.number} is {job.state} already.")
        if job.in_doubt:
            raise NotPossibleNow(
                f"#{job.number} is in doubt: it may be printing.",
                action="Look at the printer, then run `printd resolve JOB …` first.",
            )
        if job.state in AT_PRINTER:
            self._store.want_cancel(job, request.who)
            return {"job": job.number, "state": job.state, "asked": True}
        after = self._store.cancelled(job, f"Cancelled by {request.who}.", who=request.who)
        return _answer(after)

    def _hold(self, request: Request) -> Values:
        job = self._job(request)
        if job.is_final or job.state is State.HELD or job.state is State.PRINTING:
            raise NotPossibleNow(f"#{job.number} is {job.state}; it cannot be held.")
        if self._store.open_mark(job) is not None:
            raise NotPossibleNow(f"#{job.number} is just being started.")
        error = HeldByPerson(f"Held by {request.who}.")
        return _answer(self._store.stop(job, State.HELD, error, who=request.who))

    def _release(self, request: Request) -> Values:
        job = self._stopped_job(request)
        if job.state is not State.HELD or job.in_doubt:
            raise NotPossibleNow(f"#{job.number} is {job.state}; there is nothing to release.")
        return _answer(self._store.resume(job, who=request.who))

    def _retry(self, request: Request) -> Values:
        job = self._stopped_job(request)
        if job.state is State.HELD and not job.in_doubt:
            return _answer(self._store.resume(job, who=request.who))
        if job.state not in (State.FAILED, State.CANCELLED):
            raise NotPossibleNow(f"#{job.number} is {job.state}; there is nothing to retry.")
        return _answer(self._again(job, request.who))

    def _again(self, job: Job, who: str) -> Job:
        """Make a new job of what was given: final states stay final."""
        given = self._folders.of(job.id) / job.given.file
        if not given.is_file():
            what = "photo" if job.given is Given.PHOTO else "G-code"
            raise DiskError(f"The {what} of #{job.number} is gone.")
        folder = self._folders.new()
        try:
            os.link(given, folder / given.name, follow_symlinks=False)
            link_beside(given.parent, folder)
        except OSError as error:
            shutil.rmtree(folder)
            raise disk_problem(error, given) from error
        sync_folder(folder)
        sync_folder(folder.parent)
        return self._store.accept(
            NewJob(
                id=folder.name,
                name=job.name,
                recipe=job.recipe,
                settings=job.settings,
                sha256=job.sha256,
                facts={"photo": job.facts.get("photo", {})},
                again_of=job.number,
                who=who,
            )
        )

    def _resolve(self, request: Request) -> Values:
        job = self._stopped_job(request)
        word = _arg(request, "outcome")
        handed_over = job.state is State.PRINTING and self._is_handed_over(job)
        if not job.in_doubt and not handed_over:
            raise NotPossibleNow(f"#{job.number} is {job.state}; there is no doubt to resolve.")
        who = request.who
        if handed_over:
            return _answer(self._resolve_handed_over(job, word, who))
        if word == "failed":
            error = PrinterFault(f"The print failed on {job.printer}, says {who}.")
            return _answer(self._store.failed_at_printer(job, error, who=who))
        if word == "not-started" and job.held_from is State.PRINTING:
            raise NotPossibleNow(f"#{job.number} was seen printing.")
        if word not in OUTCOMES:
            raise NotPossibleNow(f"{word!r} is no outcome.", action="Ask again.")
        return _answer(self._store.resolve(job, OUTCOMES[word], who=who))

    def _is_handed_over(self, job: Job) -> bool:
        printer = self._printers.get(job.printer or "")
        return printer is not None and not printer.has_bed

    def _resolve_handed_over(self, job: Job, word: str, who: str) -> Job:
        if word == "printed":
            return self._store.advance(job, State.PRINTED, {}, who=who)
        if word == "failed":
            error = PrinterFault(f"The print failed, says {who}.")
            return self._store.stop(job, State.HELD, error, who=who)
        raise NotPossibleNow(f"#{job.number} was handed over; say printed or failed.")

    def _bed_clear(self, request: Request) -> Values:
        printer = _arg(request, "printer")
        if utc_now() - request.at > BED_WORD_FOR:
            raise NotPossibleNow(
                f"The word that the bed of {printer} is clear came at {request.at:%H:%M} UTC, "
                "when printd could not take it.",
                action="Look at the bed again, then repeat.",
            )
        if printer not in self._printers:
            raise NoSuchPrinter(f"No printer is called {printer!r}.")
        bed = self._beds.clear(printer, by=request.who, seen=int(_arg(request, "seen")))
        self._printers[printer].bed_cleared()
        return {"printer": printer, "bed": bed.state}

    def _out(self, request: Request) -> Values:
        return self._put(_arg(request, "printer"), _arg(request, "note"), request.who)

    def _in(self, request: Request) -> Values:
        return self._put(_arg(request, "printer"), None, request.who)

    def _put(self, printer: str, note: str | None, who: str) -> Values:
        self._fleet.out_of_service(printer, note, who=who)
        return {"printer": printer, "out_of_service": note}


def _arg(request: Request, name: str) -> Any:
    """Return an argument; a request of an older printd may lack it, and must not end this one."""
    if name not in request.args:
        raise NotPossibleNow(f"The request does not say {name!r}.", action="Ask again.")
    return request.args[name]


def _answer(job: Job) -> Values:
    return {"job": job.number, "state": job.state}
