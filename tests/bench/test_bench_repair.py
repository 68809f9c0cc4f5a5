"""What it takes to make a mesh of half a million triangles printable, whole and damaged.

CPU seconds and peak memory are of the work alone, in a fresh process that has loaded its libraries;
the volume is checked in the same run, for a quick repair that gives a shell is worth nothing.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from printd.geometry.files.meshio import read_stl
from printd.geometry.mesh.mesh import check_closed
from tests.bench.figures import Timed, pace
from tests.peers.mesh_fixtures import WHOLE, fixture, truth_mm3

pytestmark = pytest.mark.bench

TRIANGLES = 500_000
CLEAN_S, DAMAGED_S = 10.0, 40.0
MOST_MB = 1500.0
CLEAN = ("F1", "F2", "F3", "F9", "F10", "F10-unit")
WORK = """
import json, resource, sys, time
from pathlib import Path

import manifold3d
from printd.core.mend_wishes import Wishes
from printd.pipeline.tasks import mend_model
import printd.geometry.drawing.preview, printd.geometry.repair.mend, printd.geometry.repair.reading

raw, out = Path(sys.argv[1]), Path(sys.argv[2])
before = time.process_time()
report = mend_model(raw, out, None, Wishes())
used = time.process_time() - before
with open("/proc/self/status") as status:
    peak_kb = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(json.dumps([used, peak_kb / 1024, report["volume_mm3"], report["triangles"]]))
"""


@dataclass
class Run:
    cpu_s: float
    peak_mb: float
    volume_mm3: float
    triangles: int


def mended(name: str, triangles: int, folder: Path) -> Run:
    raw = folder / "raw.mesh"
    raw.write_bytes(fixture(name, triangles))
    fixture.cache_clear()
    words = [sys.executable, "-c", WORK, str(raw), str(folder / "out.stl")]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return Run(*json.loads(done.stdout))


@pytest.mark.parametrize("name", WHOLE)
def test_half_a_million_triangles_become_printable(name: str, tmp_path: Path) -> None:
    triangles = 1_500_000 if name == "F12" else TRIANGLES
    run = mended(name, triangles, tmp_path)
    timed = Timed(name, run.cpu_s, CLEAN_S if name in CLEAN else DAMAGED_S, pace())
    off = run.volume_mm3 / truth_mm3(name, triangles) - 1
    print(
        f"\n{timed}; peak {run.peak_mb:.0f} MB; {triangles} to {run.triangles} triangles; "
        f"volume {off:+.3%}"
    )
    assert timed.is_held
    assert run.peak_mb <= MOST_MB
    assert abs(off) < 0.01
    assert check_closed(read_stl(tmp_path / "out.stl")).is_closed


@pytest.mark.peer("prusa-slicer")
def test_what_came_of_half_a_million_is_taken_by_the_slicer(tmp_path: Path) -> None:
    mended("F6", TRIANGLES, tmp_path)
    words = ["prusa-slicer", "--info", str(tmp_path / "out.stl")]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert "manifold = yes" in said
