"""The shop at one glance: jobs that are not over, why each waits, the printers, who is needed.

One pass over all jobs and printers gives every sentence; it is kept until the store changes, and
shared by all who ask. Where many changes come at once, what was seen a moment ago is good enough.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from printd.core.clock import utc_now
from printd.core.jobs import Because, Job, State
from printd.core.matching import Offer
from printd.core.needs import Need, needs_of
from printd.core.pausing import Pausing
from printd.core.printer_config import PrinterConfig
from printd.core.standing import Standing, standing_of
from printd.web.documents import Why
from printd.web.job_documents import job_document
from printd.web.printer_documents import PrinterDocument, printer_document
from printd.web.state_documents import NeedsYou, StateDocument, queue_document
from printd.web.tools import WebTools

OLD_S: Final = 30.0  # doors open and beds grow old without a change of the store
MOMENT_S: Final = 0.5  # so old is new enough while changes come fast, ...
SHARE: Final = 20.0  # ... and looking takes at most a twentieth of the time
LOOKED_AT: Final = frozenset({State.SLICED, State.PRINTING})  # what their printers say counts


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen in one pass."""

    seq: int  # the newest event of then
    jobs: Sequence[Job]
    standing: Standing  # why jobs wait, and why printers stand still
    offers: Sequence[Offer]
    configured: Mapping[str, PrinterConfig]  # by name, as when the offers were made
    counts: Mapping[State, int]
    paused: Because | None
    not_reloaded: Because | None = None  # the configuration, when that was asked last

    def why(self, job: Job) -> Because | None:
        """Return why a job waits or has stopped; a job that has moved since speaks for itself."""
        seen = self.standing.jobs.get(job.number) if job.state in LOOKED_AT else None
        return seen or job.because

    def printers(self) -> list[PrinterDocument]:
        """Return the printers as they are sent."""
        whys = self.standing.printers
        return [
            printer_document(offer, whys.get(offer.name), self.configured[offer.name])
            for offer in self.offers
            if offer.name in self.configured  # of a reload in just this moment
        ]


class View:
    """The last sight, and when a new one is due."""

    def __init__(self, tools: WebTools) -> None:
        self._tools = tools
        self._lock = threading.Lock()
        self._sight: Sight | None = None
        self._document: tuple[Sight, bytes] | None = None
        self._version = -1
        self._seen_s = 0.0
        self._took_s = 0.0

    def sight(self) -> Sight:
        """Return the shop as it is now, or was a moment ago."""
        kept = self._sight
        if kept is not None and self._is_new_enough(time.monotonic()):
            return kept
        with self._lock:
            now_s = time.monotonic()
            if self._sight is None or not self._is_new_enough(now_s):
                self._sight = self._look(now_s)
            return self._sight

    @property
    def seq(self) -> int:
        """Return the newest event that the last sight knows of: later ones are not shown yet."""
        return self._sight.seq if self._sight is not None else self._tools.newest_event()

    def sight_of(self, seq: int) -> Sight:
        """Return a sight that knows of this event."""
        with self._lock:
            if self._sight is None or self._sight.seq < seq:
                self._sight = self._look(time.monotonic())
            return self._sight

    def may_look(self, now_s: float) -> bool:
        """Say whether looking again now leaves enough time for everything else."""
        return now_s - self._seen_s >= self._new_for_s

    def forget(self) -> None:
        """Look again at the next question: somebody has just changed something and will ask."""
        self._version = -1
        self._seen_s = 0.0

    def document(self) -> bytes:
        """Return the whole state as it is sent."""
        sight = self.sight()
        kept = self._document
        if kept is None or kept[0] is not sight:
            kept = (sight, state_document(sight).model_dump_json().encode())
            self._document = kept
        return kept[1]

    def _is_new_enough(self, now_s: float) -> bool:
        age_s = now_s - self._seen_s
        if age_s > OLD_S:
            return False
        if self._tools.reading.changed_by_others() == self._version:
            return True
        return age_s < self._new_for_s

    @property
    def _new_for_s(self) -> float:
        return max(MOMENT_S, SHARE * self._took_s)

    def _look(self, now_s: float) -> Sight:
        tools = self._tools
        # Read before the rows: a change in between is seen the next time.
        self._version = tools.reading.changed_by_others()
        now = utc_now()
        newest = tools.newest_event()
        jobs = tools.lookup.current(now)
        offers = tools.offers()
        configured = tools.config.printers
        counts = tools.reading.rows("SELECT state, count(*) FROM job GROUP BY state")
        sight = Sight(
            newest,
            jobs,
            standing_of(jobs, offers, now),
            offers,
            configured,
            {**dict.fromkeys(State, 0), **{State(row[0]): row[1] for row in counts}},
            Pausing(tools.reading).because(),
            tools.not_reloaded,
        )
        self._seen_s = now_s
        self._took_s = time.monotonic() - now_s
        return sight


def state_document(sight: Sight) -> StateDocument:
    """Return the whole state as it is sent."""
    return StateDocument.model_construct(
        seq=sight.seq,
        queue=queue_document(sight.paused, sight.counts),
        needs_you=[*_needs(sight)],
        jobs=[job_document(job, sight.why(job)) for job in sight.jobs],
        printers=sight.printers(),
    )


def _needs(sight: Sight) -> Iterator[NeedsYou]:
    """Return a configuration that was refused, then what stands in the shop."""
    if sight.not_reloaded is not None:
        yield _needs_you(Need("the configuration", sight.not_reloaded))
    for need in needs_of(sight.jobs, sight.standing):
        yield _needs_you(need)


def _needs_you(need: Need) -> NeedsYou:
    why = need.because
    because = Why(code=why.code, problem=why.problem, action=why.action)
    return NeedsYou(of=need.of, job=need.job, printer=need.printer, because=because)
