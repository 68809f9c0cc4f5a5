"""What a virtual printer's journal means: its state at any moment, from lines and clock alone.

No I/O here. ``apply`` takes one line after the other; ``due`` names the next thing that physics
has done since (a print began late, ended, was thrown off the bed) as the line that records it.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from printd.core.board import Condition, Evidence, PrinterStatus
from printd.printers.journal import Line


class Fault(StrEnum):
    """What a test can tell the machine to do wrong; but OFFLINE, each at its next start only."""

    OFFLINE = "offline"  # until taken back
    REFUSE = "refuse"
    LOSE_ANSWER = "lose_answer"
    START_LATE_S = "start_late_s"  # seconds between the command and the print
    NEVER_START = "never_start"
    FAIL_AT_LAYER = "fail_at_layer"  # from 1; past the last layer: never


ENDS = {
    "finished": (Condition.FINISHED, Evidence.FINISHED),
    "failed": (Condition.FAILED, Evidence.FAILED),
    "cancelled": (Condition.CANCELLED, Evidence.CANCELLED),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How long a file prints at speed 1."""

    total_s: float
    layer_starts_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Pending:
    """A start command that was accepted and has not yet become a print."""

    print_name: str
    begins_at: datetime
    line: Line


@dataclass(slots=True)
class Run:
    """One print on the machine."""

    print_name: str
    plan: Plan
    speed: float
    ejects: bool
    stops_at_s: float  # of the plan: its end, or where the fault strikes
    stops_as: str  # "finished", or "failed" by the fault
    played_s: float  # of the plan, up to ``since``
    since: datetime | None  # None: it rests, or is over
    stranger: bool
    end: str | None = None

    def played_at(self, now: datetime) -> float:
        """Return how many seconds of the plan are played; a clock set back does not unprint."""
        moved_s = (now - self.since).total_seconds() * self.speed if self.since else 0.0
        return min(self.stops_at_s, self.played_s + max(0.0, moved_s))

    def rest(self, at: datetime) -> None:
        """Count what was played and stand still."""
        self.played_s, self.since = self.played_at(at), None

    def ends_at(self) -> datetime | None:
        """Return when it will be over; None while it rests."""
        if self.since is None:
            return None
        return self.since + timedelta(seconds=(self.stops_at_s - self.played_s) / self.speed)


class History:
    """The state of a machine after the lines given so far."""

    def __init__(self) -> None:
        self.plans: dict[str, Plan] = {}  # of the files on the machine
        self.kept: dict[str, tuple[int, str]] = {}  # their sizes and hashes
        self.run: Run | None = None  # what the display shows
        self.bed_occupied = False
        self.offline = False
        self.armed: dict[Fault, float] = {}
        self._known: set[str] = set()  # every print name ever heard of
        self._accepted: set[str] = set()
        self._runs: dict[str, Run] = {}
        self._pending: list[Pending] = []

    def is_printing(self) -> bool:
        """Say whether a print is on, moving or resting."""
        return self.run is not None and self.run.end is None

    def prints(self, print_name: str) -> bool:
        """Say whether it is this one that is on; a stranger's print is never meant."""
        run = self.run
        return self.is_printing() and run is not None and self._is(run, print_name)

    @staticmethod
    def _is(run: Run, print_name: str) -> bool:
        return run.print_name == print_name and not run.stranger

    def waits(self, print_name: str) -> bool:
        """Say whether an accepted start of this print has not begun yet."""
        return any(pending.print_name == print_name for pending in self._pending)

    def evidence(self, print_name: str) -> Evidence:
        """Return what is certain about this print.

        An accepted start that has not begun stays UNKNOWN for ever, even when its file is gone:
        a real printer that accepts and does nothing cannot be told from one that is slow.
        """
        run = self._runs.get(print_name)
        if run is not None:
            return ENDS[run.end][1] if run.end else Evidence.RUNNING
        if print_name in self._accepted or print_name not in self._known:
            return Evidence.UNKNOWN
        return Evidence.NOT_STARTED

    def status(self, now: datetime) -> PrinterStatus:
        """Return what the display shows."""
        run = self.run
        if run is None:
            return PrinterStatus(Condition.IDLE)
        if run.stranger:
            return PrinterStatus(ENDS[run.end][0] if run.end else Condition.BUSY)
        played_s = run.played_at(now)
        total_s = run.plan.total_s
        if run.end:
            condition = ENDS[run.end][0]
        else:
            condition = Condition.PRINTING if run.since else Condition.PAUSED
        layers = len(run.plan.layer_starts_s)
        return PrinterStatus(
            condition,
            print_name=run.print_name,
            progress=min(1.0, played_s / total_s) if total_s > 0 else 1.0,
            layer=bisect.bisect_right(run.plan.layer_starts_s, played_s) if layers else None,
            layers=layers or None,
            remaining_s=None if run.end else (total_s - played_s) / run.speed,
            trouble="the print came loose (a fault it was told)" if run.end == "failed" else None,
        )

    def due(self, now: datetime) -> Line | None:
        """Return the earliest line that is true by ``now`` and not yet written."""
        found: list[Line] = []
        run = self.run
        if run is not None and run.end is None:
            ends_at = run.ends_at()
            if ends_at is not None and ends_at <= now:
                found.append(event(run.stops_as, ends_at, print=run.print_name))
        elif run is not None and run.ejects and run.end == "finished" and self.bed_occupied:
            return event("ejected", now, print=run.print_name)
        found.extend(self._beginning(p) for p in self._pending if p.begins_at <= now)
        return min(found, key=lambda line: datetime.fromisoformat(line["at"]), default=None)

    def _beginning(self, pending: Pending) -> Line:
        name = pending.print_name
        if self.is_printing():
            return event("dropped", pending.begins_at, print=name, why="another print is on")
        keys = ("speed", "ejects", "fails_at_layer")
        settings = {key: pending.line[key] for key in keys if key in pending.line}
        bed = "occupied" if self.bed_occupied else "clear"
        return event("started", pending.begins_at, print=name, bed=bed, **settings)

    def apply(self, line: Line) -> None:
        """Take one line of the journal; unknown events are a newer machine's, and are left."""
        at = datetime.fromisoformat(line["at"])
        name = str(line.get("print", ""))
        match line["event"]:
            case "fault":
                self._apply_fault(Fault(line["fault"]), line["value"])
            case "uploaded" | "removed":
                self._apply_file(name, line)
            case "start":
                self._apply_command(name, line)
            case "started":
                self._forget_pending(name)
                self._runs[name] = self._begin(name, self.plans[name], at, line)
            case "stranger":
                self._begin(name, Plan(line["total_s"], ()), at, line)
            case "dropped":
                self._forget_pending(name)
            case "ejected":
                self.bed_occupied = False
            case "bed_cleared":
                self.bed_occupied, self.run = False, None
            case change if self.run is not None:
                self._apply_change(self.run, change, at)

    def _apply_fault(self, fault: Fault, value: float | None) -> None:
        if fault is Fault.OFFLINE:
            self.offline = value is not None
        elif value is None:
            self.armed.pop(fault, None)
        else:
            self.armed[fault] = value

    def _apply_file(self, name: str, line: Line) -> None:
        if line["event"] == "removed":
            self.plans.pop(name, None)
            self.kept.pop(name, None)
            return
        self._known.add(name)
        self.plans[name] = Plan(line["total_s"], tuple(line["layer_starts_s"]))
        self.kept[name] = (line["bytes"], line["sha256"])

    def _apply_command(self, name: str, line: Line) -> None:
        self.armed.clear()
        self._known.add(name)
        if line["answer"] != "accepted":
            return
        self._accepted.add(name)
        if line["begins_at"] is not None:
            self._pending.append(Pending(name, datetime.fromisoformat(line["begins_at"]), line))

    def _forget_pending(self, name: str) -> None:
        first = next(p for p in self._pending if p.print_name == name)
        self._pending.remove(first)

    def _begin(self, name: str, plan: Plan, at: datetime, line: Line) -> Run:
        self.bed_occupied = True
        fails_at_s = _fails_at(plan, line.get("fails_at_layer"))
        self.run = Run(
            print_name=name,
            plan=plan,
            speed=line["speed"],
            ejects=line.get("ejects", False),
            stops_at_s=plan.total_s if fails_at_s is None else fails_at_s,
            stops_as="finished" if fails_at_s is None else "failed",
            played_s=0.0,
            since=at,
            stranger=line["event"] == "stranger",
        )
        return self.run

    @staticmethod
    def _apply_change(run: Run, change: str, at: datetime) -> None:
        if change == "resumed":
            run.since = at
        elif change == "paused":
            run.rest(at)
        elif change in ENDS:
            run.rest(at)
            run.end = change
            if change == run.stops_as:
                run.played_s = run.stops_at_s  # moments are rounded to microseconds


def event(kind: str, at: datetime, **details: object) -> Line:
    """Return the line that records ``kind``."""
    return {"event": kind, "at": at.isoformat(), **details}


def _fails_at(plan: Plan, layer: float | None) -> float | None:
    if layer is None or not 1 <= layer <= len(plan.layer_starts_s):
        return None
    return min(plan.layer_starts_s[int(layer) - 1], plan.total_s)
