"""Which printer may take a job: the table of tests, the order of them, and the sentences."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from printd.core.beds import Bed, BedState
from printd.core.board import Condition, PrinterStatus
from printd.core.feeding import Source
from printd.core.filaments import Filament
from printd.core.fleet import PrinterRow
from printd.core.hall import FREE, Hall
from printd.core.jobs import Because, ToLoad
from printd.core.machine import Machine
from printd.core.matching import (
    NEVER,
    TESTS,
    WAIVABLE,
    House,
    Needs,
    Offer,
    why_never,
    why_not,
    why_stopped,
)
from printd.core.spools import Spools, Tray

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUSE = House(now=NOON, confirmed_for=DAY)
NEEDS = Needs(
    41,
    (80.0, 60.0, 12.0),
    "generic",
    "PLA",
    "fine",
    endings=frozenset({".gcode"}),
    filament_g=240.0,
    lasting_s=3600.0,
    confirmed_at=NOON,
)
MACHINE = Machine("generic", "marlin", 220, 220, 250, 0.4, 285, 110)
CLEAR = Bed(BedState.CLEAR, 1, "cleared", NOON)
OCCUPIED = Bed(BedState.OCCUPIED, 2, "a start of #40 was requested", NOON, job=40)
UNKNOWN = Bed(BedState.UNKNOWN, 0, "it has never been seen", NOON)
IDLE = PrinterStatus(Condition.IDLE)
QUALITIES = ("standard", "fine")
MATERIALS = ("PLA", "PETG")
PAUSED = Because("queue_paused", "The queue is paused by ana since 13:40 UTC.")
NO_ROOM = Because("disk_full", "Only 12 MB (0%) are free.")


@dataclass(frozen=True)
class Shut:
    """Doors that open at nine."""

    starts_at: datetime | None = None

    def may_start(self, lasting_s: float | None = None) -> bool:
        return False

    def why_closed(self, name: str, lasting_s: float | None = None) -> Because | None:
        return Because("closed_hours", f"{name} starts tomorrow 09:00 for {lasting_s} s.")


def tray(slot: int, material: str, colour: str, **more: Any) -> Tray:
    return Tray(slot, 0, slot, material, colour, is_there=material != "", **more)


def ams(*trays: Tray, **more: Any) -> PrinterStatus:
    return PrinterStatus(Condition.IDLE, spools=Spools(trays, units=1, **more))


WHITE = tray(0, "PLA", "FFFFFF", remain=0.095, weight_g=1000.0)
BLACK = tray(1, "PETG", "000000")
EMPTY = tray(2, "", "")


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
    status: PrinterStatus | None = None,
    **more: Any,
) -> Offer:
    shown = status or (PrinterStatus(condition) if condition else None)
    row = PrinterRow(name, bed, shown, NOON, out, job)
    return Offer(row, machine, profile, qualities, materials, has_bed, **{"house": HOUSE, **more})


def shown(needs: Needs, given: Offer) -> tuple[str, str] | None:
    reason = why_not(needs, given)
    return (reason.code, reason.problem) if reason else None


SMALL = replace(MACHINE, bed_w_mm=60.0)
PETG = replace(MACHINE, material="PETG")
OLD = replace(NEEDS, confirmed_at=NOON - DAY - timedelta(minutes=1))
WITH_AMS = ams(WHITE, BLACK, EMPTY)
# What is wrong, with which job -> the reason, its sentence; in the order of the table.
ALONE: dict[str, tuple[Needs, Offer, str]] = {
    "wrong_printer": (
        replace(NEEDS, only_on=frozenset({"right", "middle"})),
        offer(),
        "#41 may only be printed on middle or right.",
    ),
    "out_of_service": (
        NEEDS,
        offer(out="new nozzle"),
        "left is out of service: new nozzle.",
    ),
    "offline": (
        NEEDS,
        offer(condition=Condition.OFFLINE),
        "left has not answered since 3 May 12:00 UTC.",
    ),
    "wrong_kind": (
        NEEDS,
        offer(profile="mini"),
        "The file was sliced for generic; left is mini.",
    ),
    "no_such_quality": (
        NEEDS,
        offer(qualities=("standard", "draft")),
        "The recipe asks for the quality fine; generic of left has standard, draft.",
    ),
    "no_such_material": (
        NEEDS,
        offer(materials=("resin",)),
        "The recipe asks for PLA; generic of left has resin.",
    ),
    "too_large": (
        NEEDS,
        offer(machine=SMALL),
        "80.0 x 60.0 x 12.0 mm does not fit 50.0 x 210.0 x 250.0 mm of left.",
    ),
    "wrong_nozzle": (
        NEEDS,
        offer(status=replace(IDLE, nozzles_mm=(0.6,))),
        "generic is for a nozzle of 0.4 mm; left has 0.6 mm.",
    ),
    "wrong_material": (
        NEEDS,
        offer(machine=PETG),
        "The recipe asks for PLA; left has PETG loaded.",
    ),
    "wrong_tray": (
        replace(NEEDS, colour="E02020"),
        offer(status=WITH_AMS),
        "left needs red PLA, and no tray of its AMS holds it (tray 1 of AMS 1: white PLA; "
        "tray 2 of AMS 1: black PETG; tray 3 of AMS 1: empty).",
    ),
    "tray_empty": (
        NEEDS,
        offer(status=ams(EMPTY)),
        "left needs PLA, and every tray of its AMS is empty.",
    ),
    "no_ams": (
        NEEDS,
        offer(status=replace(IDLE, spools=Spools()), source="ams"),
        "left needs PLA from an AMS, and shows none.",
    ),
    "busy": (NEEDS, offer(job=40), "left is taken by #40."),
    "bed_not_clear": (
        NEEDS,
        offer(bed=OCCUPIED),
        "The bed of left has not been cleared: a start of #40 was requested.",
    ),
    "bed_unknown": (
        NEEDS,
        offer(bed=UNKNOWN),
        "It is not known whether the bed of left is clear: it has never been seen.",
    ),
    "reconfirm": (
        OLD,
        offer(),
        "Nobody has asked for #41 since 2 May 11:59 UTC: is it still wanted?",
    ),
    "too_little_filament": (
        NEEDS,
        offer(status=WITH_AMS),
        "It needs 240 g of PLA; tray 1 of AMS 1 of left has 95 g.",
    ),
    "closed_hours": (NEEDS, offer(doors=Shut()), "left starts tomorrow 09:00 for 3600.0 s."),
    "queue_paused": (NEEDS, offer(house=replace(HOUSE, paused=PAUSED)), PAUSED.problem),
    "fault_shown": (
        NEEDS,
        offer(status=replace(IDLE, fault="the nozzle is clogged (0300_8014)")),
        "left shows on its display: the nozzle is clogged (0300_8014).",
    ),
    "staggered": (
        NEEDS,
        offer(starts_left=0, circuit="wall"),
        "left waits until the printers on its circuit wall that have just started are hot.",
    ),
    "disk_full": (NEEDS, offer(house=replace(HOUSE, no_room=NO_ROOM)), NO_ROOM.problem),
}
# Codes that one test gives, whichever comes first.
TOGETHER = {"wrong_tray": "wrong_material", "tray_empty": "wrong_material"}
TOGETHER |= {"no_ams": "wrong_material", "bed_unknown": "bed_not_clear"}
ORDER = tuple(code for code in ALONE if code not in TOGETHER)


@pytest.mark.parametrize("code", ALONE)
def test_each_reason_is_found_alone_with_its_sentence(code: str) -> None:
    needs, given, sentence = ALONE[code]
    assert shown(needs, given) == (code, sentence)
    assert why_not(replace(needs, confirmed_at=NOON, only_on=frozenset()), offer()) is None


# These sentences come from elsewhere; a print that goes on asks for nothing.
WITHOUT_ACTION = {"busy", "closed_hours", "queue_paused", "disk_full"}


@pytest.mark.parametrize("code", [code for code in ALONE if code not in WITHOUT_ACTION])
def test_each_reason_of_our_own_says_what_to_do(code: str) -> None:
    needs, given, _ = ALONE[code]
    reason = why_not(needs, given)
    assert reason is not None
    assert reason.action.endswith(".")


@pytest.mark.parametrize(
    ("only_on", "sentence"),
    [
        (("gone",), "#41 may only be printed on gone, which is no longer configured."),
        (
            ("gone", "lost"),
            "#41 may only be printed on gone or lost, which are no longer configured.",
        ),
        (
            ("gone", "right"),
            "#41 may only be printed on gone or right; gone is no longer configured.",
        ),
        (("right",), "#41 may only be printed on right."),
    ],
)
def test_a_printer_that_was_removed_is_named_as_removed(
    only_on: tuple[str, ...], sentence: str
) -> None:
    house = replace(HOUSE, printers=frozenset({"left", "right"}))
    reason = Hall([offer(house=house)]).why_waiting(replace(NEEDS, only_on=frozenset(only_on)))
    assert reason is not None
    assert reason.problem == sentence
    assert reason.action == "Run `printd move 41 --to left` to print it there."


def test_a_file_for_a_printer_that_is_gone_is_not_sent_to_one_of_another_kind() -> None:
    house = replace(HOUSE, printers=frozenset({"left"}))
    needs = replace(NEEDS, only_on=frozenset({"gone"}), is_file=True)
    fits, other = (why_not(needs, offer(profile=of, house=house)) for of in ("generic", "mini"))
    assert fits is not None
    assert other is not None
    assert fits.action == "Run `printd move 41 --to left` to print it there."
    assert other.action == "Slice it again for a printer that is there, and run `printd cancel 41`."


def test_only_a_persons_file_has_to_be_sliced_again_by_hand() -> None:
    mini = offer("tiny", profile="mini")
    by_us, by_hand = why_not(NEEDS, mini), why_not(replace(NEEDS, is_file=True), mini)
    assert by_us is not None
    assert by_hand is not None
    assert by_us.action == "Run `printd move 41 --to tiny` to have it made for that one."
    assert by_hand.action == "Slice it again for mini, or print it on a printer of generic."


def test_a_printer_that_refuses_us_says_where_to_look() -> None:
    refuses = PrinterStatus(Condition.OFFLINE, trouble="It refuses our key.")
    reason = why_not(NEEDS, offer(status=refuses))
    assert reason is not None
    assert reason.problem == "left cannot be used: It refuses our key."
    assert reason.action == "Run `printd doctor` for what left says; printd keeps trying."


def test_a_file_that_a_person_sliced_asks_for_itself() -> None:
    reason = why_not(replace(NEEDS, is_file=True), offer(machine=PETG))
    assert reason is not None
    assert reason.problem == "The file asks for PLA; left has PETG loaded."
    assert reason.action.endswith("or slice the file again.")


Mend = Callable[[Offer], Offer]


def status_of(given: Offer, **changes: Any) -> Offer:
    status = given.row.status
    assert status is not None
    return replace(given, row=replace(given.row, status=replace(status, **changes)))


MENDED: dict[str, Mend] = {
    "wrong_printer": lambda o: replace(o, row=replace(o.row, name="right")),
    "out_of_service": lambda o: replace(o, row=replace(o.row, out_of_service=None)),
    "offline": lambda o: status_of(o, condition=Condition.IDLE),
    "wrong_kind": lambda o: replace(o, profile="generic"),
    "no_such_quality": lambda o: replace(o, qualities=QUALITIES),
    "no_such_material": lambda o: replace(o, materials=MATERIALS),
    "too_large": lambda o: replace(o, machine=PETG),
    "wrong_nozzle": lambda o: status_of(o, nozzles_mm=(0.4,)),
    "wrong_material": lambda o: status_of(o, spools=Spools((WHITE,), units=1)),
    "busy": lambda o: replace(o, row=replace(o.row, job=None)),
    "bed_not_clear": lambda o: replace(o, row=replace(o.row, bed=CLEAR)),
    "reconfirm": lambda o: replace(o, house=replace(o.house, confirmed_for=2 * DAY)),
    "too_little_filament": lambda o: status_of(o, spools=None),
    "closed_hours": lambda o: replace(o, doors=None),
    "queue_paused": lambda o: replace(o, house=replace(o.house, paused=None)),
    "fault_shown": lambda o: status_of(o, fault=None),
    "staggered": lambda o: replace(o, starts_left=None),
    "disk_full": lambda o: replace(o, house=replace(o.house, no_room=None)),
}


@pytest.mark.parametrize("place", range(len(ORDER)))
def test_of_several_reasons_the_first_of_the_table_is_said(place: int) -> None:
    given = offer(
        out="new nozzle",
        profile="mini",
        qualities=("standard",),
        materials=("resin",),
        machine=replace(PETG, bed_w_mm=60.0),
        bed=OCCUPIED,
        job=40,
        status=PrinterStatus(
            Condition.OFFLINE,
            spools=Spools((EMPTY,), units=1),
            nozzles_mm=(0.6,),
            fault="the nozzle is clogged",
        ),
        doors=Shut(),
        starts_left=0,
        house=replace(HOUSE, paused=PAUSED, no_room=NO_ROOM),
    )
    for code in ORDER[:place]:
        given = MENDED[code](given)
        if code == "too_little_filament":  # without what it tells, the configuration speaks again
            given = replace(given, machine=MACHINE)
    needs = replace(OLD, only_on=frozenset({"right"}))
    reason = why_not(needs, given)
    assert reason is not None
    assert TOGETHER.get(reason.code, reason.code) == ORDER[place]
    assert Hall([given]).judged(needs).places == (place,)


def test_the_table_has_exactly_these_tests() -> None:
    assert len(TESTS) == len(ORDER) == len(MENDED)
    assert set(ORDER) >= NEVER | WAIVABLE


@pytest.mark.parametrize("code", ALONE)
def test_the_hall_says_what_the_table_says(code: str) -> None:
    needs, given, _ = ALONE[code]
    hall = Hall([given])
    if code in NEVER:
        assert hall.best(needs) is None
        assert hall.why_waiting(needs) == why_never(needs, [given])
    else:
        assert hall.best(needs) == given
        assert hall.why_waiting(needs) == why_not(needs, given)
    assert hall.free(needs) is None


def test_a_printer_with_nothing_against_it_takes_the_job() -> None:
    given = offer()
    assert why_not(NEEDS, given) is None
    assert Hall([given]).why_waiting(NEEDS) is None
    assert Hall([given]).judged(NEEDS).places == (FREE,)


@pytest.mark.parametrize(
    "given",
    [
        offer(job=41),  # it has this very job
        offer(bed=UNKNOWN, has_bed=False),
        offer(condition=Condition.FINISHED),
        offer(condition=Condition.FAILED),
        offer(condition=Condition.CANCELLED),
        offer(takes=frozenset({".gcode", ".sl1"})),
        offer(starts_left=1),
        offer(status=replace(IDLE, nozzles_mm=(0.6, 0.4))),
        offer(status=replace(IDLE, trouble="it was jammed")),
        offer(status=ams(replace(WHITE, remain=None))),
        offer(status=ams(replace(WHITE, remain=1.0))),
        offer(colour="000000"),
        # What nobody has told the printer is as the configuration says.
        offer(status=replace(IDLE, spools=Spools(external=(Tray(254, 255, 0),)))),
    ],
)
def test_what_does_not_matter_is_no_reason(given: Offer) -> None:
    assert why_not(NEEDS, given) is None


# Files and materials.


def test_a_printer_that_does_not_take_such_files_is_of_the_wrong_kind() -> None:
    given = offer(takes=frozenset({".gcode.3mf"}))
    sentence = "The file is .gcode; left takes .gcode.3mf."
    assert shown(NEEDS, given) == ("wrong_kind", sentence)
    both = replace(NEEDS, endings=frozenset({".gcode", ".gcode.3mf"}))
    assert why_not(both, given) is None
    assert why_not(replace(NEEDS, endings=frozenset()), given) is None  # not made yet


@pytest.mark.parametrize(
    ("asked", "loaded", "sentence"),
    [
        ("FFFFFF", "", None),
        ("FFFFFF", "FFFFFF", None),
        ("", "000000", None),
        ("FFFFFF", "000000", "The recipe asks for white PLA; left has black PLA loaded."),
    ],
)
def test_colours_are_compared_where_the_configuration_names_them(
    asked: str, loaded: str, sentence: str | None
) -> None:
    reason = why_not(replace(NEEDS, colour=asked), offer(colour=loaded))
    assert (reason.problem if reason else None) == sentence
    if reason is not None:
        assert "`printd printers load left --material PLA --colour white`" in reason.action
        assert reason.load == ToLoad("left", Filament("PLA", asked))


@pytest.mark.parametrize("source", ["auto", "external"])
def test_what_hangs_outside_counts_when_the_printer_knows_it(source: Source) -> None:
    told = replace(IDLE, spools=Spools(external=(Tray(254, 255, 0, "PETG", is_there=True),)))
    reason = why_not(NEEDS, offer(status=told, source=source))
    assert reason is not None
    assert reason.problem == "left needs PLA, and its external spool is PETG."
    untold = replace(IDLE, spools=Spools(external=(Tray(254, 255, 0),)))
    assert shown(NEEDS, offer(status=untold, machine=PETG, source=source)) == (
        "wrong_material",
        "The recipe asks for PLA; left has PETG loaded.",
    )


def test_a_recipe_for_any_material_gets_what_the_file_is_sliced_for() -> None:
    anything = replace(NEEDS, material="", filament_g=None)
    assert why_not(anything, offer(status=ams(WHITE))) is None
    reason = why_not(anything, offer(status=ams(BLACK)))
    assert reason is not None
    assert reason.problem.startswith("left needs PLA, and no tray of its AMS holds it")


def test_each_filament_of_a_persons_file_has_its_tray() -> None:
    used = ((1, Filament("PLA", "FFFFFF", 20.0)), (3, Filament("PETG", "", 30.0)))
    both = replace(NEEDS, filaments=used)
    assert why_not(both, offer(status=WITH_AMS)) is None
    reason = why_not(both, offer(status=ams(WHITE)))
    assert reason is not None
    assert reason.problem.startswith("left needs PETG, and no tray")
    much = replace(NEEDS, filaments=((1, Filament("PLA", "FFFFFF", 95.4)),))
    assert shown(much, offer(status=WITH_AMS)) == (
        "too_little_filament",
        "It needs 95 g of white PLA; tray 1 of AMS 1 of left has 95 g.",
    )


@pytest.mark.parametrize("code", sorted(WAIVABLE))
def test_a_person_may_overrule_some_reasons_for_one_job(code: str) -> None:
    needs, given, _ = ALONE[code]
    waived = replace(needs, waived=frozenset({code}))
    assert why_not(waived, given) is None
    assert Hall([given]).free(waived) == given


def test_nobody_can_overrule_that_the_bed_is_not_clear() -> None:
    waived = replace(NEEDS, waived=frozenset(ALONE))
    reason = why_not(waived, offer(bed=OCCUPIED))
    assert reason is not None
    assert reason.code == "bed_not_clear"


def test_the_end_of_a_print_is_never_told_before_now() -> None:
    given = offer(job=40, status=PrinterStatus(Condition.PRINTING, "pd-40-1-x", remaining_s=17.0))
    seen_at = NOON + timedelta(minutes=1)
    reason = why_not(NEEDS, replace(given, row=replace(given.row, seen_at=seen_at)))
    assert reason is not None
    assert reason.problem == "left prints #40 until about 12:05 UTC."


# What a printer does meanwhile.

OURS = "pd-40-1-x"


@pytest.mark.parametrize(
    ("job", "status", "sentence"),
    [
        (40, PrinterStatus(Condition.IDLE), "left is taken by #40."),
        (40, PrinterStatus(Condition.PRINTING, OURS), "left prints #40."),
        (
            40,
            PrinterStatus(Condition.PRINTING, OURS, remaining_s=4 * 3600.0 + 17 * 60),
            "left prints #40 until about 16:15 UTC.",
        ),
        (
            40,
            PrinterStatus(Condition.PRINTING, OURS, remaining_s=18 * 60.0),
            "left prints #40 until about 12:20 UTC.",
        ),
        (
            40,
            PrinterStatus(Condition.PRINTING, OURS, remaining_s=13 * 3600.0),
            "left prints #40 until about 4 May 01:00 UTC.",
        ),
        (40, PrinterStatus(Condition.PAUSED, OURS, remaining_s=60.0), "left has paused #40."),
        (
            None,
            PrinterStatus(Condition.BUSY, trouble="the printer updates its firmware."),
            "left is busy: the printer updates its firmware.",
        ),
        (None, PrinterStatus(Condition.BUSY), "left is busy with something else."),
        (None, PrinterStatus(Condition.PRINTING), "left is busy with something else."),
        (None, PrinterStatus(Condition.PAUSED), "left is busy with something else."),
    ],
)
def test_a_printer_at_work_says_with_what(
    job: int | None, status: PrinterStatus, sentence: str
) -> None:
    assert shown(NEEDS, offer(job=job, status=status)) == ("busy", sentence)


def test_a_printer_never_heard_of_is_offline() -> None:
    reason = why_not(NEEDS, offer(condition=None))
    assert reason is not None
    assert reason.code == "offline"


@pytest.mark.parametrize("code", ALONE)
def test_what_stops_a_printer_from_every_job_asks_for_none(code: str) -> None:
    _, given, sentence = ALONE[code]
    reason = why_stopped(given)
    of_the_job = {
        "wrong_printer",
        "wrong_kind",
        "wrong_material",
        "reconfirm",
        "too_little_filament",
    }
    if code in of_the_job | NEVER | TOGETHER.keys() - {"bed_unknown"}:
        assert reason is None
    else:
        assert reason is not None
        assert reason.problem == sentence.replace("3600.0", "None")


# Several printers.


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
    hall = Hall([offer("a", bed=OCCUPIED), offer("b"), offer("c")])
    assert hall.free(NEEDS) == hall.best(NEEDS) == hall.offers[1]


MENDABLE = [
    code for code in ORDER if code not in NEVER | {"wrong_printer", "reconfirm"}
]  # of the printer


@pytest.mark.parametrize(("farther", "nearer"), [*pairwise(MENDABLE)])
def test_the_nearest_printer_is_the_one_with_the_least_in_its_way(
    nearer: str, farther: str
) -> None:
    hall = Hall([ALONE[farther][1], ALONE[nearer][1]])
    assert hall.best(NEEDS) == hall.offers[1]
    waiting = hall.why_waiting(NEEDS)
    assert waiting is not None
    assert waiting.code == nearer


def test_a_printer_that_can_never_take_it_is_not_the_best() -> None:
    assert Hall([offer(machine=SMALL, bed=OCCUPIED)]).best(NEEDS) is None


def test_what_is_too_large_for_the_only_printer_it_may_go_to_is_said() -> None:
    needs = replace(NEEDS, only_on=frozenset({"small"}))
    printers = [offer("large"), offer("small", machine=SMALL)]
    hall = Hall(printers)
    said = "80.0 x 60.0 x 12.0 mm does not fit 50.0 x 210.0 x 250.0 mm of small."
    reason, never = hall.why_waiting(needs), why_never(needs, printers)
    assert (reason, hall.best(needs)) == (never, None)
    assert reason is not None
    assert (reason.code, reason.problem) == ("too_large", said)
    gone = hall.why_waiting(replace(NEEDS, only_on=frozenset({"gone"})))
    assert gone is not None
    assert gone.code == "wrong_printer"


def test_what_is_too_large_for_all_is_said_whatever_else_is_in_the_way() -> None:
    offers = [offer("a", out="new nozzle", machine=SMALL), offer("b", machine=SMALL)]
    for reason in (Hall(offers).why_waiting(NEEDS), why_never(NEEDS, offers)):
        assert reason is not None
        assert reason.problem == (
            "80.0 x 60.0 x 12.0 mm does not fit 50.0 x 210.0 x 250.0 mm of a."
        )


def test_without_a_printer_the_configuration_is_named() -> None:
    hall = Hall([])
    reason = hall.why_waiting(NEEDS)
    assert reason is not None
    assert (reason.code, reason.action) == ("no_printer", "Name one under `printers:`.")
    assert (hall.free(NEEDS), hall.best(NEEDS), why_never(NEEDS, [])) == (None, None, None)
