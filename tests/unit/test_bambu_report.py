"""What a Bambu printer says of itself, in the words of every model."""

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from printd.core.spools import Tray
from printd.printers.bambu.errors import (
    LOCKED_HMS,
    TROUBLES,
    Meaning,
    code_of,
    hms_of,
    trouble_of,
)
from printd.printers.bambu.report import Heat, Nozzle, Phase, Snapshot, version_of
from tests.peers.bambu_states import H2D, P1S, p1s


def test_a_p1s_at_rest() -> None:
    found = p1s()
    assert dataclasses.asdict(found) == {
        "phase": Phase.FINISH,
        "subtask_id": "11",
        "task_id": "11",
        "project_id": "11",
        "job_id": "",
        "subtask_name": "cube",
        "gcode_file": "cube.gcode.3mf",
        "print_error": 0,
        "fail_reason": 0,
        "hms": (),
        "percent": 100.0,
        "remaining_s": 0.0,
        "layer": 52,
        "layers": 52,
        "stage": 255,
        "speed_level": None,
        "nozzle": Heat(31.5, 0.0),
        "bed": Heat(28.25, 0.0),
        "chamber_c": None,  # 5 degrees: it has no sensor
        "nozzles": (Nozzle(0.4, "stainless_steel"),),
        "spools": dataclasses.asdict(found.spools),
        "has_card": True,
        "is_card_abnormal": False,
        "upgrade": "IDLE",
        "is_locked": None,
    }


def test_an_h2d_that_prints() -> None:
    found = Snapshot.of(H2D)
    assert found.is_active
    assert found.nozzle == Heat(264.0, 225.0)  # of the two, the one that works
    assert [nozzle.kind for nozzle in found.nozzles] == ["HS01", "HH01"]
    assert found.chamber_c == 49.0
    assert found.is_locked is True
    assert found.has_card is True  # by its flags, which are signed


def test_with_one_nozzle_the_plain_fields_count() -> None:
    packed = {"extruder": {"info": [{"id": 0, "temp": 14745864}]}}
    assert p1s(device=packed).nozzle == Heat(31.5, 0.0)


@pytest.mark.parametrize(("fun", "locked"), [("3EC1AFFF9CFF", True), ("3EC18FFF9CFF", False)])
def test_developer_mode_is_read(fun: str, *, locked: bool) -> None:
    assert p1s(fun=fun).is_locked is locked


def test_the_complaint_about_signatures_says_it_too() -> None:
    assert p1s(hms=[{"attr": 0x0500_0500, "code": 0x0001_0007}]).is_locked is True


@pytest.mark.parametrize(
    ("said", "phase"),
    [
        *[(phase.value, phase) for phase in Phase],
        ("running", Phase.RUNNING),
        ("", Phase.UNKNOWN),
        ("LATER", Phase.UNKNOWN),
        (None, Phase.UNKNOWN),
        (7, Phase.UNKNOWN),
    ],
)
def test_phases(said: object, phase: Phase) -> None:
    assert p1s(gcode_state=said).phase is phase


@pytest.mark.parametrize(
    ("number", "phase"),
    [(0, Phase.IDLE), (4, Phase.RUNNING), (6, Phase.FINISH), (7, Phase.FAILED), (3, Phase.UNKNOWN)],
)
def test_newer_models_number_their_phases(number: int, phase: Phase) -> None:
    assert Snapshot.of({"state": number}).phase is phase


@pytest.mark.parametrize(
    ("fields", "key", "value"),
    [
        ({"mc_percent": "41"}, "percent", 41.0),
        ({"mc_percent": 250}, "percent", 100.0),
        ({"mc_percent": "much"}, "percent", None),
        ({"mc_remaining_time": "3"}, "remaining_s", 180.0),
        ({"mc_remaining_time": -1}, "remaining_s", None),
        ({"layer_num": "12"}, "layer", 12),
        ({"total_layer_num": 0}, "layers", None),
        ({"subtask_id": 41975302}, "subtask_id", "41975302"),
        ({"subtask_id": "0"}, "subtask_id", ""),
        ({"subtask_name": "a\ud800\x07b"}, "subtask_name", "a\ufffd\ufffdb"),
        ({"print_error": "83902467"}, "print_error", 83902467),
        ({"print_error": None, "mc_print_error_code": "83902467"}, "print_error", 83902467),
        ({"sdcard": "HAS_SDCARD_NORMAL"}, "has_card", True),
        ({"sdcard": "HAS_SDCARD_ABNORMAL", "home_flag": 0x300}, "is_card_abnormal", True),
        ({"sdcard": None, "home_flag": 0}, "has_card", False),
        ({"upgrade_state": []}, "upgrade", ""),
        ({"hms": {"attr": 1}}, "hms", ()),
        ({"nozzle_temper": float("nan")}, "nozzle", Heat(None, 0.0)),
        ({"nozzle_temper": 10**400}, "nozzle", Heat(None, 0.0)),
        ({"nozzle_temper": True}, "nozzle", Heat(None, 0.0)),
        ({"layer_num": "9" * 5000}, "layer", None),
    ],
)
def test_types_drift(fields: dict[str, Any], key: str, value: object) -> None:
    assert getattr(p1s(**fields), key) == value


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(sorted(P1S | H2D)), st.integers() | st.floats() | st.text()))
def test_a_bad_field_never_fails(fields: dict[str, Any]) -> None:
    p1s(**fields)


def test_nothing_said_is_nothing_known() -> None:
    found = Snapshot.of({})
    assert found.phase is Phase.UNKNOWN
    assert not found.is_active
    assert found.trouble is None


def test_the_version() -> None:
    modules = [
        {"name": "ota", "sw_ver": "01.08.02.00", "product_name": "Bambu Lab P1S"},
        {"name": "ams/0", "sw_ver": "00.00.06.49"},
    ]
    answer = {"info": {"command": "get_version", "module": modules}}
    assert version_of(answer) == ("01.08.02.00", "Bambu Lab P1S", ("ams/0",))
    assert version_of({"info": {"command": "get_version", "module": "?"}}) is None
    assert version_of({"print": {}}) is None


# Trays.


def test_trays() -> None:
    white, red, empty, black = p1s().spools.trays
    assert white == Tray(0, 0, 0, "PLA", "FFFFFF", "GFA00", 0.82, is_there=True)
    assert (red.material, red.colour, red.remain) == ("PETG", "DE4343", None)
    assert not empty.is_there
    assert black.remain is None  # it has no chip
    assert str(red) == "tray 2 of AMS 1: red PETG"
    assert str(empty) == "tray 3 of AMS 1: empty"


def test_grams_are_known_of_spools_that_tell_their_share_and_their_weight() -> None:
    first, *others = P1S["ams"]["ams"][0]["tray"]
    for weight, left_g in (("1000", 820.0), ("250", 205.0), ("0", None), ("?", None)):
        trays = [{**first, "tray_weight": weight}, *others]
        white = p1s(ams={**P1S["ams"], "ams": [{"id": "0", "tray": trays}]}).spools.trays[0]
        assert white.left_g == left_g


def test_a_spool_that_was_taken_out_is_told_by_its_bit() -> None:
    spools = p1s(ams={**P1S["ams"], "tray_exist_bits": "a"}).spools
    assert [tray.is_there for tray in spools.trays] == [False, True, False, True]


def test_what_is_left_is_only_known_when_the_printer_keeps_count() -> None:
    assert p1s(home_flag=0x107).spools.trays[0].remain is None


def test_single_trays_and_spools_outside() -> None:
    spools = Snapshot.of(H2D).spools
    assert [(tray.number, tray.unit, tray.slot) for tray in spools.trays] == [
        (7, 1, 3),
        (128, 128, 0),
    ]
    assert (spools.now, spools.wanted, spools.units) == (7, 128, 2)
    assert [(tray.number, tray.material) for tray in spools.external] == [(254, ""), (255, "TPU")]
    assert spools.trays[1].place == "AMS HT 1"


@pytest.mark.parametrize(
    "ams",
    [
        None,
        {"ams": None},
        {"ams": [None, {"id": "x"}, {"id": "0", "tray": {"id": "0"}}]},
        {"ams": [{"id": "0", "tray": [{"id": "9"}, {"id": None}, {}]}]},
        {"ams": [{"id": "99999", "tray": [{"id": "0"}]}], "tray_exist_bits": "zz"},
    ],
)
def test_wild_trays_are_left_out(ams: object) -> None:
    assert p1s(ams=ams).spools.trays == ()


# Errors.


@pytest.mark.parametrize(
    ("number", "code", "meaning"),
    [
        (50348044, "0300_400C", Meaning.CANCELLED),
        (83902478, "0500_400E", Meaning.CANCELLED),
        (83902466, "0500_4002", Meaning.REFUSED),
        (83902467, "0500_4003", Meaning.REFUSED),
        (83902468, "0500_4004", Meaning.BUSY),
        (83902469, "0500_4005", Meaning.BUSY),
        (83902471, "0500_4007", Meaning.REFUSED),
        (83902512, "0500_4030", Meaning.REFUSED),
        (83902470, "0500_4006", Meaning.REFUSED),
        (83902485, "0500_4015", Meaning.REFUSED),
        (83902472, "0500_4008", Meaning.STOPS),
        (83902474, "0500_400A", Meaning.REFUSED),
        (83902476, "0500_400C", Meaning.REFUSED),
        (83902486, "0500_4016", Meaning.REFUSED),
        (83935248, "0500_C010", Meaning.REFUSED),
        (83902519, "0500_4037", Meaning.REFUSED),
        (83902520, "0500_4038", Meaning.REFUSED),
        (83902524, "0500_403C", Meaning.REFUSED),
        (83918867, "0500_8013", Meaning.STOPS),
        (83918929, "0500_8051", Meaning.PAUSES),
        (83918945, "0500_8061", Meaning.PAUSES),
        (117473298, "0700_8012", Meaning.PAUSES),
        (134184978, "07FF_8012", Meaning.PAUSES),
        (50364417, "0300_8001", Meaning.PAUSES),
        (50364420, "0300_8004", Meaning.PAUSES),
        (117473297, "0700_8011", Meaning.PAUSES),
        (134184977, "07FF_8011", Meaning.PAUSES),
        (84033543, "0502_4007", Meaning.LOCKED),
        (84033545, "0502_4009", Meaning.LOCKED),
        # Not in the table: told by their range.
        (0x0300_4FFF, "0300_4FFF", Meaning.STOPS),
        (0x0300_8FFF, "0300_8FFF", Meaning.PAUSES),
        (0x0300_CFFF, "0300_CFFF", Meaning.ASKS),
    ],
)
def test_print_errors(number: int, code: str, meaning: Meaning) -> None:
    found = trouble_of(number)
    assert found is not None
    assert (found.code, found.meaning, code_of(number)) == (code, meaning, code)
    assert found.problem
    assert found.action.endswith(".")


@pytest.mark.parametrize("number", [None, 0, 0x0300_0001, 0x0500_3FFF])
def test_a_phase_is_no_error(number: int | None) -> None:
    assert trouble_of(number) is None


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=lambda trouble: trouble.code)
def test_every_trouble_can_be_told(trouble: Any) -> None:
    assert str(trouble) == f"{trouble.problem} ({trouble.code})"
    assert not trouble.problem.endswith(".")
    assert trouble.action[0].isupper()


def test_hms_keeps_all_its_digits() -> None:
    (locked, other) = hms_of(
        [{"attr": 0x0500_0500, "code": 0x0001_0007}, {"attr": "117440512", "code": 131073}, {}, 3]
    )
    assert locked.code == LOCKED_HMS
    assert locked.trouble.meaning is Meaning.LOCKED
    assert (other.code, other.severity, other.module) == ("0700_0000_0002_0001", 2, 7)
    assert str(other.trouble) == "the printer reports on the AMS (0700_0000_0002_0001)"


def test_the_worst_complaint_is_told_first() -> None:
    hms = [{"attr": 0x0700_0000, "code": 0x0002_0001}, {"attr": 0x0300_0000, "code": 0x0001_0001}]
    worst = p1s(hms=hms).trouble
    assert worst is not None
    assert worst.code == "0300_0000_0001_0001"
    assert p1s(hms=hms[:0]).trouble is None
    assert p1s(hms=[{"attr": 0x0300_0000, "code": 0x0004_0001}]).trouble is None  # for information


@pytest.mark.parametrize(
    ("fields", "cancelled"),
    [
        ({"print_error": 50348044}, True),
        ({"fail_reason": "50348044"}, True),
        ({"print_error": 83902467}, False),
        ({}, False),
    ],
)
def test_a_cancel_is_told(fields: dict[str, Any], *, cancelled: bool) -> None:
    assert p1s(**fields).was_cancelled is cancelled
