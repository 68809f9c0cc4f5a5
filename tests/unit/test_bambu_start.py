"""The command that starts a print, as each model takes it; and from which tray it feeds."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printd.core.feeding import EXTERNAL_SPOOL, Feed, Source, feed_for
from printd.core.filaments import (
    COLOURS,
    Filament,
    distance,
    filament_of,
    is_same_colour,
    is_same_material,
    named,
)
from printd.core.jobs import Because
from printd.core.names import print_name
from printd.core.spools import Spools
from printd.printers.bambu.models import MODELS, UNKNOWN, Model, UrlForm, model_of
from printd.printers.bambu.report import Snapshot
from printd.printers.bambu.start_command import (
    LARGEST_ID,
    URLS,
    Start,
    StartOptions,
    fresh_id,
    remote_name,
    remote_path,
    start_command,
    stem_of,
    url_of,
)
from tests.peers.bambu_states import H2D, P1S, p1s

NAME = "pd-41-1-abcdefgh-cat"
BY_PRODUCT = {model.product.removeprefix("Bambu Lab "): model for model in MODELS}
ALL_ON = StartOptions(
    bed_levelling=True,
    flow_calibration=True,
    vibration_calibration=True,
    layer_inspect=True,
    timelapse=True,
)
SPOOLS = p1s().spools  # white PLA, red PETG, empty, black PLA; nothing known outside


def start(model: Model, **fields: Any) -> dict[str, Any]:
    asked = Start(NAME, 41975302, folder=model.folder, url_form=model.url_form, **fields)
    command = start_command(asked, model, 700020)
    assert set(command) == {"print"}
    assert json.loads(json.dumps(command)) == command
    content: dict[str, Any] = command["print"]
    return content


def test_a_start_is_complete() -> None:
    feed = feed_for({1: Filament("PETG")}, SPOOLS)
    assert isinstance(feed, Feed)
    assert start(BY_PRODUCT["X1 Carbon"], feed=feed) == {
        "sequence_id": "700020",
        "command": "project_file",
        "param": "Metadata/plate_1.gcode",
        "url": "ftp:///pd-41-1-abcdefgh-cat.gcode.3mf",
        "file": "pd-41-1-abcdefgh-cat.gcode.3mf",
        "md5": "",
        "subtask_name": "pd-41-1-abcdefgh-cat",
        "project_id": "41975302",
        "profile_id": "0",
        "task_id": "41975302",
        "subtask_id": "41975302",
        "bed_type": "auto",
        "bed_leveling": True,
        "auto_bed_leveling": 1,
        "flow_cali": False,
        "extrude_cali_flag": 0,
        "extrude_cali_manual_mode": 0,
        "nozzle_offset_cali": 0,
        "vibration_cali": False,
        "layer_inspect": False,
        "timelapse": False,
        "use_ams": True,
        "ams_mapping": [1],
        "ams_mapping2": [{"ams_id": 0, "slot_id": 1}],
        "cfg": "0",
    }


@pytest.mark.parametrize(
    ("product", "url"),
    [
        ("X1 Carbon", f"ftp:///{NAME}.gcode.3mf"),
        ("X1", f"ftp:///{NAME}.gcode.3mf"),
        ("X1E", f"ftp:///{NAME}.gcode.3mf"),
        ("P1S", f"ftp:///cache/{NAME}.gcode.3mf"),
        ("P1P", f"ftp:///cache/{NAME}.gcode.3mf"),
        ("A1", f"file:///sdcard/cache/{NAME}.gcode.3mf"),
        ("A1 mini", f"file:///sdcard/cache/{NAME}.gcode.3mf"),
        ("P2S", f"ftp:///{NAME}.gcode.3mf"),
        ("H2S", f"ftp:///{NAME}.gcode.3mf"),
        ("H2D", f"ftp:///{NAME}.gcode.3mf"),
        ("X2D", f"ftp:///{NAME}.gcode.3mf"),
    ],
)
def test_each_model_is_told_where_the_file_lies(product: str, url: str) -> None:
    assert start(BY_PRODUCT[product])["url"] == url


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.product)
def test_every_model_gets_every_field_in_its_kind(model: Model) -> None:
    content = start(model, options=ALL_ON)
    for key in ("bed_leveling", "flow_cali", "vibration_cali", "layer_inspect", "timelapse"):
        assert isinstance(content[key], bool)
    assert isinstance(content["use_ams"], bool)
    assert content["project_id"] == content["task_id"] == content["subtask_id"] == "41975302"


@pytest.mark.parametrize(
    ("product", "left_out"),
    [
        ("X1 Carbon", set()),
        ("P1S", {"flow_cali", "layer_inspect"}),
        ("A1 mini", {"layer_inspect"}),
        ("P2S", {"vibration_cali", "layer_inspect"}),
        ("H2D", {"layer_inspect"}),
    ],
)
def test_a_model_is_not_asked_for_what_it_cannot(product: str, left_out: set[str]) -> None:
    content = start(BY_PRODUCT[product], options=ALL_ON)
    asked = ("bed_leveling", "flow_cali", "vibration_cali", "layer_inspect", "timelapse")
    assert {key for key in asked if not content[key]} == left_out
    assert content["extrude_cali_flag"] == int(content["flow_cali"])


def test_without_options_nothing_is_calibrated() -> None:
    content = start(BY_PRODUCT["X1 Carbon"], options=StartOptions(bed_levelling=False))
    assert (content["bed_leveling"], content["auto_bed_leveling"]) == (False, 0)


@pytest.mark.parametrize("form", URLS)
def test_urls_name_the_file(form: UrlForm) -> None:
    assert url_of("a.gcode.3mf", form).endswith("/a.gcode.3mf")


def test_another_plate_can_be_started() -> None:
    assert start(UNKNOWN, plate=3)["param"] == "Metadata/plate_3.gcode"


# Names and ids.


@given(st.integers(1, 10**12), st.integers(1, 10**6), st.text(max_size=60))
def test_a_remote_name_is_short_plain_and_has_one_ending(
    number: int, attempt: int, name: str
) -> None:
    ours = print_name(number, attempt, name)
    remote = remote_name(ours)
    assert len(remote) <= 64
    assert remote.isascii()
    assert remote.count(".gcode.3mf") == 1
    assert remote == f"{stem_of(ours)}.gcode.3mf"
    assert stem_of(ours).split("-")[:4] == ours.split("-")[:4]  # what makes it unique


@pytest.mark.parametrize(
    ("folder", "path"),
    [("", "a.gcode.3mf"), ("cache", "cache/a.gcode.3mf"), ("/b/c/", "b/c/a.gcode.3mf")],
)
def test_paths(folder: str, path: str) -> None:
    assert remote_path("a", folder) == path


def test_an_id_is_never_used_twice() -> None:
    draws = iter([0, 4, 4, LARGEST_ID - 1])
    used = {1, 5}
    assert fresh_id(used, lambda _: next(draws)) == LARGEST_ID
    assert all(1 <= fresh_id(()) <= LARGEST_ID for _ in range(100))


# Models.


@pytest.mark.parametrize(
    ("said", "product"),
    [
        ({"product": "Bambu Lab P1S"}, "Bambu Lab P1S"),
        ({"product": " bambu lab a1 MINI "}, "Bambu Lab A1 mini"),
        ({"code": "BL-P001"}, "Bambu Lab X1 Carbon"),
        ({"code": "O2D"}, "Bambu Lab H2D Pro"),
        ({"serial": "01P00A123456789"}, "Bambu Lab P1S"),
        ({"serial": "03900A123456789"}, "Bambu Lab A1"),
        ({"product": "Bambu Lab H2C", "serial": "09400A123456789"}, "Bambu Lab H2C"),
        ({"serial": "99900A123456789"}, "Bambu Lab"),
        ({}, "Bambu Lab"),
    ],
)
def test_models_are_known_by_what_is_said(said: dict[str, str], product: str) -> None:
    assert model_of(**said).product == product


def test_no_two_models_share_a_name_a_code_or_a_prefix() -> None:
    assert all(model.code for model in MODELS)
    for key in ("product", "code", "prefix"):
        values = [value for model in MODELS if (value := getattr(model, key))]
        assert len(values) == len(set(values))


# Trays.


@pytest.mark.parametrize(
    ("wanted", "source", "trays"),
    [
        ("PLA", "auto", 0),
        ("white PLA", "auto", 0),
        ("black PLA", "auto", 3),
        ("PETG", "ams", 1),
        ("petg, red", "auto", 1),
        ("", "auto", 0),
        ("black", "auto", 3),
    ],
)
def test_a_tray_is_chosen_by_material_and_colour(wanted: str, source: Source, trays: int) -> None:
    feed = feed_for({1: filament_of(wanted)}, SPOOLS, source)
    assert isinstance(feed, Feed)
    assert [tray.number for tray in feed.trays if tray] == [trays]


def test_what_is_in_the_nozzle_is_taken_first() -> None:
    loaded = p1s(ams={**P1S["ams"], "tray_now": "3"}).spools
    feed = feed_for({1: Filament("PLA")}, loaded)
    assert isinstance(feed, Feed)
    assert feed.trays[0] == loaded.trays[3]


def test_slots_that_are_not_used_stay_empty() -> None:
    feed = feed_for({1: Filament("PETG"), 3: Filament("PLA", "000000")}, SPOOLS)
    assert isinstance(feed, Feed)
    content = start(BY_PRODUCT["P1S"], feed=feed)
    assert content["ams_mapping"] == [1, -1, 3]
    assert content["ams_mapping2"] == [
        {"ams_id": 0, "slot_id": 1},
        {"ams_id": 255, "slot_id": 255},
        {"ams_id": 0, "slot_id": 3},
    ]


def test_a_unit_of_one_tray_has_a_number_of_its_own() -> None:
    feed = feed_for({1: Filament("PA-GF")}, Snapshot.of(H2D).spools)
    assert isinstance(feed, Feed)
    content = start(BY_PRODUCT["H2D"], feed=feed)
    assert content["ams_mapping"] == [128]
    assert content["ams_mapping2"] == [{"ams_id": 128, "slot_id": 0}]


def test_the_spool_outside() -> None:
    content = start(BY_PRODUCT["P1S"], feed=EXTERNAL_SPOOL)
    assert content["use_ams"] is False
    assert content["ams_mapping"] == [-1]
    assert content["ams_mapping2"] == [{"ams_id": 255, "slot_id": 0}]


def outside(material: str, colour: str = "FFFFFFFF") -> dict[str, str]:
    return {"id": "254", "tray_type": material, "tray_color": colour}


NO_AMS: dict[str, Any] = {"ams": [], "tray_now": "254"}
EMPTY = {**P1S["ams"], "tray_exist_bits": "0"}


@pytest.mark.parametrize(
    ("ams", "vt_tray", "wanted", "source", "found"),
    [
        # No AMS: the spool outside, if it can be right.
        (NO_AMS, outside("PLA"), "PLA", "auto", EXTERNAL_SPOOL),
        (NO_AMS, outside("PLA"), "white PLA", "auto", EXTERNAL_SPOOL),
        (NO_AMS, outside(""), "PLA", "auto", EXTERNAL_SPOOL),
        (NO_AMS, outside("PLA", "00000000"), "white PLA", "auto", EXTERNAL_SPOOL),
        (NO_AMS, None, "PLA", "auto", EXTERNAL_SPOOL),
        (NO_AMS, outside("PETG"), "PLA", "auto", "wrong_tray"),
        (NO_AMS, outside("PLA", "000000FF"), "white PLA", "auto", "wrong_tray"),
        (NO_AMS, outside("PLA"), "PLA", "ams", "no_ams"),
        # An AMS without what is asked for.
        (P1S["ams"], outside(""), "ABS", "auto", "wrong_tray"),
        (P1S["ams"], outside(""), "blue PLA", "auto", "wrong_tray"),
        (EMPTY, outside(""), "PLA", "auto", "tray_empty"),
        (EMPTY, outside("PLA"), "PLA", "ams", "tray_empty"),
        # The spool outside helps when it is loaded, or asked for.
        ({**P1S["ams"], "tray_now": "254"}, outside("ABS"), "ABS", "auto", EXTERNAL_SPOOL),
        ({**EMPTY, "tray_now": "254"}, outside(""), "PLA", "auto", EXTERNAL_SPOOL),
        (P1S["ams"], outside("ABS"), "ABS", "auto", "wrong_tray"),
        (P1S["ams"], outside("ABS"), "ABS", "external", EXTERNAL_SPOOL),
        (P1S["ams"], outside("ABS"), "PLA", "external", "wrong_tray"),
    ],
)
def test_the_wrong_tray_is_a_reason_to_wait(
    ams: dict[str, Any], vt_tray: object, wanted: str, source: Source, found: str | Feed
) -> None:
    spools = p1s(ams=ams, vt_tray=vt_tray).spools
    feed = feed_for({1: filament_of(wanted)}, spools, source)
    if isinstance(feed, Because):
        assert feed.code == found
        assert feed.problem.endswith(".")
        assert feed.action.endswith(".")
    else:
        assert feed == found


def test_the_reason_names_what_is_there() -> None:
    reason = feed_for({1: Filament("ABS")}, SPOOLS, printer="lab")
    assert isinstance(reason, Because)
    assert reason.problem == (
        "lab needs ABS, and no tray of its AMS holds it (tray 1 of AMS 1: white PLA; tray 2 of "
        "AMS 1: red PETG; tray 3 of AMS 1: empty; tray 4 of AMS 1: black PLA)."
    )


def test_a_tray_that_holds_too_little_is_taken_last() -> None:
    first, *others = P1S["ams"]["ams"][0]["tray"]
    short = {**first, "tray_weight": "1000"}  # at 82 %
    full = {**first, "id": "2", "remain": 100, "tray_weight": "1000"}
    trays = [short, others[0], full, others[2]]
    spools = p1s(ams={**P1S["ams"], "ams": [{"id": "0", "tray": trays}], "tray_exist_bits": "f"})
    for needed_g, number in ((800.0, 0), (900.0, 2)):
        feed = feed_for({1: Filament("PLA", "FFFFFF", needed_g)}, spools.spools)
        assert isinstance(feed, Feed)
        assert feed.trays[0] == spools.spools.trays[number]
        assert feed.trays[0].left_g == (820.0, 1000.0)[number // 2]


def test_an_empty_spool_is_no_spool() -> None:
    tray = {**P1S["ams"]["ams"][0]["tray"][0], "remain": 0}
    ams = {**P1S["ams"], "ams": [{"id": "0", "tray": [tray]}], "tray_exist_bits": "1"}
    assert isinstance(feed_for({1: Filament("PLA")}, p1s(ams=ams).spools), Because)


def test_several_colours_need_an_ams() -> None:
    reason = feed_for({1: Filament("PLA"), 2: Filament("PETG")}, Spools())
    assert isinstance(reason, Because)
    assert reason.code == "no_ams"


# Words.


@pytest.mark.parametrize(
    ("words", "material", "colour"),
    [
        ("PLA", "PLA", ""),
        ("white-pla", "PLA", "white"),
        ("PLA, white", "PLA", "white"),
        ("Prusament PETG black", "PETG", "black"),
        ("gray PLA-CF", "PLA-CF", "grey"),
        ("PLA Matte", "PLA", ""),
        ("wood", "WOOD", ""),
        ("red", "", "red"),
        ("", "", ""),
    ],
)
def test_what_people_write(words: str, material: str, colour: str) -> None:
    assert filament_of(words) == Filament(material, COLOURS.get(colour, ""))


@pytest.mark.parametrize(
    ("asked", "loaded", "same"),
    [
        ("PLA", "PLA", True),
        ("pla", "PLA", True),
        ("PLA", "PLA-CF", False),
        ("PLA-CF", "PLA", False),
        ("PLA", "PETG", False),
        ("", "PETG", True),
        ("PLA", "", False),
    ],
)
def test_materials(asked: str, loaded: str, *, same: bool) -> None:
    assert is_same_material(asked, loaded) is same


@pytest.mark.parametrize(
    ("asked", "loaded", "same"),
    [
        ("red", "DE4343", True),
        ("white", "F7F3EE", True),
        ("white", "000000", False),
        ("black", "161616", True),
        ("blue", "0A2CA5", True),
        ("blue", "20A040", False),
        ("white", "", False),
    ],
)
def test_colours(asked: str, loaded: str, *, same: bool) -> None:
    assert is_same_colour(COLOURS[asked], loaded) is same


@pytest.mark.parametrize("word", COLOURS)
def test_every_colour_has_its_own_name(word: str) -> None:
    assert named(COLOURS[word]) == word


def test_distances() -> None:
    assert distance("000000", "000000") == 0.0
    assert distance("000000", "FFFFFF") == pytest.approx(765, abs=1)
