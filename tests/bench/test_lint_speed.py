"""How long a million lines of G-code take to judge."""

import time
from pathlib import Path

import pytest

from printd.core.machine import Machine
from printd.gcode.safety import lint
from printd.gcode.timeline import timeline

MACHINE = Machine("m", "marlin2", 220, 220, 250, 0.4, 285, 110)
LINES = 1_000_000
BUDGET_S = 10.0


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lint") / "long.gcode"
    start = "M140 S60\nG90\nM83\nG28\nM109 S210\nG1 Z0.2 F600\n"
    moves = "".join(
        f"G1 X{100 + n % 97 * 0.517:.3f} Y{90 + n % 89 * 0.331:.3f} E.{n % 9000 + 1000}\n"
        for n in range(LINES)
    )
    path.write_text(start + moves + "M104 S0\nM140 S0\n")
    return path


def test_a_million_lines_are_judged_in_ten_seconds(long_file: Path) -> None:
    started_s = time.process_time()
    assert lint(long_file, MACHINE).ok
    took_s = time.process_time() - started_s
    print(f"lint: {LINES} lines in {took_s:.2f} s of CPU")
    assert took_s < BUDGET_S


def test_the_course_of_a_million_lines_is_read_in_ten_seconds(long_file: Path) -> None:
    started_s = time.process_time()
    assert timeline(long_file).total_s > 0
    took_s = time.process_time() - started_s
    print(f"timeline: {LINES} lines in {took_s:.2f} s of CPU")
    assert took_s < BUDGET_S
