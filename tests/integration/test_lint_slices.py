"""The judge and the real slicer: what each shipped profile makes passes, and no change to it."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from printd.core.machine import Machine
from printd.core.shipped import shipped
from printd.gcode.judge import judge
from printd.gcode.safety import lint_and_read
from printd.gcode.verdict import Level
from printd.gcode.walk import walk_plainly
from printd.slicers.profiles import load_profile, profile_names
from printd.slicers.slicing import slice_model
from tests.peers.bodies import box

pytestmark = pytest.mark.peer("prusa-slicer")

PROFILES = [
    name
    for name, folder in profile_names([shipped("profiles")])
    if (folder / "prusa.ini").is_file()
]
Slices = Callable[[str], tuple[Path, Machine]]


@pytest.fixture(scope="module")
def slice_of(tmp_path_factory: pytest.TempPathFactory) -> Slices:
    """Return the file and the machine of each profile; each is sliced once."""
    made: dict[str, tuple[Path, Machine]] = {}

    def slice_of(name: str) -> tuple[Path, Machine]:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            profile = load_profile(name, [shipped("profiles")])
            report = slice_model(box(folder / "m.stl", 20, 20, 10), profile, folder)
            made[name] = (folder / report.file, profile.machine)
        return made[name]

    return slice_of


@pytest.mark.parametrize("name", PROFILES)
def test_what_a_shipped_profile_makes_passes_without_a_word(slice_of: Slices, name: str) -> None:
    verdict, contents = lint_and_read(*slice_of(name), Level.OWN)
    assert verdict.refusals == ()
    assert verdict.warnings == ()
    assert contents.slicer == "PrusaSlicer"
    assert contents.layers == verdict.layers > 40
    assert contents.unread_lines == 0
    assert contents.time_s is not None
    assert contents.filament_mm is not None
    assert contents.least_time_s <= 1.05 * contents.time_s
    # The slicer does not count the prime line.
    assert -1 < contents.extruded_mm - contents.filament_mm < 60


@pytest.mark.parametrize("name", PROFILES)
def test_it_is_read_together_as_line_by_line(slice_of: Slices, name: str) -> None:
    path, machine = slice_of(name)
    together, _ = lint_and_read(path, machine, Level.OWN)
    plainly, _ = judge(io.BytesIO(path.read_bytes()), machine, Level.OWN, walk_plainly)
    assert together.refusals == plainly.refusals
    assert together.bounds_mm == pytest.approx(plainly.bounds_mm)
    assert together.extruded_mm == plainly.extruded_mm
    assert together.sha256 == plainly.sha256


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("G2", b"M104 S400"),
        ("G3", b"M140 S200"),
        ("G5", b"M500"),
        ("G6", b"M997"),
        ("G7", b"M23 x.g"),
        ("G9", b"M84\nG1 X10"),
        ("G10", b"G1 X400"),
        ("G10", b"G1 Z-1"),
        ("G11", b"G1 E100"),
    ],
)
def test_one_line_put_into_it_is_found(slice_of: Slices, name: str, rule: str, line: bytes) -> None:
    path, machine = slice_of(name)
    content = path.read_bytes()
    middle = content.index(b"\n", len(content) // 2) + 1
    spoiled = io.BytesIO(content[:middle] + line + b"\n" + content[middle:])
    verdict, _ = judge(spoiled, machine, Level.OWN)
    assert rule in {refusal.rule for refusal in verdict.refusals}
    number = content.count(b"\n", 0, middle) + 1
    assert any(number <= refusal.line <= number + 1 for refusal in verdict.refusals)


@pytest.mark.parametrize("name", PROFILES)
def test_one_that_is_cut_off_is_refused(slice_of: Slices, name: str) -> None:
    path, machine = slice_of(name)
    content = path.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.999):
        cut = io.BytesIO(content[: int(share * len(content))])
        assert not judge(cut, machine, Level.OWN)[0].ok
