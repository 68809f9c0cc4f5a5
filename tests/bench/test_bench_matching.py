"""How long a pass takes over five hundred waiting jobs and fifty printers, in its worst moments."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from printd.core.beds import Bed, BedState
from printd.core.board import Condition, PrinterStatus
from printd.core.doors import doors_at
from printd.core.fleet import PrinterRow
from printd.core.hall import Hall
from printd.core.house_config import OpeningConfig, QuietConfig, times_of
from printd.core.machine import Machine
from printd.core.matching import Needs, Offer
from printd.core.order import Turns, Waiting, turns
from printd.core.spools import Spools, Tray
from tests.bench.figures import Timed, best_s, pace

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
NIGHT = NOON + timedelta(hours=11)
JOBS, PRINTERS = 500, 50
ALLOWED_S = 0.05
COLOURS = ("FFFFFF", "000000", "E02020", "1E50D0")
MACHINE = Machine("generic", "marlin", 220, 220, 250, 0.4, 285, 110)
CLEAR = Bed(BedState.CLEAR, 1, "cleared", NOON)
OPENING = OpeningConfig(zone="Europe/Berlin", days={"daily": ("08:00-20:00",)}, runs_over="wait")


def printers(classes: int, now: datetime, *, busy: bool, trays: bool) -> list[Offer]:
    """Return fifty of so many profiles; all of them free, or all at work."""
    doors = doors_at(times_of(OPENING, QuietConfig()), now)
    found = []
    for number in range(PRINTERS):
        spools = tuple(
            Tray(slot, 0, slot, "PLA", colour, remain=0.5, is_there=True, weight_g=1000.0)
            for slot, colour in enumerate(COLOURS)
        )
        status = PrinterStatus(
            Condition.PRINTING if busy else Condition.IDLE,
            f"pd-{number}-1-x" if busy else None,
            remaining_s=3600.0 if busy else None,
            spools=Spools(spools, units=1, now=number % 4) if trays else None,
        )
        job = 1000 + number if busy else None
        row = PrinterRow(f"p{number}", CLEAR, status, NOON, None, job)
        machine = replace(MACHINE, bed_w_mm=180.0 + 20 * (number % classes))
        profile = f"class{number % classes}"
        found.append(Offer(row, machine, profile, ("fine",), ("PLA",), doors=doors))
    return found


def jobs(classes: int) -> list[Waiting]:
    """Return five hundred, no two alike."""
    dice = random.Random(7)  # noqa: S311  the same every time
    found = []
    for number in range(1, JOBS + 1):
        size = (dice.uniform(30, 170), dice.uniform(30, 170), dice.uniform(5, 40))
        needs = Needs(
            number,
            size,
            f"class{dice.randrange(classes)}",
            "PLA",
            "fine",
            colour=dice.choice(COLOURS),
            filament_g=dice.uniform(5, 200),
            lasting_s=dice.uniform(1800, 20_000),
        )
        found.append(Waiting(needs, NOON, dice.randrange(-1, 2), may_move=True))
    return found


@pytest.mark.parametrize(
    ("what", "classes", "now", "busy", "trays"),
    [
        ("all printers at work, 1 class", 1, NOON, True, False),
        ("all printers at work, 5 classes", 5, NOON, True, False),
        ("all printers at work, 5, with AMS", 5, NOON, True, True),
        ("all printers free, 5 classes", 5, NOON, False, False),
        ("all printers free, 5, with AMS", 5, NOON, False, True),
        ("all printers free, 5, closed", 5, NIGHT, False, False),
    ],
)
def test_a_pass(what: str, classes: int, now: datetime, busy: bool, trays: bool) -> None:
    offers, waiting = printers(classes, now, busy=busy, trays=trays), jobs(classes)

    def work() -> Turns:
        return turns(waiting, Hall(offers), now)

    found = work()
    assert len(found.printers) + len(found.moves) + len(found.reasons) == JOBS
    assert len(found.printers) == (0 if busy or now is NIGHT else PRINTERS)
    timed = Timed(what, best_s(work), ALLOWED_S, pace())
    print(f"\n{timed}")
    assert timed.is_held
