"""The pictures of what the real PrusaSlicer makes: steps at their heights, supports, layers."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from printd.core.machine import Machine
from printd.core.print_settings import PrintSettings
from printd.core.shipped import shipped
from printd.gcode.drawing.kinds import Kind
from printd.gcode.drawing.plastic import KIND, Plastic
from printd.gcode.drawing.strip import layers_of
from printd.gcode.drawing.toolpath import Toolpath
from printd.gcode.judge import judge
from printd.gcode.pictures import lint_read_and_draw
from printd.gcode.safety import lint_and_read
from printd.gcode.verdict import Level
from printd.gcode.walk import walk, walk_plainly
from printd.slicers.profiles import load_profile, profile_names
from printd.slicers.recipe_keys import with_recipe
from printd.slicers.slicing import slice_model
from tests.peers.bodies import box, boxes
from tests.peers.slicer_benches import BENCHES
from tests.unit.test_toolpath import at

pytestmark = pytest.mark.peer("prusa-slicer")

PROFILES = [
    name
    for name, folder in profile_names([shipped("profiles")])
    if (folder / "prusa.ini").is_file()
]
STEPS_MM = (2, 5, 9)  # high, each 15 mm wide and 20 mm deep
Drawn = Callable[[str], tuple[Path, Machine]]


def drawn(path: Path, machine: Machine, way: Callable[..., None] = walk) -> Plastic:
    toolpath = Toolpath(machine)
    judge(io.BytesIO(path.read_bytes()), machine, Level.OWN, way, (toolpath,))
    return toolpath.end()


@pytest.fixture(scope="module")
def steps_of(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Return the sliced steps and the machine of each profile; each is sliced once."""
    made: dict[str, tuple[Path, Machine]] = {}

    def steps_of(name: str) -> tuple[Path, Machine]:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            profile = load_profile(name, [shipped("profiles")])
            steps = [((15 * n, 0, 0), (15, 20, high)) for n, high in enumerate(STEPS_MM)]
            report = slice_model(boxes(folder / "m.stl", *steps), profile, folder)
            made[name] = (folder / report.file, profile.machine)
        return made[name]

    return steps_of


@pytest.mark.parametrize("name", PROFILES)
def test_steps_are_seen_at_their_heights(steps_of: Drawn, name: str) -> None:
    path, machine = steps_of(name)
    plastic = drawn(path, machine)
    left, front = machine.bed_w_mm / 2 - 22.5, machine.bed_d_mm / 2 - 10
    for n, high in enumerate(STEPS_MM):
        seen = [
            at(plastic, left + 15 * n + x, front + y, around_mm=0.4)[0] / 1000
            for x in (4, 7.5, 11)
            for y in (4, 10, 16)
        ]
        assert seen == pytest.approx([high] * 9, abs=0.15)
    beside = [at(plastic, left + 47 + x, front + 10)[0] for x in range(4)]
    assert beside == [0] * 4


@pytest.mark.parametrize("name", PROFILES)
def test_every_line_has_a_known_kind(steps_of: Drawn, name: str) -> None:
    kinds = np.bincount((drawn(*steps_of(name)).cells & KIND).reshape(-1), minlength=11)
    assert kinds[Kind.OTHER] == 0
    assert kinds[Kind.OUTER] > 100
    assert kinds[Kind.TOP] > kinds[Kind.OUTER]


@pytest.mark.parametrize("name", PROFILES)
def test_the_strip_has_the_layers_of_the_slicer(steps_of: Drawn, name: str) -> None:
    path, machine = steps_of(name)
    _, contents = lint_and_read(path, machine, Level.OWN)
    shown = layers_of(drawn(path, machine))
    assert (shown[0].number, shown[-1].number) == (1, contents.layers)
    assert contents.bounds_mm is not None
    assert shown[0].z_um == pytest.approx(1000 * contents.bounds_mm[2])
    assert shown[-1].z_um == pytest.approx(1000 * contents.bounds_mm[5])
    # Above the second step only the third is printed, on the right.
    kinds = shown[-1].kinds
    assert not kinds[:, : kinds.shape[1] // 2].any()
    assert kinds.any()


@pytest.mark.parametrize("name", PROFILES)
def test_read_together_or_line_by_line_the_picture_is_the_same(steps_of: Drawn, name: str) -> None:
    together, plainly = drawn(*steps_of(name)), drawn(*steps_of(name), walk_plainly)
    assert np.array_equal(together.cells, plainly.cells)
    for one, other in zip(together.layers.all(), plainly.layers.all(), strict=True):
        assert np.array_equal(one.kinds, other.kinds)


def test_supports_and_a_brim_are_told_apart_from_the_part(tmp_path: Path) -> None:
    table = boxes(tmp_path / "m.stl", ((15, 5, 0), (10, 20, 12)), ((0, 0, 12), (40, 30, 3)))
    asked = PrintSettings(supports="auto", brim_mm=4)
    profile = with_recipe(load_profile("generic", [shipped("profiles")]), asked)
    report = slice_model(table, profile, tmp_path, asked=asked)
    plastic = drawn(tmp_path / report.file, profile.machine)
    first = layers_of(plastic)[0].kinds
    assert {Kind.SUPPORT, Kind.EDGE, Kind.OUTER} <= set(np.unique(first).tolist())
    assert at(plastic, 110, 110, around_mm=0.4)[0] == 15_000
    high, kind = at(plastic, 110, 125.8)
    assert (high < 12_000, kind) in {(True, Kind.SUPPORT), (True, Kind.EDGE)}


@pytest.mark.parametrize("bench", BENCHES)
def test_every_slicer_says_the_cost_and_gives_pictures(bench: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    profile = BENCHES[bench].profile(tmp_path / "profile")
    model = box(tmp_path / "m.stl", 20, 20, 5)
    slice_model(model, profile, out, program=BENCHES[bench].program())
    _, contents, pictures = lint_read_and_draw(out / "print.gcode", profile.machine, Level.OWN)
    assert contents.filament_g is not None
    assert contents.cost == pytest.approx(contents.filament_g * 25 / 1000, abs=0.01)
    assert Image.open(io.BytesIO(pictures.toolpath or b"")).size == (1200, 900)
    assert Image.open(io.BytesIO(pictures.layers or b"")).width >= 1000
