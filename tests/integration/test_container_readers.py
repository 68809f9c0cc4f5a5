"""A container that printd packed is opened by a program that others have written."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.unit.test_gcode_packing import FACTS, made

pytestmark = pytest.mark.peer("prusa-slicer")


def test_prusa_slicer_finds_a_body_as_large_as_the_print(tmp_path: Path) -> None:
    file = made(tmp_path)
    run = ["prusa-slicer", "--info", str(file)]
    said = subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout
    told = re.findall(r"^(\w+_[xyz]) = (\S+)$", said, re.MULTILINE)
    size = {name: float(value) for name, value in told}
    assert FACTS.bounds_mm is not None
    assert (size["min_x"], size["max_y"], size["max_z"]) == (10.0, 60.5, 10.4)
    assert "manifold = yes" in said
