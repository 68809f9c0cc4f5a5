"""How fast a file is drawn while it is read and judged, and in how much memory.

Run with ``-s`` to see the figures. What is gathered for the pictures is told in shares of reading
and judging, in one run; the two pictures themselves take much the same time for every file, and
are told apart.
"""

from pathlib import Path

import pytest

from printd.core.relief_settings import ReliefSettings
from printd.gcode.drawing.strip import draw_strip
from printd.gcode.drawing.toolpath import Toolpath
from printd.gcode.drawing.top import draw_top
from printd.gcode.pictures import lint_read_and_draw
from printd.gcode.safety import lint_and_read
from printd.meshers.making import make_relief
from tests.bench.figures import best_s, in_fresh_process, pace, sliced
from tests.bench.test_lint_speed import DIALECTS, MACHINE, write
from tests.peers.bodies import box
from tests.photos import ASTRONAUT

LEAST_MB_S = 10.0  # reading, judging and gathering what is drawn
MOST_RATIO = 1.2  # of gathering, to reading and judging
MOST_PICTURES_S = 0.4  # for both of them
MOST_MB = 50.0
BLOCK_S = 0.5
ROUNDS = 3

MEMORY = """
import sys
from pathlib import Path
import printd.gcode.judge, printd.gcode.drawing.strip, printd.gcode.drawing.top
import printd.gcode.drawing.toolpath
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from printd.core.machine import Machine
from printd.gcode.pictures import lint_read_and_draw

MACHINE = Machine("m", "marlin2", 220, 220, 250, 0.4, 285, 110, max_filament_m=1e6, max_print_h=1e6)

def work():
    lint_read_and_draw(Path(sys.argv[1]), MACHINE)
"""


def measured(name: str, path: Path) -> tuple[float, float, float]:
    """Return MB/s with gathering, its share of reading and judging, seconds for the pictures."""

    def gather() -> Toolpath:
        toolpath = Toolpath(MACHINE)
        lint_and_read(path, MACHINE, also=(toolpath,))
        toolpath.end()
        return toolpath

    megabytes = path.stat().st_size / 1e6
    alone_s = best_s(lambda: lint_and_read(path, MACHINE), ROUNDS)
    gathered_s = best_s(gather, ROUNDS)
    plastic = gather().end()
    pictures_s = best_s(lambda: (draw_strip(plastic, MACHINE), draw_top(plastic, MACHINE)), ROUNDS)
    all_s = best_s(lambda: lint_read_and_draw(path, MACHINE), ROUNDS)
    ratio = gathered_s / alone_s - 1
    print(
        f"{name:8} {megabytes:5.1f} MB: read and judged {megabytes / alone_s:5.1f} MB/s, drawn too"
        f" {megabytes / gathered_s:5.1f} MB/s ({ratio:.2f} times as much again); pictures"
        f" {1000 * pictures_s:.0f} ms; with their PNG files {1000 * all_s:.0f} ms in all"
    )
    return megabytes / gathered_s, ratio, pictures_s


@pytest.mark.parametrize("dialect", DIALECTS)
def test_drawing_costs_about_what_reading_does(tmp_path: Path, dialect: str) -> None:
    path = write(tmp_path / "x.gcode", dialect)
    speed, ratio, pictures_s = measured(dialect, path)
    slow = pace()
    assert speed * slow >= LEAST_MB_S
    assert ratio <= MOST_RATIO
    assert pictures_s <= MOST_PICTURES_S * slow


@pytest.mark.peer("prusa-slicer")
def test_a_relief_is_drawn_at_the_speed_it_is_read(tmp_path: Path) -> None:
    model = tmp_path / "relief.stl"
    make_relief(ASTRONAUT, ReliefSettings.of({"width_mm": 100, "mesh_quality": 512}), model)
    sliced(model)
    speed, ratio, _ = measured("relief", model.with_suffix(".gcode"))
    assert speed * pace() >= LEAST_MB_S
    assert ratio <= MOST_RATIO


@pytest.mark.peer("prusa-slicer")
def test_a_short_file_with_long_lines_is_drawn_in_half_a_second(tmp_path: Path) -> None:
    # The most plastic for each byte: what is drawn is millimetres, what is read is letters.
    model = box(tmp_path / "block.stl", 190, 190, 20)
    found = sliced(model)
    path = model.with_suffix(".gcode")
    measured("block", path)
    drawn_s = best_s(lambda: lint_read_and_draw(path, MACHINE), ROUNDS)
    print(f"  {drawn_s:.2f} s for a print of {found['print_s'] / 3600:.0f} h")
    assert drawn_s < BLOCK_S * pace()


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    used = {}
    for megabytes in (4, 64):
        path = write(tmp_path / f"{megabytes}.gcode", "prusa", megabytes * 1_000_000)
        used[megabytes] = in_fresh_process(MEMORY, path)[1]
    print("memory: " + ", ".join(f"{size} MB of G-code: {mb:.1f} MB" for size, mb in used.items()))
    assert max(used.values()) <= MOST_MB
    assert used[64] - used[4] < 8


@pytest.mark.peer("prusa-slicer")
@pytest.mark.parametrize("width_mm", [100, 200])
def test_memory_holds_for_a_plate_full_of_relief(tmp_path: Path, width_mm: int) -> None:
    model = tmp_path / "relief.stl"
    make_relief(ASTRONAUT, ReliefSettings.of({"width_mm": width_mm, "mesh_quality": 384}), model)
    sliced(model)
    used_mb = in_fresh_process(MEMORY, model.with_suffix(".gcode"))[1]
    print(f"memory for a relief of {width_mm} mm: {used_mb:.1f} MB")
    assert used_mb <= MOST_MB
