"""What people ask of the daemon (``printd cancel``, ``retry``, ``bed-clear`` …), done once each.

A request and its answer are one transaction with what they change: a crash in between leaves the
request undone, and it is done at the next start. What each verb does stands in the modules
``*_verbs``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

from printd.core.beds import Beds
from printd.core.errors import InternalError, NotPossibleNow, PrintdError, StartupError
from printd.core.failpoints import hit
from printd.core.files import JobFolders
from printd.core.fleet import Fleet
from printd.core.jobs import STOPS, Job, State
from printd.core.requests import Request, Requests
from printd.core.store import StaleJob, Store
from printd.daemon.asking import Verb
from printd.daemon.bed_word import BedWord
from printd.daemon.copies import Copies
from printd.daemon.job_verbs import JobVerbs
from printd.daemon.line_verbs import LineVerbs
from printd.daemon.order_verbs import OrderVerbs, Quote, TicketOf
from printd.daemon.piece_verbs import PieceVerbs
from printd.daemon.printer_verbs import Load, PrinterVerbs
from printd.pipeline.record import write_record
from printd.pipeline.sweeping import remove_files
from printd.printers.base import Printer

log = logging.getLogger(__name__)


class Desk:
    """Does what was asked of the jobs, the line, the beds and the printers."""

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
        *,
        quote: Quote,
        ticket_of: TicketOf,
        load: Load,
    ) -> None:
        self._store = store
        self._requests = requests
        self._folders = folders
        self._printers = printers
        self._changed = changed
        self._cancel_work = cancel_work
        self._copies = Copies(store, folders)
        bed_word = BedWord(beds, printers)
        self._verbs: Final[Mapping[str, Verb]] = {
            **OrderVerbs(store, quote, ticket_of).verbs,
            **JobVerbs(store, printers, bed_word).verbs,
            **LineVerbs(store, printers).verbs,
            **PieceVerbs(store, folders).verbs,
            **PrinterVerbs(bed_word, fleet, load).verbs,
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
        except Exception as fault:  # else it stays asked, and ends this daemon and every next one
            log.exception("%s %s", request.verb, dict(request.args))
            self._requests.refused(request, InternalError.of(fault))
            return
        log.info("%s %s by %s", request.verb, dict(request.args), request.who)
        if "job" in values:
            self._after(int(values["job"]), values["state"])
        self._changed()

    def _after(self, number: int, state: State) -> None:
        """Do what a changed job means for its calculations, its files, its copies, its record."""
        job = self._store.job(number)
        if state in STOPS:
            self._cancel_work(number)
            self._take_back(job)
        if job.files_gone_at is not None:
            remove_files(self._folders.of(job.id))
        self._copies.make()
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
