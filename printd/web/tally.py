"""What is counted while the daemon runs: how long steps, slicers, services and answers take.

Nothing of it is kept: a histogram of Prometheus may begin again at zero. Steps are measured by the
history of the jobs, so that only what has become true is counted.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from printd.core.clock import from_text
from printd.core.database import Database
from printd.core.errors import NoSuchJob
from printd.core.jobs import STOPS, Event, Job, State
from printd.core.lookup import Lookup

STEP_S: Final = (1, 3, 10, 30, 60, 180, 600, 1800, 3600, 10_800, 36_000, 86_400)
ANSWER_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
MOST_LABELS: Final = 500  # of one histogram; more would be a mistake
_BEFORE: Final = (
    "SELECT at FROM event WHERE job = ? AND seq < ? AND kind IN ('job.moved', 'job.accepted')"
    " ORDER BY seq DESC LIMIT 1"
)
_SLICED: Final = (
    "SELECT at FROM event WHERE job = ? AND seq < ? AND after = 'sliced' ORDER BY seq DESC LIMIT 1"
)
Labels = tuple[tuple[str, str], ...]


class Histogram:
    """Seconds, counted by upper bounds and labels."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self._lock = threading.Lock()
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}

    def saw(self, seconds: float, **labels: str) -> None:
        """Count one."""
        key = tuple(labels.items())
        with self._lock:
            if key not in self._counts and len(self._counts) >= MOST_LABELS:
                return
            counts = self._counts.setdefault(key, [0] * (len(self.bounds) + 1))
            counts[bisect_left(self.bounds, seconds)] += 1
            self._sums[key] = self._sums.get(key, 0.0) + seconds

    def samples(self) -> Iterable[tuple[str, Mapping[str, str], float]]:
        """Return what is scraped: the end of its name, labels, value."""
        with self._lock:
            found = [(key, [*counts], self._sums[key]) for key, counts in self._counts.items()]
        for key, counts, total in found:
            labels, below = dict(key), 0
            for bound, count in zip((*self.bounds, None), counts, strict=True):
                below += count
                yield "_bucket", {**labels, "le": "+Inf" if bound is None else f"{bound:g}"}, below
            yield "_sum", labels, total
            yield "_count", labels, below


class Counter:
    """Things that happened, by labels."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Labels, int] = {}

    def saw(self, **labels: str) -> None:
        """Count one."""
        key = tuple(labels.items())
        with self._lock:
            if key in self._counts or len(self._counts) < MOST_LABELS:
                self._counts[key] = self._counts.get(key, 0) + 1

    def samples(self) -> list[tuple[Mapping[str, str], float]]:
        """Return the labels and how often."""
        with self._lock:
            return [(dict(key), count) for key, count in self._counts.items()]


class Tally:
    """Everything that is counted since the start."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lookup = Lookup(database)
        self.steps = Histogram(STEP_S)  # step
        self.waits = Histogram(STEP_S)  # printer
        self.slicers = Histogram(STEP_S)  # slicer
        self.meshers = Histogram(STEP_S)  # mesher
        self.answers = Histogram(ANSWER_S)  # method, status
        self.slices_kept = Counter()  # slicer
        self.orders = Counter()  # mesher, outcome

    def saw(self, events: Iterable[Event]) -> None:
        """Count what has just happened."""
        for event in events:
            if event.kind == "job.moved" and event.job is not None and event.before is not None:
                self._moved(event, event.job, event.before)

    def _moved(self, event: Event, number: int, before: State) -> None:
        lasted_s = self._since(_BEFORE, event)
        if event.after not in STOPS and before is not State.HELD and lasted_s is not None:
            self.steps.saw(lasted_s, step=before)
        waited_s = self._since(_SLICED, event) if event.after is State.PRINTING else None
        if waited_s is not None and event.printer:
            self.waits.saw(waited_s, printer=event.printer)
        if before not in (State.ORDERED, State.PRINTABLE):
            return
        try:
            job = self._lookup.job(number)
        except NoSuchJob:
            return  # of a store that was restored
        if before is State.ORDERED:
            self._ordered(event, job, lasted_s)
        if before is State.PRINTABLE and event.after is State.SLICED:
            self._sliced(job.facts.get("gcode", {}))

    def _ordered(self, event: Event, job: Job, lasted_s: float | None) -> None:
        mesher = str(job.settings.get("mesher", ""))
        is_made = event.after is State.MESHED
        if is_made or event.after in STOPS:
            self.orders.saw(mesher=mesher, outcome="made" if is_made else str(event.after))
        if is_made and lasted_s is not None:
            self.meshers.saw(lasted_s, mesher=mesher)

    def _sliced(self, gcode: Mapping[str, Any]) -> None:
        slicer = str(gcode.get("slicer", ""))
        if gcode.get("made_before"):
            self.slices_kept.saw(slicer=slicer)
        elif "took_s" in gcode:
            self.slicers.saw(float(gcode["took_s"]), slicer=slicer)

    def _since(self, query: str, event: Event) -> float | None:
        row = self._database.row(query, event.job, event.seq)
        moment: datetime | None = from_text(row[0]) if row else None
        return None if moment is None else max(0.0, (event.at - moment).total_seconds())
