"""Jobs and printers brought together: what a job needs, what printers offer, whose turn it is."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from printd.core.board import Condition, PrinterStatus
from printd.core.clock import to_text, utc_now
from printd.core.config import Config
from printd.core.errors import HeldByPerson
from printd.core.filaments import Filament
from printd.core.fleet import Fleet
from printd.core.given import KEY, Given
from printd.core.jobs import Job, State
from printd.core.machine import Machine
from printd.core.matching import House, Offer, PrinterClass, why_not
from printd.core.pausing import Pausing
from printd.core.shop import house_of, needs_of, offers_of, why_not_there, why_they_wait
from printd.core.standing import standing_of
from printd.core.store import Store
from printd.core.wallclock import WallClock
from tests.peers.floor import Floor
from tests.peers.stores import clear_bed, new_job

S = State
NOW = utc_now()
DAY = timedelta(days=1)
MACHINE = Machine("generic", "marlin", 220, 220, 250, 0.4, 285, 110)
GCODE = {
    "profile": "generic",
    "material": "PETG",
    "filament_g": 12.5,
    "print_time_s": 3600.0,
    "sha256": "",
    "bytes": 1,
    "verdict": {},
}


def job(state: State = S.SLICED, *, settings: Any = None, **facts: Any) -> Job:
    plain = {"material": "PLA", "print": {"quality": "fine"}}
    known = {"model": {"size_mm": [80, 60, 12]}, "gcode": GCODE}
    return Job(
        41,
        "id41",
        state,
        "cat.jpg",
        "default",
        plain if settings is None else settings,
        "",
        NOW - 2 * DAY,
        NOW,
        facts={**known, **facts},
    )


# What a job needs.


def test_a_sliced_photo_needs_its_class_its_material_and_its_time() -> None:
    needs = needs_of(job(settings={"material": "PLA", "colour": "white", "print": {"brim_mm": 3}}))
    assert (needs.profile, needs.material, needs.colour) == ("generic", "PLA", "FFFFFF")
    assert (needs.size_mm, needs.brim_mm, needs.copies) == ((80, 60, 12), 3.0, 1)
    assert (needs.filament_g, needs.lasting_s) == (12.5, 3600.0)
    assert needs.endings == {".gcode"}


def test_what_an_earlier_slice_was_for_binds_no_job_that_is_to_be_sliced_again() -> None:
    needs = needs_of(job(S.PRINTABLE))
    assert (needs.profile, needs.endings, needs.lasting_s) == (None, frozenset(), None)


def test_a_recipe_for_any_material_stays_one_when_it_is_sliced() -> None:
    # So it is sliced anew, when something else is loaded by then, and does not wait.
    assert needs_of(job(settings={"material": ""})).material == ""


def test_a_container_around_a_slice_may_be_sent_instead() -> None:
    packed = {**GCODE, "packed": {"file": "print.gcode.3mf"}}
    assert needs_of(job(gcode=packed)).endings == {".gcode", ".gcode.3mf"}
    resin = {**GCODE, "file": "print.sl1"}
    assert needs_of(job(gcode=resin)).endings == {".sl1"}


def test_a_file_that_a_person_sliced_names_its_filaments() -> None:
    used = Filament("PLA", "FFFFFF", 3.0)
    gcode = {**GCODE, "filaments": [[2, asdict(used)]]}
    needs = needs_of(job(settings={KEY: Given.CONTAINER}, gcode=gcode))
    assert needs.filaments == ((2, used),)
    assert (needs.asks, needs_of(job()).asks) == ("The file asks", "The recipe asks")
    assert needs.endings == {".gcode.3mf"}


def test_a_persons_last_word_counts_from_when_it_was_given() -> None:
    old = job()
    assert needs_of(old).confirmed_at == old.created_at
    assert needs_of(replace(old, confirmed_at=NOW)).confirmed_at == NOW


def test_what_a_person_allows_only_some_printers_is_kept() -> None:
    assert needs_of(replace(job(), wanted_printer="right")).only_on == {"right"}
    assert needs_of(job(waived=["closed_hours"])).waived == {"closed_hours"}


# What the house and the printers offer.


def offers(store: Store, now: datetime = NOW, **config: Any) -> dict[str, Offer]:
    found = offers_of(
        Config.model_validate(
            {
                "data_dir": str(store.database.path.parent),
                "limits": {"free_mb": 0, "free_pct": 0, **config.pop("limits", {})},
                "printers": {
                    "left": {"kind": "virtual", **config.pop("left", {})},
                    "right": {"kind": "virtual", **config.pop("right", {})},
                },
                **config,
            }
        ),
        Fleet(store.database),
        dict.fromkeys(("left", "right"), PrinterClass("generic", MACHINE)),
        now,
        DAY,
    )
    return {offer.name: offer for offer in found}


def test_a_printer_offers_what_the_configuration_says_of_it(store: Store) -> None:
    left = offers(store, left={"colour": "white", "circuit": "wall"})["left"]
    assert (left.colour, left.circuit, [*left.takes]) == ("FFFFFF", "wall", [".gcode"])
    assert left.starts_left is None
    assert left.house.confirmed_for == DAY


def test_a_queue_that_is_paused_stops_every_printer(store: Store) -> None:
    Pausing(store.database).pause(by="ana", note="holiday")
    house = offers(store)["left"].house
    assert house.paused is not None
    assert house.paused.problem.startswith("The queue is paused by ana since")


def test_a_full_disk_stops_every_printer(store: Store, tmp_path: Path) -> None:
    limits = {"free_pct": 99.9}
    house = house_of(
        Config.model_validate({"data_dir": str(tmp_path), "limits": limits}), store.database, NOW
    )
    assert house.no_room is not None
    assert house.no_room.code == "disk_full"


def test_closed_doors_are_those_of_the_printer(store: Store) -> None:
    never = {"zone": "UTC", "days": {"mon": "00:00-00:01"}}
    at = datetime.fromisoformat("2026-05-06T12:00:00+00:00")  # a Wednesday
    found = offers(store, at, left={"opening_hours": never})
    assert [offer.doors is not None and offer.doors.may_start() for offer in found.values()] == [
        False,
        True,
    ]


def test_while_the_clock_is_odd_what_has_hours_stays_closed(store: Store) -> None:
    clock = WallClock(store.database, NOW, 1000.0)
    clock.note(NOW - DAY, 1000.0)
    found = offers(store, left={"opening_hours": {"days": {"daily": "01:00-23:00"}}})
    doors = [offer.doors for offer in found.values()]
    assert [one is not None and one.may_start() for one in doors] == [False, True]
    clock.note(NOW, 1000.0)
    assert found["left"].doors != offers(store)["left"].doors


def started(store: Store, printer: str, at: datetime) -> None:
    with store.database.write() as connection:
        connection.execute(
            "UPDATE printer SET started_at = ? WHERE name = ?", (to_text(at), printer)
        )


@pytest.mark.parametrize(
    ("circuits", "minutes_ago", "left"),
    [
        (("wall", "wall"), 4, 0),
        (("wall", "wall"), 6, 1),
        (("wall", "desk"), 4, 1),
        (("", ""), 4, 0),  # nobody has said otherwise: one circuit
    ],
)
def test_printers_of_a_circuit_do_not_heat_up_together(
    store: Store, circuits: tuple[str, str], minutes_ago: float, left: int
) -> None:
    started(store, "right", NOW - timedelta(minutes=minutes_ago))
    found = offers(
        store,
        limits={"stagger": 1},
        left={"circuit": circuits[0]},
        right={"circuit": circuits[1]},
    )
    assert found["left"].starts_left == left
    assert found["right"].starts_left == 1  # its own start is not another's


# On a floor.


def test_a_start_is_noted_for_its_circuit(floor: Floor) -> None:
    floor.job_in(S.PRINTING)
    at = floor.fleet.get("left").started_at
    assert at is not None
    assert utc_now() - at < timedelta(minutes=1)
    assert floor.fleet.get("right").started_at is None


def test_a_job_on_its_way_to_a_printer_counts_as_one_that_heats_up(floor: Floor) -> None:
    floor.job_in(S.ASSIGNED)
    assert [floor.fleet.get(name).is_starting for name in ("left", "right")] == [True, False]


def test_an_old_job_is_started_when_a_person_says_that_it_is_wanted(floor: Floor) -> None:
    old = floor.job_in(S.SLICED)
    clear_bed(floor.store)
    house = House(now=utc_now() + 2 * DAY, confirmed_for=DAY)
    (left, _) = floor.offers()
    reason = why_not(needs_of(old), replace(left, house=house))
    assert reason is not None
    assert (reason.code, reason.action.split("`")[1]) == ("reconfirm", "printd release 1")
    wanted = floor.store.confirm(old, who="ann")
    house = replace(house, now=utc_now() + DAY / 2)
    assert why_not(needs_of(wanted), replace(left, house=house)) is None
    assert floor.store.events(old.number)[-1].kind == "job.confirmed"


def test_all_who_wait_are_told_about_each_other(floor: Floor) -> None:
    jobs = [floor.job_in(S.SLICED, number) for number in (1, 2, 3)]
    clear_bed(floor.store, "right")
    reasons = why_they_wait(jobs, floor.offers(), utc_now())
    assert set(reasons) == {2, 3}  # it is the turn of the first
    assert reasons[2].problem == "right is about to print #1, whose turn it is."


@pytest.mark.parametrize(
    ("left_s", "words"),
    [
        (600.0, "about 10 min left"),
        (59 * 60.0, "about 59 min left"),
        (60 * 60.0, "about 1 h left"),
        (136 * 60.0, "about 2 h 15 min left"),
        (20.0, "nearly done"),
    ],
)
def test_what_prints_and_what_is_held_have_words_of_their_own(
    floor: Floor, left_s: float, words: str
) -> None:
    printing = floor.job_in(S.PRINTING)
    status = PrinterStatus(Condition.PRINTING, printing.print_name, 0.5, 3, 9, left_s)
    floor.fleet.saw("left", status, utc_now())
    reasons = why_they_wait([printing], floor.offers(), utc_now())
    assert reasons[printing.number].problem == f"Layer 3 of 9, {words}."


# Why a printer stands still.


def said_of(floor: Floor, jobs: list[Job], printer: str = "left") -> str | None:
    why = standing_of(jobs, floor.offers(), utc_now()).printers.get(printer)
    return why.problem if why else None


def test_an_idle_printer_says_what_it_waits_for(floor: Floor) -> None:
    assert "whether the bed of left is clear" in (said_of(floor, []) or "")
    for name in ("left", "right"):
        clear_bed(floor.store, name)

    assert said_of(floor, []) == "Nothing waits."
    meshed = floor.job_in(S.MESHED, 1)
    assert said_of(floor, [meshed]) == "Nothing is ready to be printed yet: #1 checking the mesh."
    held = [floor.store.stop(floor.job_in(S.MESHED, n), S.HELD, HeldByPerson("x")) for n in (2, 3)]
    assert said_of(floor, held[:1]) == "Nothing waits; #2 needs a person."
    assert said_of(floor, held) == "Nothing waits; #2 and 1 more need a person."


def test_an_idle_printer_that_no_job_suits_says_why_the_first_in_line_is_not_for_it(
    floor: Floor,
) -> None:
    floor.fleet.out_of_service("right", "nozzle", who="ann")
    clear_bed(floor.store)
    waiting = [floor.job_in(S.SLICED, number) for number in (1, 2)]
    wants = {**waiting[0].settings, "material": "PETG"}
    waiting[0] = replace(waiting[0], settings=wants, wanted_printer="left", revision=99)

    assert said_of(floor, waiting) == "#2 is next on left."
    assert said_of(floor, waiting, "right") == "right is out of service: nozzle."
    found = standing_of(waiting[:1], floor.offers(), utc_now())
    assert found.idle["left"].code == "wrong_material"
    assert found.idle["left"].problem == (
        "#1 waits: The recipe asks for PETG; left has PLA loaded."
    )
    assert found.idle["left"].problem.endswith(found.jobs[1].problem)
    assert [*found.stops] == ["right"]


def test_an_idle_printer_names_the_job_that_is_nearest_to_suiting_it(floor: Floor) -> None:
    clear_bed(floor.store)
    elsewhere, petg, red = (floor.job_in(S.SLICED, number) for number in (1, 2, 3))
    elsewhere = replace(elsewhere, wanted_printer="right", revision=99)
    petg = replace(petg, settings={**petg.settings, "material": "PETG"}, revision=99)
    red = replace(red, settings={**red.settings, "material": "ABS"}, revision=99)

    found = standing_of([elsewhere, red, petg], floor.offers(), utc_now()).idle["left"]
    assert found.problem == (
        "3 jobs wait, and none suits left. "
        "Nearest is #2: The recipe asks for PETG; left has PLA loaded."
    )
    assert "printd printers load left --material PETG" in found.action
    others = [elsewhere, replace(elsewhere, number=4)]
    assert said_of(floor, others) == (
        "2 jobs wait, and none suits left. Nearest: #1 may only be printed on right."
    )
    assert said_of(floor, [elsewhere]) == "#1 may only be printed on right."


def test_a_printer_at_work_stands_not_still(floor: Floor) -> None:
    printing = floor.job_in(S.PRINTING)
    clear_bed(floor.store, "right")
    assert said_of(floor, [printing]) is None
    assert said_of(floor, [printing], "right") == "Nothing waits."


def test_an_idle_printer_knows_of_jobs_that_others_take(floor: Floor) -> None:
    for name in ("left", "right"):
        clear_bed(floor.store, name)
    waiting = floor.job_in(S.SLICED)
    assert said_of(floor, [waiting]) == "#1 is next on left."
    assert said_of(floor, [waiting], "right") == "Nothing else waits."


# The line.


def test_a_turn_is_taken_once(floor: Floor) -> None:
    first, second = (floor.job_in(S.SLICED, number) for number in (1, 2))
    clear_bed(floor.store)
    line = floor.tools.line
    assert line.look() == {1}
    assert line.take(second).printer is None
    assert line.take(first).printer == "left"


def test_a_job_is_kept_until_its_revision_is_another(floor: Floor) -> None:
    waiting = floor.job_in(S.SLICED)
    clear_bed(floor.store, "right")
    line = floor.tools.line
    assert line.look() == {1}
    with floor.store.database.write() as connection:
        connection.execute("UPDATE job SET wanted_printer = 'left', revision = revision + 1")
    assert line.look() == frozenset()
    assert line.take(floor.store.job(waiting.number)).printer is None


def test_a_job_is_sliced_again_when_its_class_is_out_of_service(floor: Floor) -> None:
    waiting = floor.job_in(S.SLICED)
    profiles = floor.tools.profiles
    floor.tools = replace(
        floor.tools, profiles={**profiles, "right": replace(profiles["right"], name="other")}
    )
    assert floor.step(waiting).state is S.SLICED
    floor.fleet.out_of_service("left", "broken", who="ann")
    offers = [replace(one, profile=floor.tools.profiles[one.name].name) for one in floor.offers()]
    assert why_they_wait([waiting], offers, utc_now())[1].problem == (
        "It is made ready anew: no printer of generic is in service and in reach; right is."
    )
    assert floor.step(waiting).state is S.PRINTABLE


def test_gcode_of_a_person_stays_what_it_was_judged_for(floor: Floor) -> None:
    waiting = floor.job_in(S.SLICED)
    facts = floor.store.job(waiting.number).facts
    floor.store.cancelled(waiting, "x", who="ann")
    given = floor.store.accept(new_job(2, settings={KEY: Given.GCODE}, facts=facts, state=S.SLICED))
    profiles = floor.tools.profiles
    floor.tools = replace(
        floor.tools, profiles={**profiles, "right": replace(profiles["right"], name="other")}
    )
    floor.fleet.out_of_service("left", "broken", who="ann")
    assert floor.step(given).state is S.SLICED


# The rest of the printers.


def test_each_printer_that_does_not_take_a_job_says_why(floor: Floor) -> None:
    job = floor.job_in(State.SLICED)
    floor.look()
    assert {name: why.code for name, why in why_not_there(job, floor.offers()).items()} == {
        "left": "bed_unknown",
        "right": "bed_unknown",
    }
    clear_bed(floor.store, "left")
    (only,) = why_not_there(job, floor.offers()).items()
    assert only[0] == "right"
    assert why_not_there(floor.job_in(State.MESHED, 2), floor.offers()) == {}
