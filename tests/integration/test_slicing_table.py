"""Whatever goes wrong in slicing ends in our code, the slicer's last words, and what to do.

The rows of four tables; their names are the names of the tests.

- ``SAID``: provoked on the real PrusaSlicer by the adapter's own command line, past everything
  that printd checks first. The words are those of the version on this machine, or of the other.
- ``RECORDED``: what this machine cannot provoke, or only another version says; through
  ``PrusaSlicer.explain``. Source: measured on 2.9.2 (Debian 13) and 2.5.0 (Debian 12).
- ``NOTICED``: what the slicer makes a file of, without a word; printd's judge or comparison
  finds it.
- ``FIRST``: the same models and settings as a person hands them in: printd's own sentence comes
  before any slicer is started.

``tests/unit/test_prusa.py`` has what is typed and how words are read, and
``tests/faults/test_slicer_program.py`` has programs that lie, hang and flood.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from printd.core.errors import (
    DiskError,
    DiskFailed,
    DiskFull,
    MeshUnprintable,
    MeshUnreadable,
    ModelTooLarge,
    NoSuchFile,
    PrintdError,
    ProfileInvalid,
    SlicerCrashed,
    SlicerMemory,
    SlicerRefused,
    SlicerTimeout,
)
from printd.core.shipped import shipped
from printd.gcode.safety import Level, lint
from printd.slicers.find import find_slicer
from printd.slicers.profiles import load_profile
from printd.slicers.prusa import PrusaSlicer, short_version
from printd.slicers.prusa_ini import differences, ini_text, settings_in
from printd.slicers.run import Limits, Run, run_slicer
from printd.slicers.slicing import slice_model
from tests.peers.bad_models import (
    Maker,
    corners,
    empty_3mf,
    file,
    hostile_3mf,
    sized,
    stl,
    two_boxes,
    with_number,
)
from tests.peers.disks import make_read_only, small_disk
from tests.peers.programs import program

PROFILE = load_profile("generic", [shipped("profiles")])
SLICER = PrusaSlicer()
LIMITS = Limits(wall_s=60, cpu_s=60)
UNREADABLE = "Loading of a model file failed"
# What a person can do.
AGAIN = "Export the model again"
THICKER = "Make the model larger or thicker"
SETTING = "Mend what the slicer names in the profile"
SCRIPT = "Leave `post_process` of the profile empty"
VERSION = "Name a PrusaSlicer of 2.5 to 2.9"
DISK = "See that the data folder can be written to"
A_BOX = sized(20, 20, 5)
real = pytest.mark.peer("prusa-slicer")


@dataclass(frozen=True)
class Row:
    """One way to fail, and how a person is told.

    Args:
        case: its name.
        kind: the error that it becomes.
        said: a pattern in the problem.
        do: a pattern in the action; empty: it is that of the kind.
        model: writes the model.
        keys: settings over those of the shipped profile.
        head, more: lines before and after them.
        words: at the end of the command line.
        arranged: the slicer places the model, not we.
        limits: of the run.
        out: name of the result.
    """

    case: str
    kind: type[PrintdError]
    said: str
    do: str = ""
    model: Maker = A_BOX
    keys: Mapping[str, str] = field(default_factory=dict)
    head: str = ""
    more: str = ""
    words: tuple[str, ...] = ()
    arranged: bool = False
    limits: Limits = LIMITS
    out: str = "out.gcode"


def check_told(row: Row, error: PrintdError) -> None:
    """The error is that of the row: its code, the slicer's words, what to do."""
    assert type(error) is row.kind
    assert re.search(row.said, error.problem), error.problem
    assert re.search(row.do, error.action) if row.do else error.action == row.kind.action
    assert error.action.endswith(".")


def run_of(row: Row, folder: Path) -> tuple[Run, Path]:
    """Run the real slicer as the adapter does, past everything that printd checks first."""
    settings, out = folder / "prusa.ini", folder / row.out
    text = ini_text({**dict(PROFILE.settings), **row.keys})
    settings.write_text(row.head + text + row.more)
    model = row.model(folder)
    argv = SLICER.command(find_slicer("prusa"), model, settings, PROFILE.machine, out)
    if row.arranged:
        place = argv.index("--center")
        del argv[place : place + 3]
    return run_slicer([*argv, *row.words], folder, row.limits, folder / "log"), out


def explained(run: Run, folder: Path) -> PrintdError:
    """Return what a run is taken for; the folder that a person never sees is left out."""
    said = (text.replace(f"{folder}/", "") for text in (run.stdout, run.stderr))
    return SLICER.explain(run.exit_code, *said)


def names(rows: Sequence[Row]) -> list[object]:
    return [pytest.param(row, id=row.case) for row in rows]


SAID = (
    Row("missing", SlicerRefused, "No such file: in.stl", model=lambda folder: folder / "in.stl"),
    Row("empty", SlicerRefused, UNREADABLE, AGAIN, model=file(b"")),
    Row("under 84 bytes", SlicerRefused, UNREADABLE, AGAIN, model=file(b"x" * 50)),
    Row("three triangles", SlicerRefused, UNREADABLE, AGAIN, model=file(stl(corners()[:3]))),
    Row("solid of nothing", SlicerRefused, UNREADABLE, AGAIN, model=file(b"solid\nendsolid\n")),
    Row("cut off", SlicerRefused, UNREADABLE, AGAIN, model=file(stl(corners())[:-60])),
    Row("random bytes", SlicerRefused, UNREADABLE, AGAIN, model=file(bytes(range(256)) * 12)),
    Row("text", SlicerRefused, UNREADABLE, AGAIN, model=file(b"solid is this, they say\n" * 20)),
    Row(
        "unknown ending",
        SlicerRefused,
        "Unknown file format",
        AGAIN,
        model=file(b"x" * 99, "in.xyz"),
    ),
    Row(
        "broken 3MF", SlicerRefused, UNREADABLE, AGAIN, model=file(b"PK\3\4" + b"x" * 500, "in.3mf")
    ),
    Row("broken OBJ", SlicerRefused, UNREADABLE, AGAIN, model=file(b"f 1 2 9\n", "in.obj")),
    Row("3MF without a model", SlicerRefused, "empty|failed", AGAIN, model=empty_3mf),
    Row(
        "NaN",
        SlicerRefused,
        "No layers|invalid coordinate",
        f"{THICKER}|{AGAIN}",
        model=file(with_number(float("nan"))),
    ),
    Row(
        "infinite",
        ModelTooLarge,
        "Objects could not fit on the bed",
        model=file(with_number(float("inf"))),
        arranged=True,
    ),
    Row(
        "wider than the bed",
        ModelTooLarge,
        "Objects could not fit on the bed|outside of the print volume",
        model=sized(300, 20, 5),
        arranged=True,
    ),
    Row("thin as a hair", SlicerRefused, "No layers", THICKER, model=sized(20, 20, 0.05)),
    Row("in metres", SlicerRefused, "No layers", THICKER, model=sized(0.02, 0.02, 0.005)),
    Row(
        "flat",
        SlicerRefused,
        "No layers",
        THICKER,
        model=file(stl(corners(20, 20, 0))),
    ),
    Row(
        "walls too thin",
        SlicerRefused,
        "The print is empty",
        THICKER,
        model=sized(0.1, 20, 5),
        keys={"perimeter_generator": "classic"},
    ),
    Row(
        "no extrusion",
        SlicerRefused,
        "The supplied settings will cause an empty print",
        SETTING,
        keys={
            "perimeters": "0",
            "top_solid_layers": "0",
            "bottom_solid_layers": "0",
            "fill_density": "0%",
            "skirts": "0",
            "brim_width": "0",
        },
    ),
    Row(
        "layer over the nozzle",
        SlicerRefused,
        "Layer height can't be greater than nozzle diameter",
        SETTING,
        keys={"layer_height": "0.6"},
    ),
    Row(
        "relative filament never zeroed",
        SlicerRefused,
        "Relative extruder addressing",
        SETTING,
        keys={"before_layer_gcode": "", "layer_gcode": ""},
    ),
    Row(
        "vase of two",
        SlicerRefused,
        "Only a single object",
        SETTING,
        keys={
            "spiral_vase": "1",
            "perimeters": "1",
            "top_solid_layers": "0",
            "fill_density": "0%",
            "support_material": "0",
        },
        words=("--duplicate", "2"),
    ),
    Row(
        "settings for resin",
        SlicerRefused,
        "cannot export G-code for an FFF configuration",
        SETTING,
        keys={"printer_technology": "SLA"},
    ),
    Row(
        "unknown option",
        SlicerRefused,
        "Unknown option --no-such",
        VERSION,
        words=("--no-such",),
    ),
    Row(
        "bad number",
        SlicerRefused,
        "Invalid value supplied for --layer-height",
        SETTING,
        words=("--layer-height", "abc"),
    ),
    Row(
        "unknown word",
        SlicerRefused,
        "Invalid value supplied for --fill-pattern",
        SETTING,
        words=("--fill-pattern", "lace"),
    ),
    Row(
        "option without its value",
        SlicerRefused,
        "No value supplied for --layer-height",
        SETTING,
        words=("--layer-height",),
    ),
    Row(
        "out of range",
        SlicerRefused,
        "Invalid value for --layer-height|configation is not valid",
        SETTING,
        words=("--layer-height", "-1"),
    ),
    Row(
        "settings missing",
        SlicerRefused,
        "No such file: other.ini",
        words=("--load", "other.ini"),
    ),
    Row(
        "settings: bad number",
        SlicerRefused,
        "Invalid value provided for parameter layer_height: abc",
        SETTING,
        keys={"layer_height": "abc"},
    ),
    Row(
        "settings: unknown word",
        SlicerRefused,
        "Invalid value provided for parameter fill_pattern: lace",
        SETTING,
        keys={"fill_pattern": "lace"},
    ),
    Row(
        "settings: key twice",
        SlicerRefused,
        "duplicate key name",
        SETTING,
        more="layer_height = 0.2\n",
    ),
    Row(
        "settings: no key and value",
        SlicerRefused,
        "'=' character not found",
        SETTING,
        more="hello\n",
    ),
    Row(
        "bad placeholder",
        SlicerRefused,
        r"end_gcode: Parsing error at line 2: Not a variable name: M104 S\{nothing_known\}",
        SETTING,
        keys={"end_gcode": "M140 S0\\nM104 S{nothing_known}"},
    ),
    Row(
        "folder missing",
        DiskError,
        "Cannot open the file for writing",
        DISK,
        out="nowhere/out.gcode",
    ),
    Row(
        "out of memory",
        SlicerMemory,
        "bad_alloc",
        model=sized(200, 200, 200),
        keys={"fill_density": "60%", "fill_pattern": "gyroid"},
        limits=replace(LIMITS, memory_bytes=260 << 20),
    ),
    Row(
        "out of processor time",
        SlicerTimeout,
        "used up the processor time",
        model=sized(200, 200, 200),
        keys={"fill_density": "60%", "fill_pattern": "gyroid"},
        limits=replace(LIMITS, cpu_s=1),
    ),
    Row(
        "larger than it may be",
        SlicerRefused,
        "larger than it may",
        limits=replace(LIMITS, file_bytes=50_000),
    ),
    Row(
        "script fails",
        SlicerRefused,
        "Post-processing script /bin/false on file out.gcode failed",
        SCRIPT,
        keys={"post_process": "/bin/false"},
    ),
)


@real
@pytest.mark.parametrize("row", names(SAID))
def test_the_slicer_fails_and_a_person_is_told_in_its_words(tmp_path: Path, row: Row) -> None:
    run, out = run_of(row, tmp_path)
    assert run.exit_code != 0 or not out.exists()
    check_told(row, explained(run, tmp_path))


# Exit code, stdout, stderr.
RECORDED = (
    (
        Row("2.5: NaN", SlicerCrashed, "died by SIGSEGV: it said nothing"),
        (
            -11,
            "10 => Processing triangulated mesh\nfacet (1)/ first facet\n  vertex 0/1  nan\n",
            "",
        ),
    ),
    (
        Row("2.9: NaN", SlicerRefused, "contains invalid coordinate", AGAIN),
        (1, "[error] in.obj contains invalid coordinate\n", ""),
    ),
    (
        Row("2.9: flat", SlicerRefused, "No layers were detected", THICKER),
        (1, "", "No layers were detected. You might want to repair your STL file(s)\n"),
    ),
    (
        Row("2.9: off the bed", ModelTooLarge, "All objects are outside of the print volume"),
        (0, "10 => Processing\n", "All objects are outside of the print volume.\n"),
    ),
    (
        Row("2.9: no extrusion", SlicerRefused, "ended without a usable file", SETTING),
        (0, "", "The supplied settings will cause an empty print.\n"),
    ),
    (
        Row("2.9: layer over the nozzle", SlicerRefused, "ended without", SETTING),
        (0, "", "Layer height can't be greater than nozzle diameter\n"),
    ),
    (
        Row("2.9: relative filament never zeroed", SlicerRefused, "Relative ext", SETTING),
        (0, "", "Relative extruder addressing requires resetting the extruder position\n"),
    ),
    (
        Row("2.9: vase of two", SlicerRefused, "Only a single object", SETTING),
        (0, "", "Only a single object may be printed at a time in Spiral Vase mode.\n"),
    ),
    (
        Row("2.9: settings for resin", SlicerRefused, "an FFF configuration", SETTING),
        (0, "", "error: cannot export G-code for an FFF configuration\n"),
    ),
    (
        Row("2.9: out of range", SlicerRefused, "not valid: layer_height", SETTING),
        (1, "", "Error: The composite configation is not valid: layer_height\n"),
    ),
    (
        Row("2.9: a script asked for", SlicerRefused, "Continue", SCRIPT),
        (0, "The following post-processing scripts: /bin/x\nContinue(Y/N) ?", ""),
    ),
    (
        Row("disk full", DiskFull, "Is the disk full?"),
        (1, "90 => Exporting\n", "G-code export to out.gcode failed\nIs the disk full?\n"),
    ),
    (
        Row("read-only", DiskError, "Cannot open the file for writing", DISK),
        (1, "", "G-code export to out.gcode failed.\nCannot open the file for writing.\n"),
    ),
)


@pytest.mark.parametrize(
    ("row", "said"), [pytest.param(row, said, id=row.case) for row, said in RECORDED]
)
def test_what_was_recorded_is_told_likewise(row: Row, said: tuple[int, str, str]) -> None:
    check_told(row, SLICER.explain(*said))


# What 2.5 makes a file of without a word. Newer ones refuse the models, and no settings.
NOTICED = (
    Row("footprint over the bed", ModelTooLarge, "^G10: .* off the bed", model=sized(300, 20, 5)),
    Row("taller than the printer", ModelTooLarge, "^G10: .* to 250 mm", model=sized(20, 20, 260)),
    Row("placed off the bed", ModelTooLarge, "^G10: .* off the bed", words=("--center", "300,300")),
    Row("900 degrees", PrintdError, "^G2: .*above the limit of 240", keys={"temperature": "900"}),
    Row("unknown key", PrintdError, "layer_hight is not known", keys={"layer_hight": "0.2"}),
    Row("[section] first", PrintdError, "max_print_height = 250 became 200", head="[print:x]\n"),
)


def noticed(out: Path, row: Row) -> list[str]:
    """Return what the judge, and the comparison with what was asked, have against a file."""
    verdict = lint(out, PROFILE.machine, Level.OWN)
    asked = {**dict(PROFILE.settings), **row.keys}
    version = short_version(find_slicer("prusa").version)
    refused = [f"{refusal.rule}: {refusal.text}" for refusal in verdict.refusals]
    return [*refused, *differences(asked, settings_in(out), version)]


@real
@pytest.mark.parametrize("row", names(NOTICED))
def test_what_the_slicer_passes_over_is_noticed(tmp_path: Path, row: Row) -> None:
    run, out = run_of(row, tmp_path)
    if out.exists():
        assert run.exit_code == 0
        assert [words for words in noticed(out, row) if re.search(row.said, words)]
    else:
        assert type(explained(run, tmp_path)) is row.kind


FIRST = (
    Row("missing", NoSuchFile, "no file", model=lambda folder: folder / "in.stl"),
    Row("empty", MeshUnreadable, "has 0 bytes", model=file(b"")),
    Row("under 84 bytes", MeshUnreadable, "has 50 bytes", model=file(b"x" * 50)),
    Row("three triangles", MeshUnreadable, "at least 4", model=file(stl(corners()[:3]))),
    Row("solid of nothing", MeshUnreadable, "makes no sense", model=file(b"solid\nendsolid\n")),
    Row("cut off", MeshUnreadable, "has 624 bytes", model=file(stl(corners())[:-60])),
    Row("random bytes", MeshUnreadable, "bytes", model=file(bytes(range(256)) * 12)),
    Row("text", MeshUnreadable, "", model=file(b"solid is this, they say\n" * 20)),
    Row("wrong count", MeshUnreadable, "of 7 triangles", model=file(stl(corners(), count=7))),
    Row("unknown ending", MeshUnreadable, "in.xyz", model=file(b"x" * 99, "in.xyz")),
    Row("3MF", MeshUnreadable, "in.3mf", model=empty_3mf),
    Row("NaN", MeshUnreadable, "not numbers", model=file(with_number(float("nan")))),
    Row("infinite", MeshUnreadable, "not numbers", model=file(with_number(float("inf")))),
    Row("footprint over the bed", ModelTooLarge, "300.00 x 20.00", model=sized(300, 20, 5)),
    Row("taller than the printer", ModelTooLarge, "260.00 mm", model=sized(20, 20, 260)),
    Row("thin as a hair", MeshUnprintable, "at least 0.4 mm", model=sized(20, 20, 0.05)),
    Row("in metres", MeshUnprintable, "at least 0.4 mm", model=sized(0.02, 0.02, 0.005)),
    Row("flat", MeshUnprintable, "0.00 mm", model=file(stl(corners(20, 20, 0)))),
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.mark.parametrize("row", names(FIRST))
def test_printd_says_it_before_any_slicer_is_started(tmp_path: Path, out: Path, row: Row) -> None:
    never = find_slicer("prusa", program(tmp_path / "bin", f"open({str(out / 'ran')!r}, 'w')"))
    with pytest.raises(PrintdError) as caught:
        slice_model(row.model(tmp_path), PROFILE, out, program=never)
    check_told(row, caught.value)
    assert list(out.iterdir()) == []


@real
@pytest.mark.parametrize(
    ("model", "warned"),
    [
        pytest.param(file(stl(corners(), header=b"solid x")), False, id="header says solid"),
        pytest.param(file(stl(corners()[2:])), True, id="open below"),
        pytest.param(file(two_boxes()), False, id="overlapping"),
    ],
)
def test_what_can_be_sliced_is_sliced_and_a_guess_is_told(
    tmp_path: Path, out: Path, model: Maker, warned: bool
) -> None:
    report = slice_model(model(tmp_path), PROFILE, out)
    assert report.verdict.ok
    assert ("The model is not closed; the slicer had to guess." in report.warnings) == warned


@real
def test_what_is_inside_out_is_refused_although_the_slicer_prints_it(
    tmp_path: Path, out: Path
) -> None:
    with pytest.raises(MeshUnprintable, match="volume of -"):
        slice_model(file(stl(corners()[:, ::-1]))(tmp_path), PROFILE, out)
    assert {path.name for path in out.iterdir()} <= {"slice.log"}


@real
def test_what_is_open_at_a_side_is_refused_with_a_word_of_its_holes(
    tmp_path: Path, out: Path
) -> None:
    # Of an OBJ file the slicer closes no holes; of an STL file it would guess.
    with pytest.raises(SlicerRefused, match="No layers were detected") as caught:
        slice_model(file(stl(corners()[:-2]))(tmp_path), PROFILE, out)
    assert "mend its holes" in caught.value.action


def child_in(folder: Path) -> int | None:
    """Return the process of the slicer that works below a folder."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                words = (process / "cmdline").read_bytes()
                if str(folder).encode() in words and b"slicer" in words.split(b"\0")[0]:
                    return int(process.name)
    return None


@real
@pytest.mark.parametrize("stage", ["Processing triangulated mesh", "Exporting G-code"])
@pytest.mark.parametrize(
    ("number", "kind", "said", "do"),
    [
        (signal.SIGTERM, SlicerCrashed, "from outside, by SIGTERM", "Nothing is wrong with"),
        (signal.SIGINT, SlicerCrashed, "from outside, by SIGINT", "Nothing is wrong with"),
        (signal.SIGHUP, SlicerCrashed, "from outside, by SIGHUP", "Nothing is wrong with"),
        (signal.SIGKILL, SlicerMemory, "out of memory", ""),
    ],
    ids=lambda part: getattr(part, "name", None),
)
def test_one_that_is_ended_from_outside_leaves_nothing(
    tmp_path: Path,
    out: Path,
    stage: str,
    number: signal.Signals,
    kind: type[PrintdError],
    said: str,
    do: str,
) -> None:
    def end(_share: float, now: str) -> None:
        if now == stage and (pid := child_in(out)):
            os.kill(pid, number)

    with pytest.raises(PrintdError) as caught:
        slice_model(sized(60, 60, 60)(tmp_path), PROFILE, out, on_progress=end)
    check_told(Row("", kind, said, do), caught.value)
    assert [path.name for path in out.iterdir()] == ["slice.log"]


@real
def test_a_disk_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    model = A_BOX(tmp_path)
    with small_disk(tmp_path / "disk", "8m") as disk:
        make_read_only(disk)
        with pytest.raises(DiskFailed, match="Read-only file system"):
            slice_model(model, PROFILE, disk)
        assert list(disk.iterdir()) == []


@real
def test_a_disk_that_becomes_full_in_the_middle_is_said(tmp_path: Path) -> None:
    model = sized(60, 60, 60)(tmp_path)
    with small_disk(tmp_path / "disk", "300k") as disk:
        with pytest.raises(DiskFull):
            slice_model(model, PROFILE, disk)
        assert {path.name for path in disk.iterdir()} <= {"slice.log"}


@real
def test_the_command_in_a_hostile_3mf_is_not_run(tmp_path: Path, out: Path) -> None:
    ran = tmp_path / "ran"
    model = hostile_3mf(tmp_path, f"/usr/bin/touch {ran};")
    renamed = Path(shutil.copyfile(model, tmp_path / "in.stl"))
    for file_ in (model, renamed):
        with pytest.raises(MeshUnreadable):
            slice_model(file_, PROFILE, out)
    # Our settings keep it from running even where the slicer is given the file itself.
    run_of(Row("", PrintdError, "", model=lambda _: model), tmp_path)
    assert not ran.exists()
    if short_version(find_slicer("prusa").version) < (2, 9):
        bare = ["prusa-slicer", "--export-gcode", "--output", str(tmp_path / "o.gcode"), str(model)]
        subprocess.run(bare, check=True, capture_output=True, stdin=subprocess.DEVNULL)
        assert ran.exists(), "the file is not as hostile as this test believes"


@real
@pytest.mark.parametrize(
    "value", ["/usr/bin/touch RAN;", '"/usr/bin/touch RAN;"', "/usr/bin/touch RAN;\\n/bin/true"]
)
def test_a_profile_that_would_run_a_program_never_reaches_the_slicer(
    tmp_path: Path, value: str
) -> None:
    folder = shutil.copytree(PROFILE.folder, tmp_path / "mine")
    text = (folder / "prusa.ini").read_text().replace("RAN", str(tmp_path / "ran"))
    changed = text.replace("post_process =", f"post_process = {value}")
    (folder / "prusa.ini").write_text(changed)
    with pytest.raises(ProfileInvalid, match="post_process must be empty") as caught:
        load_profile(folder)
    assert caught.value.action.startswith("Mend the named line")


@real
def test_a_command_slipped_into_a_profile_after_it_was_read_is_not_run(
    tmp_path: Path, out: Path
) -> None:
    folder, ran = shutil.copytree(PROFILE.folder, tmp_path / "mine"), tmp_path / "ran"
    profile = load_profile(folder)
    text = (folder / "prusa.ini").read_text()
    changed = text.replace("post_process =", f"post_process = /usr/bin/touch {ran};")
    (folder / "prusa.ini").write_text(changed)
    with suppress(ProfileInvalid):
        slice_model(A_BOX(tmp_path), profile, out)
    assert not ran.exists()
