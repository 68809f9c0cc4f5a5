"""How fast G-code is read and judged, and in how much memory; beside a bare loop over its lines."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import pytest

from printd.core.machine import Machine
from printd.gcode.judge import judge
from printd.gcode.safety import lint_and_read
from printd.gcode.timeline import timeline
from printd.gcode.verdict import Level
from printd.gcode.walk import walk_plainly
from tests.bench.figures import best_s, cpu_s, in_fresh_process, pace

MACHINE = Machine("m", "marlin2", 220, 220, 250, 0.4, 285, 110, max_filament_m=1e6, max_print_h=1e6)
# As Bambu's printers are: their firmware has commands of its own.
BAMBU = replace(MACHINE, firmware="bambu", travel=(-10, -5, 230, 230), motor_a=(1, 1, 1, 1))
FILE_BYTES = 10_000_000
LEAST_MB_S = 10.0  # on one core of the machine of the limits
MOST_MB = 50.0
TIMELINE_S = 10.0  # for a million lines
START = "M140 S60\nG90\nG28\nM109 S210\nM83\nG1 X100 Y90 Z0.2 F600\n"
END = "M104 S0\nM140 S0\n"

MEMORY = """
import sys
from pathlib import Path
from printd.core.machine import Machine
from printd.gcode.judge import judge
from printd.gcode.safety import lint_and_read

MACHINE = Machine("m", "marlin2", 220, 220, 250, 0.4, 285, 110, max_filament_m=1e6, max_print_h=1e6)

def work():
    verdict, _ = lint_and_read(Path(sys.argv[1]), MACHINE)
    assert verdict.ok, verdict.refusals
"""


def _place(n: int) -> tuple[float, float]:
    return 100 + n % 97 * 0.517, 90 + n % 89 * 0.331


def prusa() -> Iterator[str]:
    """Give lines as PrusaSlicer writes them for a relief: short lines, a comment now and then."""
    for n in count():
        x, y = _place(n)
        if n % 3000 == 0:
            yield ";LAYER_CHANGE\n;Z:0.2\n;HEIGHT:0.2\n;BEFORE_LAYER_CHANGE\nG92 E0\nM73 P1\n"
        if n % 25 == 0:
            yield ";TYPE:Perimeter\n;WIDTH:0.449999\nM204 P1000\n"
            yield f"G1 X{x:.3f} Y{y:.3f} F7200\nG1 F1800\n"
        yield f"G1 X{x:.3f} Y{y:.3f} E.{n % 90000 + 10000}\n"


def bambu() -> Iterator[str]:
    """Give lines as Bambu Studio writes them: every third is an arc."""
    for n in count():
        x, y = _place(n)
        if n % 3000 == 0:
            yield "; CHANGE_LAYER\n; Z_HEIGHT: 0.2\n; LAYER_HEIGHT: 0.2\nM73 P1 R5\nM106 S80\n"
        if n % 40 == 0:
            yield "; FEATURE: Outer wall\n; LINE_WIDTH: 0.42\nG1 F12000\nM204 S5000\n"
        if n % 3:
            yield f"G1 X{x:.3f} Y{y:.3f} E.{n % 90000 + 10000}\n"
        else:
            yield f"G3 X{x:.3f} Y{y:.3f} I-1.{n % 999} J.{n % 777} E.01321\n"


def cura() -> Iterator[str]:
    """Give lines as Cura writes them: the speed first, absolute filament."""
    yield "M82\nG92 E0\n"
    for n in count():
        x, y = _place(n)
        if n % 3000 == 0:
            yield f";LAYER:{n // 3000}\nM107\n;MESH:cube.stl\n"
        if n % 30 == 0:
            yield f"G1 F2700 E{n * 0.01 - 5:.5f}\nG0 F6000 X{x:.3f} Y{y:.3f}\n;TYPE:WALL-OUTER\n"
            yield f"G1 F2700 E{n * 0.01:.5f}\nG1 F1200 X{x + 1:.3f} Y{y:.3f} E{n * 0.01:.5f}\n"
        yield f"G1 X{x:.3f} Y{y:.3f} E{n * 0.01:.5f}\n"


DIALECTS: dict[str, Callable[[], Iterator[str]]] = {"prusa": prusa, "bambu": bambu, "cura": cura}


def write(path: Path, dialect: str, size: int = FILE_BYTES) -> Path:
    with path.open("w") as stream:
        stream.write(START)
        lines = DIALECTS[dialect]()
        while stream.tell() < size:
            stream.write("".join(islice(lines, 10_000)))
        stream.write(END)
    return path


def bare_loop(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(len(line) for line in stream)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_reading_and_judging_take_a_second_for_ten_megabytes(tmp_path: Path, dialect: str) -> None:
    path = write(tmp_path / "x.gcode", dialect)
    megabytes = path.stat().st_size / 1e6
    machine = BAMBU if dialect == "bambu" else MACHINE
    assert lint_and_read(path, machine)[0].refusals == ()
    bare_s = best_s(lambda: bare_loop(path), 3)
    took_s = best_s(lambda: lint_and_read(path, machine), 3)
    slow = pace()
    print(
        f"{dialect:6} {megabytes:.0f} MB: {megabytes / took_s:5.1f} MB/s at pace {slow:.2f}, "
        f"{took_s / bare_s:.0f} times a bare loop over the lines ({megabytes / bare_s:.0f} MB/s)"
    )
    assert megabytes / took_s * slow >= LEAST_MB_S


def test_together_is_several_times_faster_than_line_by_line(tmp_path: Path) -> None:
    content = write(tmp_path / "x.gcode", "prusa", 2_000_000).read_bytes()
    together_s = best_s(lambda: judge(io.BytesIO(content), MACHINE, Level.FOREIGN), 3)
    plain_s = cpu_s(lambda: judge(io.BytesIO(content), MACHINE, Level.FOREIGN, walk_plainly))
    print(f"together {together_s:.2f} s, line by line {plain_s:.2f} s of CPU")
    assert plain_s > 2 * together_s


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    used = {}
    for megabytes in (4, 64):
        path = write(tmp_path / f"{megabytes}.gcode", "prusa", megabytes * 1_000_000)
        used[megabytes] = in_fresh_process(MEMORY, path)[1]
    print("memory: " + ", ".join(f"{size} MB of G-code: {mb:.1f} MB" for size, mb in used.items()))
    assert max(used.values()) <= MOST_MB
    assert used[64] - used[4] < 5


def test_the_course_of_a_million_lines_is_read_in_ten_seconds(tmp_path: Path) -> None:
    path = tmp_path / "x.gcode"
    path.write_text(START + "".join(islice(prusa(), 1_000_000)) + END)
    took_s = cpu_s(lambda: timeline(path))
    slow = pace()
    print(f"timeline: a million moves in {took_s:.2f} s of CPU at pace {slow:.2f}")
    assert took_s < TIMELINE_S * slow
