"""Which printer may take a job: the table of tests, the order of them, and the sentences."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from printd.core.beds import Bed, BedState
from printd.core.board import Condition, PrinterStatus
from printd.core.fleet import PrinterRow
from printd.core.machine import Machine
from printd.core.matching import (
    NEVER,
    TESTS,
    Needs,
    Offer,
    best,
    free,
    why_never,
    why_not,
    why_waiting,
)

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
NEEDS = Needs(41, (80.0, 60.0, 12.0), "generic", "PLA", "fine")
MACHINE = Machine("generic", "marlin", 220, 220, 250, 0.4, 285, 110)
CLEAR = Bed(BedState.CLEAR, 1, "cleared", NOON)
OCCUPIED = Bed(BedState.OCCUPIED, 2, "a start of #40 was requested", NOON, job=40)
UNKNOWN = Bed(BedState.UNKNOWN, 0, "it has never been seen", NOON)
IDLE = PrinterStatus(Condition.IDLE)
QUALITIES = ("standard", "fine")
MATERIALS = ("PLA", "PETG")


def offer(
    name: str = "left",
    *,
    bed: Bed = CLEAR,
    condition: Condition | None = Condition.IDLE,
    out: str | None = None,
    job: int | None = None,
    profile: str = "generic",
    machine: Machine = MACHINE,
    qualities: tuple[str, ...] = QUALITIES,
    materials: tuple[str, ...] = MATERIALS,
    has_bed: bool = True,
) -> Offer:
    status = PrinterStatus(condition) if condition else None
    row = PrinterRow(name, bed, status, NOON, out, job)
    return Offer(row, machine, profile, qualities, materials, has_bed)


SMALL = replace(MACHINE, bed_w_mm=60.0)
PETG = replace(MACHINE, material="PETG")
ALONE = {  # what is wrong -> the reason, its sentence
    "out_of_service": (offer(out="new nozzle"), "left is out of service: new nozzle."),
    "offline": (
        offer(condition=Condition.OFFLINE),
        "left has not answered since 03 May 12:00 UTC.",
    ),
    "wrong_kind": (offer(profile="mini"), "The file was sliced for generic; left is mini."),
    "no_such_quality": (
        offer(qualities=("standard", "draft")),
        "The recipe asks for the quality fine; generic of left has standard, draft.",
    ),
    "no_such_material": (
        offer(materials=("resin",)),
        "The recipe asks for PLA; generic of left has resin.",
    ),
    "too_large": (
        offer(machine=SMALL),
        "80.0 x 60.0 x 12.0 mm does not fit 50.0 x 210.0 x 250.0 mm of left.",
    ),
    "wrong_material": (
        offer(machine=PETG),
        "The recipe asks for PLA; left has PETG loaded.",
    ),
    "busy": (offer(job=40), "left is taken by #40."),
    "bed_not_clear": (
        offer(bed=OCCUPIED),
        "The bed of left has not been cleared: a start of #40 was requested.",
    ),
    "bed_unknown": (
        offer(bed=UNKNOWN),
        "It is not known whether the bed of left is clear: it has never been seen.",
    ),
}
ORDER = (
    "out_of_service",
    "offline",
    "wrong_kind",
    "no_such_quality",
    "no_such_material",
    "too_large",
    "wrong_material",
    "busy",
    "bed_not_clear",
)


@pytest.mark.parametrize("code", ALONE)
def test_each_reason_is_found_alone_with_its_sentence(code: str) -> None:
    given, sentence = ALONE[code]
    reason = why_not(NEEDS, given)
    assert reason is not None
    assert (reason.code, reason.problem) == (code, sentence)


@pytest.mark.parametrize("place", range(len(ORDER)))
def test_of_several_reasons_the_first_of_the_table_is_said(place: int) -> None:
    everything = offer(
        out="new nozzle",
        condition=Condition.OFFLINE,
        profile="mini",
        qualities=("standard",),
        materials=("resin",),
        machine=replace(PETG, bed_w_mm=60.0),
        bed=OCCUPIED,
    )
    everything = replace(everything, row=replace(everything.row, job=40))
    mended = {
        "out_of_service": lambda o: replace(o, row=replace(o.row, out_of_service=None)),
        "offline": lambda o: replace(o, row=replace(o.row, status=IDLE)),
        "wrong_kind": lambda o: replace(o, profile="generic"),
        "no_such_quality": lambda o: replace(o, qualities=QUALITIES),
        "no_such_material": lambda o: replace(o, materials=MATERIALS),
        "too_large": lambda o: replace(o, machine=PETG),
        "wrong_material": lambda o: replace(o, machine=MACHINE),
        "busy": lambda o: replace(o, row=replace(o.row, job=None)),
    }
    given = everything
    for code in ORDER[:place]:
        given = mended[code](given)
    reason = why_not(NEEDS, given)
    assert reason is not None
    assert reason.code == ORDER[place]


def test_the_table_has_exactly_these_tests() -> None:
    assert len(TESTS) == len(ORDER)
    assert set(ORDER) >= NEVER


def test_a_printer_with_nothing_against_it_takes_the_job() -> None:
    assert why_not(NEEDS, offer()) is None
    assert why_waiting(NEEDS, [offer()]) is None


@pytest.mark.parametrize(
    "given",
    [
        offer(job=41),  # it has this very job
        offer(bed=UNKNOWN, has_bed=False),
        offer(condition=Condition.FINISHED),
        offer(condition=Condition.FAILED),
        offer(condition=Condition.CANCELLED),
    ],
)
def test_what_does_not_matter_is_no_reason(given: Offer) -> None:
    assert why_not(NEEDS, given) is None


@pytest.mark.parametrize("condition", [Condition.PRINTING, Condition.PAUSED, Condition.BUSY])
def test_a_printer_at_work_is_busy(condition: Condition) -> None:
    reason = why_not(NEEDS, offer(condition=condition))
    assert reason is not None
    assert reason.problem == "left is busy with something else."


def test_a_printer_never_heard_of_is_offline() -> None:
    reason = why_not(NEEDS, offer(condition=None))
    assert reason is not None
    assert reason.code == "offline"


def test_a_job_not_sliced_yet_fits_every_kind() -> None:
    assert why_not(replace(NEEDS, profile=None), offer(profile="mini")) is None


@pytest.mark.parametrize(
    ("size_mm", "fits"),
    [
        ((210.0, 210.0, 250.0), True),  # 220 mm less 5 mm at each side
        ((210.1, 210.0, 250.0), False),
        ((210.0, 210.1, 250.0), False),
        ((210.0, 210.0, 250.1), False),
    ],
)
def test_a_model_keeps_the_margin_of_the_bed(
    size_mm: tuple[float, float, float], fits: bool
) -> None:
    assert (why_not(replace(NEEDS, size_mm=size_mm), offer()) is None) is fits


def test_the_first_free_printer_of_the_configuration_takes_it() -> None:
    offers = [offer("a", bed=OCCUPIED), offer("b"), offer("c")]
    assert free(NEEDS, offers) == best(NEEDS, offers) == offers[1]


@pytest.mark.parametrize(
    ("nearer", "farther"),
    [
        ("bed_not_clear", "busy"),
        ("busy", "wrong_material"),
        ("wrong_material", "wrong_kind"),
        ("wrong_kind", "offline"),
        ("offline", "out_of_service"),
        ("out_of_service", "too_large"),
    ],
)
def test_the_nearest_printer_is_the_one_with_the_least_in_its_way(
    nearer: str, farther: str
) -> None:
    offers = [ALONE[farther][0], ALONE[nearer][0]]
    assert best(NEEDS, offers) == offers[1]
    waiting = why_waiting(NEEDS, offers)
    assert waiting is not None
    assert waiting.code == nearer


def test_a_printer_that_can_never_take_it_is_not_the_best() -> None:
    assert best(NEEDS, [offer(machine=SMALL, bed=OCCUPIED)]) is None


def test_what_is_too_large_for_all_is_said_whatever_else_is_in_the_way() -> None:
    offers = [offer("a", out="new nozzle", machine=SMALL), offer("b", machine=SMALL)]
    for reason in (why_waiting(NEEDS, offers), why_never(NEEDS, offers)):
        assert reason is not None
        assert reason.problem == (
            "80.0 x 60.0 x 12.0 mm does not fit 50.0 x 210.0 x 250.0 mm of a."
        )


def test_without_a_printer_the_configuration_is_named() -> None:
    reason = why_waiting(NEEDS, [])
    assert reason is not None
    assert (reason.code, reason.action) == ("no_printer", "Name one under `printers:`.")
    assert (free(NEEDS, []), best(NEEDS, []), why_never(NEEDS, [])) == (None, None, None)
