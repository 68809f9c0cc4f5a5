"""What is typed for PrusaSlicer, and what its words are taken for."""

from pathlib import Path

import pytest

from printd.core.errors import (
    DiskFull,
    ModelTooLarge,
    PrintdError,
    SlicerCrashed,
    SlicerMemory,
    SlicerMissing,
    SlicerRefused,
    SlicerTimeout,
)
from printd.core.shipped import shipped
from printd.slicers.base import Program
from printd.slicers.profiles import load_profile
from printd.slicers.prusa import PrusaSlicer, short_version
from printd.slicers.prusa_words import last_words

MACHINE = load_profile("generic", [shipped("profiles")]).machine
SLICER = PrusaSlicer()


def typed(version: str) -> list[str]:
    program = Program("prusa", Path("/usr/bin/prusa-slicer"), version)
    return SLICER.command(
        program, Path("/w/in.obj"), Path("/w/prusa.ini"), MACHINE, Path("/w/out.gcode")
    )


COMMON = [
    "/usr/bin/prusa-slicer",
    "--load",
    "/w/prusa.ini",
    "--config-compatibility",
    "disable",
    "--center",
    "110,110",
    "--dont-arrange",
    "--export-gcode",
    "--output",
    "/w/out.gcode",
    "/w/in.obj",
]


def test_new_versions_are_called_directly() -> None:
    assert typed("2.9.2") == COMMON


def test_old_versions_are_made_to_stream_their_output() -> None:
    assert typed("2.5.0") == ["/usr/bin/stdbuf", "-oL", *COMMON]


@pytest.mark.parametrize("version", ["2.5.0", "2.9.2"])
def test_no_value_is_empty_and_no_name_begins_with_a_dash(version: str) -> None:
    # An empty value eats the next argument; a name with a dash is taken for an option.
    assert all(argument and not argument.endswith("=") for argument in typed(version))


def test_a_folder_with_a_semicolon_does_not_divide_the_name_of_the_settings() -> None:
    program = Program("prusa", Path("/usr/bin/prusa-slicer"), "2.9.2")
    work = Path("/w;x")
    words = SLICER.command(program, work / "in.obj", work / "prusa.ini", MACHINE, work / "out")
    assert words[words.index("--load") + 1] == "prusa.ini"  # where it starts


HELP_25 = (
    "[2026-11-24 02:14:29.083388] [0x00007fcfd9926d80] [trace]   Initializing\n"
    "PrusaSlicer-2.5.0+UNKNOWN based on Slic3r (with GUI support)\n"
)


def test_the_version_is_read_from_the_help() -> None:
    assert SLICER.version_of(HELP_25) == "2.5.0"
    assert SLICER.version_of("GNU bash, version 5.2") == ""
    assert short_version("2.10.1") == (2, 10)
    assert short_version("") == (0, 0)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("10 => Processing triangulated mesh", (0.1, "Processing triangulated mesh")),
        (" 70% => Infilling layers", (0.7, "Infilling layers")),
        ("90 => Exporting G-code to /w/out.gcode", (0.9, "Exporting G-code")),
        ("999 => x", (1.0, "x")),
        ("print warning: empty layer", None),
        ("Slicing result exported to /w/out.gcode", None),
    ],
)
def test_progress_is_read_from_stage_lines(line: str, told: tuple[float, str] | None) -> None:
    assert SLICER.progress(line) == told


ABORTED = (
    "terminate called after throwing an instance of 'Slic3r::RuntimeError'\n"
    "  what():  Objects could not fit on the bed\n"
)


@pytest.mark.parametrize(
    ("exit_code", "stdout", "stderr", "kind", "said"),
    [
        (1, "", "x.stl: Loading of a model file failed.", SlicerRefused, "Loading of a model"),
        (1, "", "No layers were detected. You might", SlicerRefused, "No layers were"),
        (1, "", "The print is empty. The model is not", SlicerRefused, "The print is empty"),
        (0, "", "Layer height can't be greater than", SlicerRefused, "Layer height can't"),
        (0, "10 => Processing", "", SlicerRefused, "it said nothing"),
        (1, "", "Invalid value supplied for --layer-height", SlicerRefused, "Invalid value"),
        (-6, "", ABORTED, ModelTooLarge, "no room for the model"),
        (0, "All objects are outside of the print volume.", "", ModelTooLarge, "no room"),
        (-6, "", "terminate called", SlicerCrashed, "SIGABRT"),
        (-11, "20 => Generating perimeters", "", SlicerCrashed, "SIGSEGV"),
        (-7, "", "", SlicerCrashed, "SIGBUS"),
        (139, "", "", SlicerCrashed, "SIGSEGV"),
        (1, "", "in.obj: std::bad_alloc", SlicerMemory, "bad_alloc"),
        (-9, "", "", SlicerMemory, "memory"),
        (-24, "", "", SlicerTimeout, "processor time"),
        (-25, "", "", SlicerRefused, "larger than it may"),
        (1, "", "G-code export to x failed.\nIs the disk full?", DiskFull, "disk full"),
        (127, "", "stdbuf: failed to run command 'x': No such file", SlicerMissing, "No such"),
    ],
)
def test_every_failure_has_its_meaning(
    exit_code: int, stdout: str, stderr: str, kind: type[PrintdError], said: str
) -> None:
    error = SLICER.explain(exit_code, stdout, stderr)
    assert type(error) is kind
    assert said in error.problem
    assert error.action


def test_the_last_words_leave_out_progress_and_log_marks() -> None:
    log = "[2026-11-24 02:14:29.1] [0x00007fcf] [error] The file in.stl has the wrong size.\n"
    assert last_words(log + "20 => Generating perimeters\n", "") == (
        "The file in.stl has the wrong size."
    )
    assert last_words("said first\n", "said on stderr\n\n") == "said on stderr"


def test_warnings_are_kept_for_the_person() -> None:
    output = "10 => x\nprint warning: There is an empty layer\nmore\n"
    assert SLICER.warnings(output) == ("There is an empty layer",)
