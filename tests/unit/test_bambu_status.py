"""What the board shows of a Bambu printer, and what stands between it and a print."""

from typing import Any

import pytest

from printd.core.board import STARTABLE, Condition, Evidence
from printd.printers.bambu.errors import DEVELOPER_MODE
from printd.printers.bambu.report import Phase, Snapshot
from printd.printers.bambu.status import action_of, status_of, why_not_ready
from tests.peers.bambu_states import H2D, p1s

OURS = "pd-41-1-abcdefgh-cat"
RUNS = {"gcode_state": "RUNNING", "mc_percent": 40, "layer_num": 20, "mc_remaining_time": 3}


@pytest.mark.parametrize(
    ("phase", "name", "ended", "condition"),
    [
        # A stranger's print, or none.
        ("IDLE", None, None, Condition.IDLE),
        ("FINISH", None, None, Condition.FINISHED),
        ("FAILED", None, None, Condition.FAILED),
        ("PREPARE", None, None, Condition.BUSY),
        ("SLICING", None, None, Condition.BUSY),
        ("RUNNING", None, None, Condition.BUSY),
        ("PAUSE", None, None, Condition.BUSY),
        ("INIT", None, None, Condition.BUSY),
        ("UNKNOWN", None, None, Condition.BUSY),
        ("LATER", None, None, Condition.BUSY),
        ("OFFLINE", None, None, Condition.OFFLINE),
        # Ours.
        ("PREPARE", OURS, None, Condition.PRINTING),
        ("SLICING", OURS, None, Condition.PRINTING),
        ("RUNNING", OURS, None, Condition.PRINTING),
        ("PAUSE", OURS, None, Condition.PAUSED),
        # Ours, and nobody knows yet how it has ended, or that it has begun.
        ("FINISH", OURS, None, Condition.BUSY),
        ("FAILED", OURS, None, Condition.BUSY),
        ("IDLE", OURS, None, Condition.BUSY),
        # Ours, and it has ended.
        ("FINISH", OURS, Evidence.FINISHED, Condition.FINISHED),
        ("FAILED", OURS, Evidence.FAILED, Condition.FAILED),
        ("FAILED", OURS, Evidence.CANCELLED, Condition.CANCELLED),
        ("IDLE", OURS, Evidence.FINISHED, Condition.IDLE),
        ("FINISH", OURS, Evidence.NOT_STARTED, Condition.FINISHED),
        ("IDLE", OURS, Evidence.NOT_STARTED, Condition.IDLE),
    ],
)
def test_conditions(
    phase: str, name: str | None, ended: Evidence | None, condition: Condition
) -> None:
    assert status_of(p1s(gcode_state=phase), print_name=name, ended=ended).condition is condition


def test_a_print_of_ours_is_shown_whole() -> None:
    shown = status_of(p1s(**RUNS, nozzle_temper=219.5), print_name=OURS)
    assert (shown.print_name, shown.progress, shown.layer, shown.layers) == (OURS, 0.4, 20, 52)
    assert (shown.remaining_s, shown.nozzle_c, shown.bed_c) == (180.0, 219.5, 28.25)
    assert shown.nozzle_target_c is not None
    assert shown.trouble is None


def test_a_strangers_print_shows_nothing_but_its_heat() -> None:
    shown = status_of(p1s(**RUNS))
    assert (shown.print_name, shown.progress, shown.layer) == (None, None, None)
    assert shown.nozzle_c == 31.5


def test_what_is_about_to_begin_has_no_name_yet() -> None:
    assert status_of(p1s(), print_name=OURS).print_name is None


def test_a_finished_print_is_whole() -> None:
    assert status_of(p1s(), print_name=OURS, ended=Evidence.FINISHED).progress == 1.0


@pytest.mark.parametrize(
    ("fields", "progress"),
    [
        ({"gcode_state": "PREPARE", "mc_percent": 100}, 0.0),
        ({"gcode_state": "RUNNING", "mc_percent": 100, "layer_num": 0}, 0.0),
        ({"gcode_state": "RUNNING", "mc_percent": 100, "layer_num": 52}, 1.0),
        ({"gcode_state": "RUNNING", "mc_percent": 100, "layer_num": 1, "total_layer_num": 1}, 1.0),
        ({"gcode_state": "RUNNING", "mc_percent": None}, None),
    ],
)
def test_the_progress_of_the_print_before_is_not_shown(
    fields: dict[str, Any], progress: float | None
) -> None:
    assert status_of(p1s(**fields), print_name=OURS).progress == progress


def test_no_time_is_shown_before_the_printer_knows_it() -> None:
    early = p1s(**{**RUNS, "mc_remaining_time": 0})
    assert status_of(early, print_name=OURS).remaining_s is None


def test_why_it_rests_is_said() -> None:
    runout = p1s(gcode_state="PAUSE", print_error=50364420)
    assert status_of(runout, print_name=OURS).trouble == "the filament has run out (0300_8004)."
    by_stage = p1s(gcode_state="PAUSE", stg_cur=17)
    assert status_of(by_stage, print_name=OURS).trouble == "the front cover fell off."
    assert status_of(p1s(gcode_state="PAUSE"), print_name=OURS).trouble is None


def test_a_stage_at_rest_is_no_trouble() -> None:
    for stage in (-1, 0, 255, 17, None):
        assert status_of(p1s(gcode_state="IDLE", stg_cur=stage)).trouble is None


def test_why_it_failed_is_said() -> None:
    failed = p1s(gcode_state="FAILED", print_error=83902467)
    shown = status_of(failed, print_name=OURS, ended=Evidence.FAILED)
    assert shown.trouble == "the printer cannot read the file (0500_4003)."
    assert "memory card" in action_of(failed)


def test_a_cancel_at_the_display_is_seen() -> None:
    cancelled = p1s(gcode_state="FAILED", print_error=50348044)
    assert status_of(cancelled).condition is Condition.CANCELLED


NOT_READY: list[tuple[str, dict[str, Any], Condition]] = [
    ("developer_mode_off", {"fun": "3EC1AFFF9CFF"}, Condition.OFFLINE),
    (
        "developer_mode_off",
        {"hms": [{"attr": 0x0500_0500, "code": 0x0001_0007}]},
        Condition.OFFLINE,
    ),
    ("printer_upgrading", {"upgrade_state": {"status": "DOWNLOADING"}}, Condition.BUSY),
    ("no_card", {"sdcard": False}, Condition.OFFLINE),
    ("card_abnormal", {"home_flag": 0x307}, Condition.OFFLINE),
    ("wrong_nozzle", {"nozzle_diameter": "0.6"}, Condition.OFFLINE),
]


@pytest.mark.parametrize(("code", "fields", "condition"), NOT_READY)
@pytest.mark.parametrize("phase", ["IDLE", "FINISH", "FAILED"])
def test_nothing_starts_before_a_person_has_mended_it(
    phase: str, code: str, fields: dict[str, Any], condition: Condition
) -> None:
    snapshot = p1s(gcode_state=phase, **fields)
    reason = why_not_ready(snapshot, 0.4)
    assert reason is not None
    assert reason.code == code
    assert reason.action
    shown = status_of(snapshot, nozzle_mm=0.4)
    assert (shown.condition, shown.trouble) == (condition, reason.problem)
    assert shown.condition not in STARTABLE


@pytest.mark.parametrize(("code", "fields", "condition"), NOT_READY)
def test_but_what_runs_is_watched(code: str, fields: dict[str, Any], condition: Condition) -> None:
    assert status_of(p1s(**{**RUNS, **fields}), print_name=OURS).condition is Condition.PRINTING


def test_developer_mode_is_named_with_what_to_do() -> None:
    reason = why_not_ready(p1s(fun="3EC1AFFF9CFF"))
    assert reason is not None
    assert reason.action == DEVELOPER_MODE


def test_a_model_with_storage_of_its_own_needs_no_card() -> None:
    assert why_not_ready(p1s(sdcard=False), needs_card=False) is None


def test_one_fitting_nozzle_of_two_is_enough() -> None:
    h2d = Snapshot.of({**H2D, "fun": "3EC18FFF9CFF"})
    assert why_not_ready(h2d, 0.4) is None
    assert why_not_ready(h2d, 0.6) is not None


def test_a_printer_that_says_nothing_is_busy() -> None:
    assert Snapshot.of({}).phase is Phase.UNKNOWN
    assert status_of(Snapshot.of({})).condition is Condition.BUSY


# What is loaded and fitted, and what a person has to put right.


def test_spools_and_nozzles_are_told_with_the_status() -> None:
    shown = status_of(p1s())
    assert shown.spools == p1s().spools
    assert shown.nozzles_mm == (0.4,)
    assert status_of(p1s(nozzle_diameter="0.6000000238")).nozzles_mm == (0.6,)


@pytest.mark.parametrize(
    ("phase", "print_error", "fault"),
    [
        ("IDLE", 0, None),
        ("FAILED", 0x0300_8014, "0300_8014"),
        ("FINISH", 0x0700_C008, "0700_C008"),
        ("FAILED", 0x0300_4000, "0300_4000"),
        ("FAILED", 0x0300_400C, None),  # cancelled
        ("IDLE", 0x0500_4004, None),  # was busy when a start came
        ("IDLE", 0x0500_4003, None),  # did not take a file
        ("IDLE", 0x0300_1234, None),  # a phase
        ("RUNNING", 0x0300_8014, None),  # not at rest: the print's own trouble
    ],
)
def test_a_fault_on_the_display_is_told_while_the_printer_is_at_rest(
    phase: str, print_error: int, fault: str | None
) -> None:
    shown = status_of(p1s(gcode_state=phase, print_error=print_error))
    assert (shown.fault is None) is (fault is None)
    assert fault is None or fault in (shown.fault or "")


def test_a_warning_is_no_fault_and_a_fatal_message_is_one() -> None:
    for severity, is_fault in ((1, True), (2, False), (3, False)):
        hms = [{"attr": 0x0300_0100, "code": severity << 16 | 1}]
        assert (status_of(p1s(hms=hms)).fault is not None) is is_fault
