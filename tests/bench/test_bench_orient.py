"""How long the search for the way up takes, beside reading the same mesh."""

import time
from pathlib import Path

import numpy as np
import pytest
import trimesh

from printd.geometry.files.meshio import MeshLimits, read_stl, write_stl
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.orient import least_support

pytestmark = pytest.mark.bench
LIMITS = MeshLimits(max_bytes=1 << 30, max_triangles=10_000_000)


def bumpy(level: int) -> Mesh:
    """Return a ball with bumps: no way up is flat, so all are looked at."""
    ball = trimesh.creation.icosphere(level, 30)
    points = np.asarray(ball.vertices)
    waves = 1 + 0.1 * np.sin(points[:, :1] / 2) * np.sin(points[:, 1:2] / 3)
    points = points * waves
    return Mesh((points - points.min(axis=0)).astype(np.float32), ball.faces.astype(np.int32))


def test_the_way_up_of_300_000_triangles(tmp_path: Path) -> None:
    mesh = bumpy(7)
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
