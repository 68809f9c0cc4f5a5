"""Where the nozzle is, whatever way the file says it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printd.core.machine import Machine
from printd.gcode.arcs import VagueArc, arc_of
from printd.gcode.commands import command_of, quick_move
from printd.gcode.motion import Motion, Move

MACHINE = Machine("m", "marlin2", 220, 220, 250, 0.4, 285, 110)
KLIPPER = Machine("k", "klipper", 220, 220, 250, 0.4, 285, 110)


def follow(*lines: str, machine: Machine = MACHINE) -> Move:
    """Return the last move."""
    motion = Motion(machine)
    last = None
    for number, line in enumerate(lines, start=1):
        words = quick_move(line.encode())
        move = motion.quick(number, words) if words else None
        last = move or motion.see(command_of(line.encode(), number)) or last
    assert last is not None
    return last


def place(*lines: str) -> tuple[float | None, float | None, float | None]:
    move = follow(*lines)
    return move.x, move.y, move.z


def test_nothing_is_known_before_homing() -> None:
    assert place("G1 X10") == (10, None, None)


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        (["G28", "G1 X10 Y20 Z3"], (10, 20, 3)),
        (["G28", "G91", "G1 X10", "G1 X10 Y5"], (20, 5, 0)),
        (["G28", "G91", "G1 X10", "G90", "G1 X1"], (1, 0, 0)),
        (["G28", "G20", "G1 X1"], (25.4, 0, 0)),
        (["G28", "G20", "G21", "G1 X1"], (1, 0, 0)),
        (["G28", "G1 X100", "G92 X0", "G1 X150"], (250, 0, 0)),
        (["G28", "G1 X100", "G92 X0", "G28 X", "G1 X150"], (150, 0, 0)),
        (["G28", "G92", "G1 X5"], (5, 0, 0)),
        (["G28", "G1 X5 Y5", "G29", "G1 X6"], (6, None, None)),
        (["G28", "G1 X5 Y5", "M84", "G1 X6"], (6, None, None)),
        (["G28", "G1 X5 Y5", "M84 S60", "G1 X6"], (6, 5, 0)),
        (["G28", "G1 X5 Y5", "M84 X", "G1 Z6"], (None, 5, 6)),
        (["G28", "G1 X5 Y5", "PARK_HEAD", "G1 Z6"], (None, None, 6)),
        (["G28", "G2 X10 Y0 I5 J0"], (10, 0, 0)),
    ],
)
def test_places_are_followed(lines: list[str], end: tuple[float | None, ...]) -> None:
    assert place(*lines) == pytest.approx(end)


def test_motors_off_forgets_the_homing() -> None:
    motion = Motion(MACHINE)
    for line in (b"G28", b"M84 X Y E"):
        motion.see(command_of(line, 1))
    assert motion.homed == {"Z"}


def test_a_relative_move_from_nowhere_is_trouble() -> None:
    assert "relative" in follow("G28", "G29", "G91", "G1 X5").trouble


@pytest.mark.parametrize(
    ("lines", "machine", "filament"),
    [
        (["G28", "M83", "G1 X1 E2", "G1 X2 E2"], MACHINE, 2),
        (["G28", "M82", "G1 X1 E2", "G1 X2 E2"], MACHINE, 0),
        (["G28", "M82", "G1 E5", "G92 E0", "G1 E2"], MACHINE, 2),
        # Marlin's G90 takes the filament along; Klipper's does not.
        (["G28", "M83", "G90", "G1 E5", "G1 E5"], MACHINE, 0),
        (["G28", "M83", "G90", "G1 E5", "G1 E5"], KLIPPER, 5),
        (["G28", "M82", "G91", "G1 E5", "G1 E5"], KLIPPER, 5),
        (["G28", "M83", "G20", "G1 E1"], MACHINE, 25.4),
    ],
)
def test_filament_is_counted(lines: list[str], machine: Machine, filament: float) -> None:
    assert follow(*lines, machine=machine).extruded_mm == pytest.approx(filament)


def test_a_half_circle_reaches_further_than_its_ends() -> None:
    box, length, *_ = arc_of((10, 0), (30, 0), clockwise=True, offset=(10, 0), radius=None)
    assert box == pytest.approx((10, 0, 30, 10))
    assert length == pytest.approx(10 * math.pi)
    box = arc_of((10, 0), (30, 0), clockwise=False, offset=(10, 0), radius=None).box
    assert box == pytest.approx((10, -10, 30, 0))


def test_an_arc_back_to_its_start_is_a_full_circle() -> None:
    box, length, *_ = arc_of((10, 0), (10, 0), clockwise=True, offset=(5, 0), radius=None)
    assert box == pytest.approx((10, -5, 20, 5))
    assert length == pytest.approx(10 * math.pi)


def test_turns_before_the_arc_make_it_a_full_circle() -> None:
    box = arc_of((10, 0), (15, 5), clockwise=True, offset=(5, 0), radius=None, turns=2).box
    assert box == pytest.approx((10, -5, 20, 5))


def test_a_negative_radius_goes_the_longer_way() -> None:
    short = arc_of((0, 0), (10, 10), clockwise=False, offset=None, radius=10).box
    long = arc_of((0, 0), (10, 10), clockwise=False, offset=None, radius=-10).box
    assert short == pytest.approx((0, 0, 10, 10))
    assert long == pytest.approx((-10, -0, 10, 20)) or long == pytest.approx((0, -10, 20, 10))


@pytest.mark.parametrize(
    ("offset", "radius", "end"),
    [(None, None, (1, 1)), ((1.0, 0.0), 1.0, (1, 1)), (None, 0.0, (1, 1)), (None, 5.0, (0, 0))],
)
def test_vague_arcs_are_refused(
    offset: tuple[float, float] | None, radius: float | None, end: tuple[float, float]
) -> None:
    with pytest.raises(VagueArc):
        arc_of((0, 0), end, clockwise=True, offset=offset, radius=radius)


COORDINATE = st.floats(-300, 300, allow_nan=False).map(lambda value: round(value, 3))


@given(COORDINATE, COORDINATE, st.floats(0, math.tau), st.floats(0.5, 100), st.booleans())
def test_every_point_of_an_arc_lies_in_its_box(
    i: float, j: float, sweep: float, share: float, clockwise: bool
) -> None:
    radius = math.hypot(i, j)
    if radius < 0.01 or radius * sweep < 0.01:
        return
    start_angle = math.atan2(-j, -i)
    sign = -1 if clockwise else 1
    end_angle = start_angle + sign * sweep
    end = (i + radius * math.cos(end_angle), j + radius * math.sin(end_angle))
    x0, y0, x1, y1 = arc_of((0, 0), end, clockwise=clockwise, offset=(i, j), radius=None).box
    angle = start_angle + sign * sweep * share / 100
    x, y = i + radius * math.cos(angle), j + radius * math.sin(angle)
    slack = 1e-6 * radius
    assert x0 - slack <= x <= x1 + slack
    assert y0 - slack <= y <= y1 + slack
