"""How many pieces lie on a bed, and where."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printd.core.bed_layout import GAP_MM, beside_brim, layout_of, most_places
from printd.core.machine import Machine
from printd.geometry.mesh.arrange import arranged, turned
from printd.geometry.mesh.mesh import Mesh, check_closed
from tests.peers.bodies import body_of


def brick(width_mm: float, depth_mm: float, height_mm: float) -> Mesh:
    return body_of(((0, 0, 0), (width_mm, depth_mm, height_mm)))


MACHINE = Machine("generic", "marlin", 220, 180, 250, 0.4, 285, 110)  # 210 x 170 mm are free


@pytest.mark.parametrize(("brim_mm", "room_mm"), [(None, 210), (0, 210), (4, 210), (10, 199)])
def test_a_brim_that_is_wider_than_the_margin_takes_room(
    brim_mm: float | None, room_mm: float
) -> None:
    machine = beside_brim(MACHINE, brim_mm)
    assert layout_of(machine, (room_mm, 10, 10), 1)
    assert not layout_of(machine, (room_mm + 0.1, 10, 10), 1)


@pytest.mark.parametrize(
    ("size_mm", "copies", "grid"),
    [
        ((210, 170, 250), 1, (1, 1, False)),
        ((210.1, 170, 250), 1, None),
        ((210, 170, 250.1), 1, None),
        ((170, 210, 10), 1, (1, 1, True)),  # only turned
        ((102, 82, 10), 4, (2, 2, False)),
        ((102.1, 82, 10), 4, None),
        ((60, 100, 10), 3, (3, 1, False)),
        ((100, 60, 10), 3, (2, 2, False)),
        ((100, 50, 10), 6, (2, 3, False)),
        ((50, 100, 10), 6, (2, 3, True)),  # more fit turned
    ],
)
def test_pieces_lie_as_they_are_if_they_fit_so(
    size_mm: tuple[float, float, float], copies: int, grid: tuple[int, int, bool] | None
) -> None:
    layout = layout_of(MACHINE, size_mm, copies)
    found = None if layout is None else (layout.columns, layout.rows, layout.is_turned)
    assert found == grid
    assert (most_places(MACHINE, size_mm) >= copies) is (grid is not None)


@given(st.floats(5, 230), st.floats(5, 230), st.integers(1, 30))
def test_whatever_fits_lies_apart_and_on_the_bed(
    width_mm: float, depth_mm: float, copies: int
) -> None:
    piece = brick(width_mm, depth_mm, 4)
    layout = layout_of(MACHINE, (width_mm, depth_mm, 4.0), copies)
    if layout is None:
        return
    mesh = arranged(piece, copies, layout)
    low, high = mesh.bounds_mm
    assert (high - low)[0] <= MACHINE.room_mm[0] + 0.01
    assert (high - low)[1] <= MACHINE.room_mm[1] + 0.01
    parts = mesh.vertices.reshape(copies, -1, 3)
    boxes = [(part.min(axis=0), part.max(axis=0)) for part in parts]
    for number, (one_low, one_high) in enumerate(boxes):
        for other_low, other_high in boxes[:number]:
            apart = np.maximum(one_low - other_high, other_low - one_high)[:2].max()
            assert apart >= GAP_MM - 0.01
    report = check_closed(mesh)
    assert report.is_closed
    assert report.volume_mm3 == pytest.approx(copies * width_mm * depth_mm * 4, rel=1e-4)


def test_a_turn_is_no_mirror() -> None:
    piece = brick(30, 20, 10)
    corner = Mesh(piece.vertices + np.array([0, 0, 0], np.float32), piece.faces)
    around = turned(corner)
    assert (around.bounds_mm[1] == [20, 30, 10]).all()
    assert check_closed(around).is_closed
    assert np.allclose(turned(turned(turned(turned(corner)))).vertices, corner.vertices)
