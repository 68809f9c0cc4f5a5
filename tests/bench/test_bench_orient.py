"""How long the search for the way up takes, beside reading the same mesh."""

import time
from pathlib import Path

import pytest

from printd.geometry.files.meshio import MeshLimits, read_stl, write_stl
from printd.geometry.mesh.orient import least_support
from tests.peers.figures import bumpy_ball

pytestmark = pytest.mark.bench
LIMITS = MeshLimits(max_bytes=1 << 30, max_triangles=10_000_000)


def test_the_way_up_of_300_000_triangles(tmp_path: Path) -> None:
    mesh = bumpy_ball(7)
    write_stl(tmp_path / "m.stl", mesh)
    began_s = time.perf_counter()
    read_stl(tmp_path / "m.stl", LIMITS)
    read_s = time.perf_counter() - began_s
    began_s = time.perf_counter()
    _, turn = least_support(mesh)
    took_s = time.perf_counter() - began_s
    print(
        f"\n{len(mesh.faces)} triangles: way up found in {took_s:.2f} s, read in {read_s:.2f} s, "
        f"support {turn.before.support_mm3:.0f} to {turn.after.support_mm3:.0f} mm3"
    )
    assert took_s < 20 * max(read_s, 0.1)
