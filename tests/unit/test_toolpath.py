"""The pictures of what a file prints: what is where, of which kind, in which layer."""

import base64
import dataclasses
import functools
import io
import math
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from printd.core.machine import Machine
from printd.gcode.drawing import palette
from printd.gcode.drawing.kinds import Kind, kind_of
from printd.gcode.drawing.layers import MOST_KEPT, Layers
from printd.gcode.drawing.plastic import KIND, KIND_BITS, Plastic
from printd.gcode.drawing.strip import TILES, draw_strip, layers_of
from printd.gcode.drawing.toolpath import Toolpath
from printd.gcode.drawing.top import BORDER_PX, VIEW_PX, draw_top
from printd.gcode.drawing.window import SIDE, Window
from printd.gcode.judge import judge
from printd.gcode.pictures import lint_read_and_draw
from printd.gcode.safety import lint_and_read
from printd.gcode.verdict import Level
from printd.gcode.walk import walk, walk_plainly
from tests.photos import encoded
from tests.unit.test_gcode_walk import TEXT, Drip

MACHINE = Machine("m", "marlin2", 220, 220, 250, 0.4, 285, 110)
START = "M140 S60\nG90\nG28\nM109 S210\nM83\n"
END = "M104 S0\nM140 S0\n"
OUTER = ";TYPE:External perimeter"


def square(x: float, y: float, side: float, z: float = 0.2) -> str:
    corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]
    moves = [f"G1 X{corners[0][0]} Y{corners[0][1]} F6000", f"G1 Z{z}"]
    return "\n".join(moves + [f"G1 X{a:.3f} Y{b:.3f} E1" for a, b in corners[1:]]) + "\n"


def layers(count: int, height: float = 0.2) -> str:
    return "".join(
        f";LAYER_CHANGE\n{OUTER}\n" + square(100, 100, 20, round((n + 1) * height, 3))
        for n in range(count)
    )


def printed(text: str, machine: Machine = MACHINE) -> Plastic:
    toolpath = Toolpath(machine)
    judge(io.BytesIO((START + text + END).encode()), machine, Level.FOREIGN, also=(toolpath,))
    return toolpath.end()


def at(plastic: Plastic, x: float, y: float, around_mm: float = 0) -> tuple[int, int]:
    """Return the height (µm) and the kind of what lies within a cell, or more, of a place."""
    window = plastic.window
    far = 1 + round(around_mm / window.cell_mm)
    col, row = (np.floor(np.array([x, y]) / window.cell_mm) - window.corner).astype(int)
    cell = int(plastic.cells[row - far : row + far + 1, col - far : col + far + 1].max())
    return cell >> KIND_BITS, cell & KIND


def places(plastic: Plastic) -> NDArray[np.floating[Any]]:
    """Return the middles of all cells that hold something, (n, 2) in mm."""
    rows, cols = np.nonzero(plastic.cells)
    return (np.stack([cols, rows], axis=1) + plastic.window.corner + 0.5) * plastic.window.cell_mm


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "x.gcode"
    path.write_text(START + text + END)
    return path


def opened(png: bytes | None) -> Image.Image:
    assert png is not None
    return Image.open(io.BytesIO(png)).convert("RGB")


def test_plastic_lies_where_it_is_extruded_and_nowhere_else() -> None:
    plastic = printed(layers(1))
    found = places(plastic)
    off = np.abs(np.abs(found - 110).max(axis=1) - 10)
    assert off.max() < plastic.window.cell_mm
    assert len(found) > 4 * 20 / plastic.window.cell_mm - 4


def test_a_way_without_filament_is_not_drawn() -> None:
    plastic = printed(layers(1) + "G1 X10 Y10 F6000\nG1 X20 E-1\nG1 X20 E5\n")
    assert places(plastic).min() > 99


@pytest.mark.parametrize(
    "text",
    [
        "M82\nG92 E0\nG1 X50 Y50 Z0.2 F6000\nG1 X60 E5\n",
        "G1 X50 Y50 Z0.2 F6000\nG91\nG1 X10 E5\nG90\n",
        "G1 X40 Y50 Z0.2 F6000\nG92 X30\nG1 X40 F60\nG1 X50 E5\n",
        "T0\nG1 X50 Y50 Z0.2 F6000\nG1 X60 E5\n",
    ],
)
def test_every_way_to_name_a_place_is_followed(text: str) -> None:
    found = places(printed(text))
    assert found[:, 0].min() == pytest.approx(50, abs=0.1)
    assert found[:, 0].max() == pytest.approx(60, abs=0.1)
    assert found[:, 1] == pytest.approx(50, abs=0.1)


@pytest.mark.parametrize("turn", ["G2", "G3"])
def test_a_full_circle_is_round(turn: str) -> None:
    plastic = printed(f"G1 X120 Y100 Z0.2 F6000\n{turn} X120 Y100 I-20 J0 E9\n")
    reach = np.hypot(*(places(plastic) - 100).T)
    assert np.abs(reach - 20).max() < 2 * plastic.window.cell_mm
    assert len(reach) > 2 * math.pi * 20 / plastic.window.cell_mm / 1.5


def test_an_arc_turns_the_way_it_is_told() -> None:
    left = printed("G1 X120 Y100 Z0.2 F6000\nG3 X80 Y100 I-20 J0 E9\n")
    right = printed("G1 X120 Y100 Z0.2 F6000\nG2 X80 Y100 I-20 J0 E9\n")
    assert places(left)[:, 1].min() > 99.8
    assert places(right)[:, 1].max() < 100.2


def test_what_is_printed_later_lies_on_top() -> None:
    plastic = printed(
        layers(3) + ";LAYER_CHANGE\n;TYPE:Top solid infill\n" + square(90, 105, 30, 5)
    )
    assert at(plastic, 110, 100) == (600, Kind.OUTER)
    assert at(plastic, 110, 105) == (5000, Kind.TOP)


def test_what_is_primed_before_the_first_layer_is_no_part_of_the_print() -> None:
    plastic = printed("G1 X2 Y5 Z0.3 F6000\nG1 Y150 E9\n" + layers(2))
    assert places(plastic).min() > 99


def test_what_lies_far_off_the_bed_is_left_out() -> None:
    plastic = printed(layers(1) + "G1 X-900 Y5 E9\nG1 X9e5 Y5 E9\nG1 X100000 Y100 E3\n")
    assert places(plastic).min() > 99


@pytest.mark.parametrize(
    ("comment", "kind"),
    [
        (b"TYPE:External perimeter", Kind.OUTER),
        (b" FEATURE: Outer wall", Kind.OUTER),
        (b"TYPE:WALL-OUTER", Kind.OUTER),
        (b"TYPE:Support material interface", Kind.SUPPORT),
        (b"TYPE:SUPPORT-INTERFACE", Kind.SUPPORT),
        (b" FEATURE: Support", Kind.SUPPORT),
        (b"TYPE:Skirt/Brim", Kind.EDGE),
        (b"TYPE:Sparse infill", Kind.INFILL),
        (b"TYPE:something new", Kind.OTHER),
        (b"LAYER_CHANGE", None),
        (b" TYPE: none", None),
    ],
)
def test_the_words_of_every_slicer_are_known(comment: bytes, kind: Kind | None) -> None:
    assert kind_of(comment) is kind


def test_kinds_begin_and_end_where_the_file_says_so() -> None:
    # Moves are told in bulk, later than the comments between them.
    kinds = ("Skirt/Brim", "Support material", "External perimeter", "Internal infill")
    lines = [
        f";TYPE:{kinds[n % 4]}\nG1 X10 Y{10 + n} F6000\nG1 X20 E1\nG1 X30 E1\n" for n in range(200)
    ]
    plastic = printed(";LAYER_CHANGE\nG1 Z0.2 F600\n" + "".join(lines))
    wanted = (Kind.EDGE, Kind.SUPPORT, Kind.OUTER, Kind.INFILL)
    assert all(at(plastic, 25, 10 + n) == (200, wanted[n % 4]) for n in range(200))


def test_comments_without_end_take_no_more_memory() -> None:
    toolpath = Toolpath(MACHINE)
    tracemalloc.start()
    try:
        for line in range(1, 300_001):
            toolpath.comment((b"TYPE:Skirt", b"TYPE:Support")[line % 2], line)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 6e6


@settings(max_examples=60, deadline=None)
@given(TEXT, st.integers(20, 200))
def test_read_together_or_one_by_one_the_picture_is_the_same(lines: list[str], size: int) -> None:
    content = (START + "\n".join(["G1 Z.3", *lines, ";LAYER_CHANGE", *lines, END])).encode()
    together, plainly = Toolpath(MACHINE), Toolpath(MACHINE)
    at_once = functools.partial(walk, fewest_together=1)
    judge(Drip(content, size), MACHINE, Level.FOREIGN, at_once, (together,))
    judge(io.BytesIO(content), MACHINE, Level.FOREIGN, walk_plainly, (plainly,))
    one, other = together.end(), plainly.end()
    # Places are added up in another order: one that lies on the edge of a cell may fall aside.
    assert np.count_nonzero(one.cells != other.cells) <= 0.01 * np.count_nonzero(one.cells)
    assert [layer.z_um for layer in one.layers.all()] == [
        layer.z_um for layer in other.layers.all()
    ]


@given(st.binary(max_size=300))
def test_any_bytes_may_be_drawn(content: bytes) -> None:
    toolpath = Toolpath(MACHINE)
    judge(io.BytesIO(content), MACHINE, Level.FOREIGN, also=(toolpath,))
    assert toolpath.end().is_empty


@settings(max_examples=10, deadline=None)
@given(TEXT, st.sampled_from([40, 220, 12_000]))
def test_whatever_a_file_prints_can_be_shown(lines: list[str], bed_mm: float) -> None:
    machine = dataclasses.replace(MACHINE, bed_w_mm=bed_mm, bed_d_mm=bed_mm / 2)
    plastic = printed("G1 X9 Y9 Z.2 F600\nG1 X10 Y10 E1\n" + "\n".join(lines) + "\n", machine)
    assert plastic.is_empty or draw_top(plastic, machine).size == (1200, 900)
    assert plastic.is_empty or draw_strip(plastic, machine).width <= 1610


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-29, 249), st.floats(-29, 249)), min_size=1, max_size=12))
def test_a_window_that_grows_keeps_everything_in_its_place(
    points: list[tuple[float, float]],
) -> None:
    window, cells = Window(220), np.zeros((SIDE, SIDE), np.uint8)
    for n, point in enumerate(points, start=1):
        place = np.array(point)
        if change := window.hold(place, place):
            cells = change.of(cells)
        col, row = np.floor(place / window.cell_mm).astype(int) - window.corner
        cells[row, col] = n
    for n, point in enumerate(points, start=1):
        col, row = np.floor(np.array(point) / window.cell_mm).astype(int) - window.corner
        assert cells[row, col] >= n
    assert np.count_nonzero(cells) <= len(points)


def test_a_small_print_gets_small_cells_and_a_large_one_fits() -> None:
    small, large = printed(layers(1)), printed(";LAYER_CHANGE\n" + square(5, 5, 210))
    assert small.window.cell_mm < 0.06
    assert large.window.cell_mm == pytest.approx(4 * small.window.cell_mm)
    assert np.ptp(places(large), axis=0) == pytest.approx(210, abs=0.4)


@given(st.lists(st.integers(0, 300_000), min_size=1, max_size=300))
def test_few_layers_are_kept_of_any_number(heights_um: list[int]) -> None:
    kept = Layers()
    for z_um in heights_um:
        kept.begin(z_um)
    found = [layer.z_um for layer in kept.all()]
    assert len(found) <= MOST_KEPT
    assert found == sorted(set(found))
    assert set(found) <= set(heights_um)
    assert kept.top_um == max(heights_um)


@pytest.mark.parametrize("count", [1, 2, 7, 10, 11, 24, 25, 40, 333, 1000])
def test_the_strip_shows_first_and_last_and_even_heights_between(count: int) -> None:
    shown = layers_of(printed(layers(count)))
    assert len(shown) in ((count,) if count <= 10 else TILES)
    assert (shown[0].z_um, shown[0].number) == (200, 1)
    assert (shown[-1].z_um, shown[-1].number) == (200 * count, count)
    assert all(layer.number == layer.z_um // 200 for layer in shown)
    assert all(np.count_nonzero(layer.kinds) > 300 for layer in shown)
    if count > 10:
        steps = np.diff([layer.z_um for layer in shown])
        assert steps.max() <= 2 * steps.min()


def test_each_layer_shows_its_own_plastic_only() -> None:
    two = ";LAYER_CHANGE\n" + square(20, 20, 10) + ";LAYER_CHANGE\n" + square(40, 40, 10, 0.4)
    first, last = layers_of(printed(two))
    assert not (first.kinds.astype(bool) & last.kinds.astype(bool)).any()


def test_objects_printed_one_after_another_meet_in_a_layer() -> None:
    one = "".join(";LAYER_CHANGE\n" + square(20, 20, 10, 0.2 * n) for n in range(1, 6))
    other = "".join(";LAYER_CHANGE\n" + square(80, 20, 10, 0.2 * n) for n in range(1, 6))
    shown = layers_of(printed(one + other))
    assert len(shown) == 5
    middle: NDArray[np.bool_] = shown[2].kinds.any(axis=0).reshape(-1)
    assert middle[: len(middle) // 2].any()
    assert middle[len(middle) // 2 :].any()


def test_a_spiral_without_marks_is_cut_into_layers() -> None:
    around = [(math.cos(n / 20), math.sin(n / 20)) for n in range(20_000)]
    spiral = "".join(
        f"G1 X{100 + 9 * x:.3f} Y{100 + 9 * y:.3f} Z{0.2 + n * 0.001:.4f} E.1\n"
        for n, (x, y) in enumerate(around)
    )
    shown = layers_of(printed(spiral))
    assert len(shown) in TILES
    assert shown[-1].z_um == pytest.approx(20_200, abs=50)


def test_supports_have_a_colour_of_their_own(tmp_path: Path) -> None:
    def middle(kind: str) -> tuple[int, ...]:
        solid = "".join(f"G1 X100 Y{100 + 0.4 * n:.1f} F6000\nG1 X120 E1\n" for n in range(51))
        text = f";LAYER_CHANGE\n;TYPE:{kind}\nG1 Z0.2 F600\n{solid}"
        picture = opened(lint_read_and_draw(written(tmp_path, text), MACHINE)[2].toolpath)
        centre = BORDER_PX + VIEW_PX // 2
        crop = picture.crop((centre - 40, centre - 40, centre + 40, centre + 40))
        return tuple(np.asarray(crop).mean((0, 1)))

    support = np.array(palette.rgb(palette.KINDS[Kind.SUPPORT]))
    assert np.abs(np.array(middle("Support material")) - support).max() < 40
    assert np.abs(np.array(middle("Top solid infill")) - support).max() > 60


def test_a_picture_shows_plastic_where_it_is_and_the_plate_around(tmp_path: Path) -> None:
    path = written(tmp_path, layers(5))
    verdict, contents, pictures = lint_read_and_draw(path, MACHINE)
    assert (verdict, contents) == lint_and_read(path, MACHINE)
    picture = opened(pictures.toolpath)
    assert picture.size == (1200, 900)
    # The print takes the middle four fifths of the view, whose sides are plastic.
    view = np.asarray(picture)[BORDER_PX:-BORDER_PX, BORDER_PX : BORDER_PX + VIEW_PX].astype(int)
    warm = view[..., 0] - view[..., 2] > 20
    rows, cols = np.flatnonzero(warm.any(axis=1)), np.flatnonzero(warm.any(axis=0))
    assert len(rows) == pytest.approx(20.45 / 26.4 * VIEW_PX, rel=0.06)
    assert len(cols) == len(rows)
    assert not warm[VIEW_PX // 2 - 200 : VIEW_PX // 2 + 200, VIEW_PX // 2 - 200 :][:, :400].any()


def test_a_large_print_is_shown_with_all_of_its_plate() -> None:
    large = draw_top(printed(";LAYER_CHANGE\n" + square(5, 5, 210)), MACHINE)
    column = np.asarray(large)[600:, BORDER_PX + VIEW_PX + BORDER_PX :]
    assert (column == palette.PAPER).all()


@pytest.mark.parametrize(("width", "depth"), [(20, 20), (200, 1), (1, 200), (210, 210)])
def test_a_strip_has_room_for_every_shape(width: float, depth: float) -> None:
    text = "".join(
        f";LAYER_CHANGE\nG1 X5 Y5 Z{n / 5} F600\nG1 X{5 + width} E1\nG1 Y{5 + depth} E1\n"
        for n in range(1, 30)
    )
    strip = draw_strip(printed(text), MACHINE)
    assert 1000 <= strip.width <= 1610
    assert 100 < strip.height < 1000


@pytest.mark.parametrize("text", ["", "G1 X50 F600\n", "G1 E5 F600\n", ";LAYER_CHANGE\n"])
def test_what_extrudes_nothing_gives_no_picture(tmp_path: Path, text: str) -> None:
    pictures = lint_read_and_draw(written(tmp_path, text), MACHINE)[2]
    assert (pictures.toolpath, pictures.layers, pictures.thumbnail) == (None, None, None)


def test_a_file_that_breaks_off_is_drawn_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "x.gcode"
    path.write_bytes((START + layers(3)).encode() + b"\x00\x01" + layers(3).encode())
    verdict, _, pictures = lint_read_and_draw(path, MACHINE)
    assert not verdict.ok
    assert opened(pictures.layers).width >= 1000


def thumbnail(size: int, content: bytes) -> str:
    text = base64.b64encode(content).decode()
    lines = "".join(f"; {text[at : at + 78]}\n" for at in range(0, len(text), 78))
    return f"; thumbnail begin {size}x{size} {len(text)}\n{lines}; thumbnail end\n"


def test_the_largest_of_the_slicers_pictures_is_kept(tmp_path: Path) -> None:
    pictures = [encoded(Image.new("RGB", (n, n), (n, 0, 0)), "PNG") for n in (16, 220, 48)]
    text = "".join(thumbnail(n, png) for n, png in zip((16, 220, 48), pictures, strict=True))
    kept = opened(lint_read_and_draw(written(tmp_path, text), MACHINE)[2].thumbnail)
    assert (kept.size, kept.getpixel((0, 0))) == ((220, 220), (220, 0, 0))


def test_a_broken_picture_spoils_nothing(tmp_path: Path) -> None:
    whole = encoded(Image.new("RGB", (16, 16)), "PNG")
    two = thumbnail(300, b"\x89PNG broken") + thumbnail(16, whole)
    assert opened(lint_read_and_draw(written(tmp_path, two), MACHINE)[2].thumbnail).width == 16
    broken = thumbnail(16, whole[:40]) + layers(1)
    pictures = lint_read_and_draw(written(tmp_path, broken), MACHINE)[2]
    assert pictures.thumbnail is None
    assert pictures.toolpath is not None
