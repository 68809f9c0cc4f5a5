"""What is typed for OrcaSlicer, and what its words, codes and notes are taken for."""

import json
from pathlib import Path

import pytest

from printd.core.errors import (
    DiskFull,
    MeshUnprintable,
    MeshUnreadable,
    ModelTooLarge,
    PrintdError,
    ProfileInvalid,
    SlicerCrashed,
    SlicerMemory,
    SlicerRefused,
    SlicerTimeout,
)
from printd.core.machine import Machine
from printd.slicers.base import Packing, Program
from printd.slicers.orca import OrcaSlicer, last_words
from printd.slicers.packing import packing_of

SLICER = OrcaSlicer()
XVFB = ("/usr/bin/xvfb-run", "-a")


def machine(model: str) -> Machine:
    return Machine("m", "marlin", 220, 220, 250, 0.4, 285, 110, model=model)


def typed(
    model: str = "Voron", packing: Packing = "plain", path: str = "/o/orca-slicer"
) -> list[str]:
    program = Program("orca", Path(path), "2.3.2", packing, XVFB)
    work = Path("/w")
    out = work / SLICER.out_name
    return SLICER.command(program, work / SLICER.model_name, work, machine(model), out)


def test_the_command_is_complete() -> None:
    assert typed() == [
        "/o/orca-slicer",
        "--datadir",
        "/w/config",
        "--load-settings",
        "/w/machine.json;/w/process.json",
        "--load-filaments",
        "/w/filament.json",
        "--arrange",
        "0",
        "--orient",
        "0",
        "--slice",
        "0",
        "--pipe",
        "/w/progress.pipe",
        "--outputdir",
        "/w/out",
        "/w/in.stl",
    ]


def test_a_bambu_machine_gets_a_container_drawn_on_a_virtual_display() -> None:
    command = typed("Bambu Lab A1 mini")
    assert command[:3] == [*XVFB, "/o/orca-slicer"]
    assert command[-4:] == ["--export-3mf", "plate_1.gcode.3mf", "--min-save", "/w/in.stl"]
    assert SLICER.container(machine("Bambu Lab A1 mini"), Path("/w/out/plate_1.gcode")) == Path(
        "/w/out/plate_1.gcode.3mf"
    )
    assert SLICER.container(machine("Voron"), Path("/w/out/plate_1.gcode")) is None


def test_an_appimage_unpacks_itself() -> None:
    assert typed(packing="appimage", path="/o/Orca.AppImage")[:2] == [
        "/o/Orca.AppImage",
        "--appimage-extract-and-run",
    ]


def test_a_flatpak_is_given_the_folder_of_the_run() -> None:
    path = "/var/lib/flatpak/exports/bin/com.orcaslicer.OrcaSlicer"
    assert typed(packing="flatpak", path=path)[:4] == [
        "/usr/bin/flatpak",
        "run",
        "--filesystem=/w",
        "com.orcaslicer.OrcaSlicer",
    ]


@pytest.mark.parametrize("model", ["Voron", "Bambu Lab P1S"])
def test_no_value_is_empty(model: str) -> None:
    assert all(typed(model))


@pytest.mark.parametrize(
    ("content", "packing"),
    [
        (b"\x7fELF\x02\x01\x01\x00AI\x02\x00", "appimage"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00", "plain"),
        (b"#!/bin/sh\n", "plain"),
        (b"", "plain"),
    ],
)
def test_the_packing_is_seen_in_the_file(tmp_path: Path, content: bytes, packing: str) -> None:
    (tmp_path / "orca").write_bytes(content)
    assert packing_of(tmp_path / "orca") == packing


def test_a_flatpak_is_seen_by_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "flatpak/exports/bin"
    folder.mkdir(parents=True)
    (folder / "com.orcaslicer.OrcaSlicer").write_text("#!/bin/sh\n")
    assert packing_of(folder / "com.orcaslicer.OrcaSlicer") == "flatpak"


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("OrcaSlicer-2.3.2:\nUsage: orca-slicer [ OPTIONS ]", "2.3.2"),
        ("OrcaSlicer-01.10.01.50:\nUsage", "01.10.01.50"),
        (
            "[2026-07-31 20:57:01.505970] [0x00007ffff183c500] [trace]   Initializing\n"
            "BambuStudio-02.07.01.57:\nUsage: bambu-studio [ OPTIONS ]",
            "BambuStudio 02.07.01.57",
        ),
        ("PrusaSlicer-2.9.2 based on Slic3r", ""),
        ("Error: unable to open display", ""),
    ],
)
def test_the_version_is_read_from_the_help(said: str, version: str) -> None:
    assert SLICER.version_of(said) == version


LINE = '{"message":"Making infill","plate_count":1,"plate_index":1,"plate_percent":42,'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (LINE + '"total_percent":41}', (0.41, "Making infill")),
        (LINE + '"total_percent":140}', (1.0, "Making infill")),
        ('{"message":"a very long stage that was c' + LINE + '"total_percent":41}', (0.41, "")),
        ('{"warning":"thin","total_percent":41}', None),
        ('{"message":"a very long stage that was c', None),
        ('{"message":"x","total_percent":"many"}', None),
        ("[1]", None),
        ("", None),
    ],
)
def test_progress_is_read_from_the_pipe(line: str, told: tuple[float, str] | None) -> None:
    found = SLICER.progress(line)
    if told is not None and not told[1]:
        assert found is not None
        assert found[0] == told[0]
        return
    assert found == told


def notes(code: int, sentence: str = "A sentence.", warning: str = "") -> str:
    plates = [{"id": 1, "warning_message": warning}]
    return json.dumps(
        {"return_code": code, "error_string": sentence, "sliced_plates": plates, "plate_index": 1}
    )


# Every row of the table of return codes: code, our error, what it is called for a person.
CODES: list[tuple[int, type[PrintdError], str]] = [
    (-1, SlicerRefused, "could not set itself up"),
    (-2, SlicerRefused, "does not take the options"),
    (-3, SlicerRefused, "does not find a file"),
    (-4, SlicerRefused, "no other file before a 3MF"),
    (-5, ProfileInvalid, "cannot use a settings file"),
    (-6, MeshUnreadable, "cannot read the model"),
    (-7, ProfileInvalid, "not for a printer that melts"),
    (-8, SlicerRefused, "does not support"),
    (-9, SlicerRefused, "copying"),
    (-10, SlicerRefused, "scaling"),
    (-11, SlicerRefused, "write the STL"),
    (-12, SlicerRefused, "write the OBJ"),
    (-13, SlicerRefused, "write the 3MF"),
    (-14, SlicerMemory, "out of memory"),
    (-15, ProfileInvalid, "does not support this machine"),
    (-16, ProfileInvalid, "does not fit the file"),
    (-17, ProfileInvalid, "not for this machine"),
    (-18, ProfileInvalid, "values"),
    (-19, ProfileInvalid, "post_process"),
    (-20, ProfileInvalid, "bed is smaller"),
    (-21, SlicerRefused, "no place"),
    (-22, SlicerRefused, "turn"),
    (-23, ProfileInvalid, "must not be"),
    (-24, SlicerRefused, "newer version"),
    (-50, ModelTooLarge, "nothing lies whole on the bed"),
    (-51, ProfileInvalid, "contradict"),
    (-52, ModelTooLarge, "in part off the bed"),
    *((code, SlicerRefused, "cache") for code in range(-57, -52)),
    (-58, SlicerTimeout, "its own limit"),
    (-59, MeshUnprintable, "triangles"),
    (-60, SlicerRefused, "nothing was left"),
    (-61, ProfileInvalid, "plate"),
    (-62, ProfileInvalid, "temperatures"),
    (-63, SlicerRefused, "one after the other"),
    (-64, SlicerRefused, "collide"),
    (-65, ProfileInvalid, "vase"),
    (-66, ProfileInvalid, "no extruder"),
    (-67, ProfileInvalid, "TPU"),
    (-68, ProfileInvalid, "this extruder"),
    (-100, SlicerRefused, "slicing failed"),
    (-101, SlicerRefused, "paths"),
    (-102, SlicerRefused, "can print"),
]


@pytest.mark.parametrize(("code", "kind", "said"), CODES)
def test_every_return_code_has_its_error_words_and_action(
    code: int, kind: type[PrintdError], said: str
) -> None:
    stdout = f"run found error, return {code}, exit...\n"
    told = SLICER.explain(256 + code, stdout, "the last line\n", notes(code))
    silent = SLICER.explain(256 + code, stdout, "", "")
    for error in (told, silent):
        assert type(error) is kind
        assert said in error.problem
        assert f"({code})" in error.problem
        assert error.action
    assert told.problem.endswith("the last line")
    assert silent.problem.endswith("it said nothing.")


def test_the_codes_cover_the_table_without_gaps() -> None:
    expected = {*range(-24, 0), *range(-68, -49), -100, -101, -102}
    assert {code for code, _, _ in CODES} == expected


@pytest.mark.parametrize(
    ("exit_code", "said", "kind", "words"),
    [
        (139, "", SlicerCrashed, "SIGSEGV"),  # said by xvfb-run, a shell
        (-11, "", SlicerCrashed, "SIGSEGV"),
        (134, "", SlicerCrashed, "SIGABRT"),
        (-6, "terminate called after std::bad_alloc", SlicerMemory, "memory"),
        (-9, "", SlicerMemory, "memory"),
        (137, "", SlicerMemory, "memory"),
        (-24, "", SlicerTimeout, "processor time"),
        (-25, "", SlicerRefused, "larger than it may"),
        (1, "cannot open shared object file", SlicerRefused, "shared object"),
        (0, "", SlicerRefused, "without a usable file"),
        (243, "write: No space left on device", DiskFull, "disk full"),
        (170, "", SlicerRefused, "(-86)"),
    ],
)
def test_ends_without_a_code_of_the_table(
    exit_code: int, said: str, kind: type[PrintdError], words: str
) -> None:
    error = SLICER.explain(exit_code, "", said)
    assert type(error) is kind
    assert words in error.problem


def test_a_code_in_the_notes_counts_more_than_the_exit_code() -> None:
    assert not SLICER.is_success(0, notes(-5))
    assert type(SLICER.explain(0, "", "", notes(-5))) is ProfileInvalid
    assert not SLICER.is_success(251, notes(0))
    assert SLICER.is_success(0, notes(0))
    assert SLICER.is_success(0, "")  # some builds write none


def test_a_crash_after_good_notes_is_a_crash() -> None:
    assert type(SLICER.explain(-11, "", "", notes(-100))) is SlicerCrashed


@pytest.mark.parametrize("text", ["", "{", "[]", '{"return_code": "x"}', "[" * 100_000])
def test_broken_notes_say_nothing(text: str) -> None:
    assert SLICER.is_success(0, text)
    assert SLICER.warnings("", text) == ()


LOGGED = (
    "[2026-10-01 21:53:33.8] [0x00007f17655cf540] [trace]   Initializing StaticPrintConfigs\n"
    "[2026-10-01 21:53:33.9] [0x00007f17655cf540] [error]   run 3002: process not compatible\n"
    "run found error, return -17, exit...\n"
)


@pytest.mark.parametrize(
    ("stdout", "stderr", "sentence", "words"),
    [
        (LOGGED, "Error: unable to open display\nthe reason\n", "general", "the reason"),
        (LOGGED, "Error: unable to open display\n", "general", "run 3002: process not compatible"),
        ("run found error, return -100, exit...\n", "", "general", "general"),
        ("Errors\nrun found error, return -100, exit...\n", "", "", "it said nothing."),
        ("a line\nrun found error, return -100, exit...\n", "", "", "a line"),
        ("", "x" * 999, "", "x" * 300),
    ],
)
def test_the_last_words_are_those_that_tell_most(
    stdout: str, stderr: str, sentence: str, words: str
) -> None:
    assert last_words(stdout, stderr, sentence) == words


def test_warnings_are_kept_for_the_person() -> None:
    assert SLICER.warnings("", notes(0, warning="floating regions")) == ("floating regions",)


@pytest.mark.parametrize(
    ("settings", "reach_mm"),
    [
        ({"brim_type": "no_brim", "brim_width": "5"}, 0.0),
        ({"brim_type": "outer_only", "brim_width": "5"}, 5.0),
        ({"brim_type": "auto_brim", "brim_width": "5"}, 18.0),
        ({"skirt_loops": "2", "skirt_distance": "3"}, 5.0),
        ({"enable_support": "1"}, 10.0),
        ({"raft_layers": "2"}, 10.0),
        ({}, 0.0),
    ],
)
def test_what_reaches_around_a_model(settings: dict[str, str], reach_mm: float) -> None:
    assert SLICER.reach_mm(settings) == reach_mm
