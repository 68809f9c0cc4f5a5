"""Whose turn it is: one pass over all jobs that wait for a printer, for the worker and the step.

The worker asks for a pass when a job is due that waits, and hands over only those whose turn it
is; the step of each takes the printer that the pass has given it, if that can still take it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from printd.core.clock import utc_now
from printd.core.hall import Hall
from printd.core.jobs import Job, State
from printd.core.lookup import Lookup
from printd.core.matching import Needs, Offer
from printd.core.order import Waiting, printer_for, turns
from printd.core.shop import waiting_of


@dataclass(frozen=True, slots=True)
class _Known:
    """A job as it was read; nothing of it changes without a new revision."""

    revision: int
    waiting: Waiting


@dataclass(frozen=True, slots=True)
class Turn:
    """What a pass has found for one job; nothing: it waits."""

    printer: str | None = None
    move: str | None = None  # why it is to be sliced for another class of printers


class Line:
    """The jobs that wait for a printer.

    Args:
        jobs: where they are read.
        offers: the printers, as they are now.
    """

    def __init__(self, jobs: Lookup, offers: Callable[[], Sequence[Offer]]) -> None:
        self._jobs = jobs
        self._offers = offers
        self._lock = threading.Lock()
        self._known: dict[int, _Known] = {}
        self._turns: dict[int, Turn] = {}

    def look(self) -> frozenset[int]:
        """Make a pass; return the numbers of the jobs that have something to do now."""
        with self._lock:
            self._turns = self._pass()
            return frozenset(self._turns)

    def take(self, job: Job) -> Turn:
        """Return what the last pass has found for a job, once; asked again, it is a new pass."""
        with self._lock:
            if job.number not in self._turns:
                self._turns = self._pass()
            return self._turns.pop(job.number, Turn())

    def printer_for(self, needs: Needs, offers: Sequence[Offer]) -> Offer | None:
        """Return a printer of the class that a job is best sliced for; None: no waiting helps."""
        now = utc_now()
        with self._lock:
            waiting = self._waiting(now)
        return printer_for(needs, waiting, Hall(offers), now)

    def _pass(self) -> dict[int, Turn]:
        now = utc_now()
        waiting = self._waiting(now)
        coming = len(self._jobs.revisions(State.PRINTABLE, now))
        found = turns(waiting, Hall(self._offers()), now, coming=coming)
        printers = {job: Turn(printer=offer.name) for job, offer in found.printers.items()}
        return {**printers, **{job: Turn(move=why) for job, why in found.moves.items()}}

    def _waiting(self, now: datetime) -> list[Waiting]:
        revisions = self._jobs.revisions(State.SLICED, now)
        known = {number: one for number, one in self._known.items() if number in revisions}
        for number, revision in revisions.items():
            if number not in known or known[number].revision != revision:
                job = self._jobs.job(number)
                known[number] = _Known(job.revision, waiting_of(job))
        self._known = known
        return [one.waiting for one in known.values()]
