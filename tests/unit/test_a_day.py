"""A day of a farm, by the clock of the test: thirty printers, four hundred jobs, what goes wrong.

The same functions that the daemon asks choose the class, the order and the printer; here only
people, plastic and time are played. Every tick each job that waits has its reason, and so has each
printer.
"""

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from printd.core.beds import Bed, BedState
from printd.core.board import Condition, PrinterStatus
from printd.core.doors import doors_at
from printd.core.fleet import PrinterRow
from printd.core.hall import Hall
from printd.core.house_config import OpeningConfig, QuietConfig, times_of
from printd.core.jobs import Because
from printd.core.machine import Machine
from printd.core.matching import House, Needs, Offer
from printd.core.order import Turns, Waiting, in_line, printer_for, turns
from printd.core.spools import Spools, Tray
from printd.core.standing import idle_of, stops_of

MORNING = datetime(2026, 5, 4, 8, tzinfo=UTC)
TICK = timedelta(minutes=10)
HOUR = timedelta(hours=1)
AT_MOST = timedelta(days=3)
HOURS = times_of(OpeningConfig(zone="UTC", days={"daily": ("08:00-18:00",)}), QuietConfig())
JOBS = 400
CLEAR = Bed(BedState.CLEAR, 1, "cleared", MORNING)
TAKEN = Bed(BedState.OCCUPIED, 2, "a print lies on it", MORNING)
IDLE = PrinterStatus(Condition.IDLE)
OFF = PrinterStatus(Condition.OFFLINE)
WHITE, BLACK, RED, BLUE = "FFFFFF", "000000", "E02020", "1E50D0"
MINI = Machine("mini", "marlin", 180, 180, 180, 0.4, 285, 110)
LARGE = Machine("large", "marlin", 300, 300, 300, 0.4, 285, 110)
CHANGER = Machine("changer", "marlin", 256, 256, 256, 0.4, 285, 110)
SIZES = ((60.0, 60.0, 8.0), (100.0, 80.0, 10.0), (160.0, 120.0, 12.0), (250.0, 200.0, 15.0))


@dataclass
class Job:
    """A job, and what becomes of it."""

    waiting: Waiting
    lasts: timedelta
    state: str = "to come"  # printable, sliced, printing, held, printed
    began: datetime | None = None
    until: datetime | None = None


def a_tray(slot: int, colour: str) -> Tray:
    return Tray(slot, 0, slot, "PLA", colour, remain=0.9, is_there=True, weight_g=1000.0)


def the_printers() -> dict[str, Offer]:
    """Return twelve small ones, ten large ones for two materials, eight with four trays."""
    found = {}
    for number in range(30):
        profile, machine = ("mini", MINI) if number < 12 else ("large", LARGE)
        status = IDLE
        if number >= 22:
            profile, machine = "changer", CHANGER
            trays = tuple(map(a_tray, range(4), (WHITE, BLACK, RED, BLUE)))
            status = replace(IDLE, spools=Spools(trays, units=1, now=number % 4))
        elif number % 5 == 4:
            machine = replace(machine, material="PETG")
        name = f"{profile}-{number}"
        row = PrinterRow(name, CLEAR, status, MORNING, None, None)
        found[name] = Offer(row, machine, profile, ("fine",), ("PLA", "PETG"))
    return found


def the_jobs(dice: random.Random) -> dict[int, Job]:
    """Return what people hand in: most of it before the evening, some of it for later."""
    found = {}
    for number in range(1, JOBS + 1):
        came = MORNING + timedelta(minutes=round(dice.triangular(0, 12 * 60, 180)))
        is_petg = dice.random() < 0.15
        needs = Needs(
            number,
            dice.choices(SIZES, (40, 35, 15, 10))[0],
            material="PETG" if is_petg else "PLA",
            colour="" if is_petg else dice.choices(("", WHITE, BLACK, RED), (70, 12, 12, 6))[0],
            quality="fine",
            filament_g=dice.uniform(5, 80),
            confirmed_at=came,
        )
        priority = dice.choices((-1, 0, 1), (15, 75, 10))[0]
        waiting = Waiting(needs, came, priority, may_move=True)
        found[number] = Job(waiting, timedelta(minutes=round(dice.lognormvariate(4.0, 0.7))))
    return found


class Day:
    """The farm, tick by tick."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311  the same every time
        self.printers = the_printers()
        self.jobs = the_jobs(self.dice)
        self.now = MORNING
        self.codes: Counter[str] = Counter()
        self.stood: Counter[str] = Counter()
        self.mended_at: dict[str, datetime] = {}
        self.worked = timedelta()
        self.open_for = timedelta()
        self.failed = self.moved = 0

    # What people and printers do.

    def change(self, name: str, **row: Any) -> None:
        offer = self.printers[name]
        self.printers[name] = replace(offer, row=replace(offer.row, **row))

    def is_open(self) -> bool:
        return doors_at(HOURS, self.now).may_start()

    def things_break(self) -> None:
        """Let a printer break, or go out of reach, now and then; and come back after hours."""
        for name, at in list(self.mended_at.items()):
            if at <= self.now:
                del self.mended_at[name]
                status = self.printers[name].row.status
                back = IDLE if status == OFF else status
                self.change(name, out_of_service=None, status=back, seen_at=self.now)
        for name, offer in self.printers.items():
            if name in self.mended_at or offer.row.job is not None or self.dice.random() > 0.004:
                continue
            self.mended_at[name] = self.now + self.dice.choice((HOUR / 2, 3 * HOUR, 12 * HOUR))
            if offer.row.status == IDLE and self.dice.random() < 0.5:
                self.change(name, status=OFF, seen_at=self.now)
            else:
                self.change(name, out_of_service="the nozzle is clogged")

    def prints_end(self) -> None:
        for job in self.jobs.values():
            if job.state != "printing" or job.until is None or job.until > self.now:
                continue
            (name,) = (n for n, o in self.printers.items() if o.row.job == job.waiting.job)
            status = self.printers[name].row.status
            assert status is not None
            idle = replace(status, condition=Condition.IDLE, print_name=None, remaining_s=None)
            self.change(name, job=None, status=idle, seen_at=self.now)
            is_good = self.dice.random() > 0.04
            self.failed += not is_good
            job.state = "printed" if is_good else "held"
            job.until = self.now + HOUR / 2

    def people_come(self) -> None:
        """Let people clear beds while somebody is there, and say what becomes of failures."""
        for job in self.jobs.values():
            if job.state == "held" and job.until is not None and job.until <= self.now:
                job.state = "sliced"
        for name, offer in self.printers.items():
            is_over = offer.row.bed is TAKEN and offer.row.job is None
            if is_over and 7 <= self.now.hour < 20 and self.dice.random() < 0.6:
                self.change(name, bed=CLEAR)

    # What printd does.

    def hall(self) -> Hall:
        house = House(now=self.now, confirmed_for=timedelta(days=5))
        doors = doors_at(HOURS, self.now)
        return Hall([replace(o, doors=doors, house=house) for o in self.printers.values()])

    def jobs_are_sliced(self, hall: Hall) -> None:
        """Slice what came, and what was moved, for the class that takes it soonest."""
        for job in self.jobs.values():
            if job.state == "to come" and job.waiting.since <= self.now:
                job.state = "printable"
            elif job.state == "printable":
                line = [other.waiting for other in self.jobs.values() if other.state == "sliced"]
                offer = printer_for(job.waiting.needs, line, hall, self.now)
                assert offer is not None
                lasting_s = job.lasts.total_seconds()
                needs = replace(job.waiting.needs, profile=offer.profile, lasting_s=lasting_s)
                job.waiting = replace(job.waiting, needs=needs)
                job.state = "sliced"

    def jobs_start(self, hall: Hall) -> None:
        waiting = [job.waiting for job in self.jobs.values() if job.state == "sliced"]
        coming = sum(job.state == "printable" for job in self.jobs.values())
        found = turns(waiting, hall, self.now, coming=coming)
        self.judge(waiting, hall, found)
        for number in found.moves:
            job = self.jobs[number]
            needs = replace(job.waiting.needs, profile=None, lasting_s=None)
            job.waiting, job.state = replace(job.waiting, needs=needs), "printable"
            self.moved += 1
        for number, offer in found.printers.items():
            self.start(self.jobs[number], offer)

    def start(self, job: Job, offer: Offer) -> None:
        row = self.printers[offer.name].row
        assert row.status is not None
        assert (row.bed, row.job, row.out_of_service) == (CLEAR, None, None)
        assert row.status.condition is Condition.IDLE
        assert self.is_open()
        name = f"pd-{job.waiting.job}-1-x"
        at_work = replace(
            row.status,
            condition=Condition.PRINTING,
            print_name=name,
            remaining_s=job.lasts.total_seconds(),
        )
        number = job.waiting.job
        self.change(offer.name, job=number, status=at_work, bed=TAKEN, seen_at=self.now)
        job.began = job.began or self.now
        job.state, job.until = "printing", self.now + job.lasts
        self.worked += job.lasts

    # What must be so.

    def judge(self, waiting: list[Waiting], hall: Hall, found: Turns) -> None:
        numbers = [*found.printers, *found.moves, *found.reasons]
        assert sorted(numbers) == sorted(one.job for one in waiting)
        for reason in found.reasons.values():
            assert isinstance(reason, Because)
            assert reason.problem.endswith(".")
        self.codes.update(reason.code for reason in found.reasons.values())
        still = {**idle_of(found, hall), **stops_of(hall.offers)}
        assert still.keys() == self.printers.keys()
        assert all(why.problem.endswith(".") for why in still.values())
        self.stood.update(why.code for why in still.values())
        passed_by: set[object] = set()
        for one in in_line(waiting, hall, self.now):
            like = one.needs.kind[:-2]  # jobs alike in all that printers ask
            if one.job in found.printers:
                assert (like, one.needs.lasting_s) not in passed_by
            else:
                passed_by.add((like, one.needs.lasting_s))

    def live(self) -> None:
        """Go on until everything is printed."""
        while any(job.state != "printed" for job in self.jobs.values()):
            assert self.now < MORNING + AT_MOST, "somebody starves"
            self.things_break()
            self.prints_end()
            self.people_come()
            hall = self.hall()
            self.jobs_are_sliced(hall)
            self.jobs_start(hall)
            self.open_for += TICK if self.is_open() else timedelta()
            self.now += TICK

    def waits(self) -> list[timedelta]:
        """Return how long each job waited for its first start, the shortest first."""
        return sorted(job.began - job.waiting.since for job in self.jobs.values() if job.began)


def hours(span: timedelta) -> str:
    return f"{span / HOUR:.1f} h"


def test_a_day_ends_with_everything_printed_and_everybody_told_why() -> None:
    day = Day(seed=1)
    day.live()
    waits = day.waits()
    share = day.worked / (day.open_for * len(day.printers))
    print(  # noqa: T201  how busy the printers were, and how long people waited
        f"\n{JOBS} jobs on {len(day.printers)} printers in {hours(day.now - MORNING)};"
        f" printers at work for {share:.0%} of the opening hours; waits: median"
        f" {hours(waits[len(waits) // 2])}, 95 % {hours(waits[len(waits) * 95 // 100])}, longest"
        f" {hours(waits[-1])}; {day.failed} failed prints, {day.moved} moves between classes;"
        f" reasons: {', '.join(f'{code} {count}' for code, count in day.codes.most_common())};"
        f" printers: {', '.join(f'{code} {count}' for code, count in day.stood.most_common())}"
    )
    assert len(waits) == JOBS
    assert waits[-1] < timedelta(days=2)
    assert day.failed
    assert day.codes.keys() >= {"busy", "bed_not_clear", "closed_hours"}
    assert day.stood.keys() >= {"busy", "bed_not_clear", "closed_hours", "next", "no_job"}
    assert day.moved < JOBS // 20  # they were sliced for the right class at once
