"""Writing dense closed STL files, beside the bare bytes and three libraries."""

import io
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray

from printd.core.relief_settings import ReliefSettings, ReliefSize
from printd.geometry.heights.height import height_map_of
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.relief import heights_in_mm, solid, write_relief_stl
from printd.geometry.shape.finish import finished
from tests.bench.figures import Timed, cpu_s, in_fresh_process, pace, peer, start_s
from tests.photos import ASTRONAUT

ROUNDS = 7
NEEDED_DISK = 6_000_000_000  # for the file of 4096 cells, the bare bytes, and the disk's own needs
READY_BYTES = 64 << 20  # written again and again, until as many as the file has
OURS = """
import numpy as np
from printd.core.relief_settings import ReliefSize
from printd.geometry.mesh.relief import write_relief_stl

heights = np.load(sys.argv[1])
rows, cols = heights.shape[0] - 1, heights.shape[1] - 1
def work():
    with open(sys.argv[2], "wb") as out:
        write_relief_stl(out, heights, ReliefSize(100, 100, 6, 3, cols, rows))
"""
NUMPY_STL = """
import numpy as np, stl

with np.load(sys.argv[1]) as mesh:
    vertices, faces = mesh["vertices"], mesh["faces"]
def work():
    piece = stl.mesh.Mesh(np.zeros(len(faces), stl.mesh.Mesh.dtype), remove_empty_areas=False)
    piece.vectors[:] = vertices[faces]
    piece.save(sys.argv[2])
"""
TRIMESH = """
import numpy as np, trimesh
import trimesh.exchange.stl

with np.load(sys.argv[1]) as mesh:
    piece = trimesh.Trimesh(mesh["vertices"], mesh["faces"], process=False)
def work():
    with open(sys.argv[2], "wb") as out:
        out.write(trimesh.exchange.stl.export_stl(piece))
"""


def piece(quality: int) -> tuple[NDArray[np.float32], ReliefSize]:
    size = ReliefSize(100, 100, 6, 3, quality, quality)
    heights = height_map_of(ASTRONAUT, ReliefSettings(mesh_quality=1024), 1024).heights
    return heights_in_mm(finished(heights, ReliefSettings(), quality, quality), size), size


def in_turn(
    works: dict[str, Callable[[], object]], files: list[Path], rounds: int = ROUNDS
) -> dict[str, float]:
    """Return the median seconds of each; in turn, so that a noisy moment strikes everybody."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            for file in files:
                file.unlink(missing_ok=True)
            times[name].append(cpu_s(work))
    return {name: statistics.median(values) for name, values in times.items()}


@pytest.mark.timeout(600)
def test_dense_stl_of_1024_cells(tmp_path: Path) -> None:
    heights, size = piece(1024)
    mesh = solid(heights, size)
    content = io.BytesIO()
    made = write_relief_stl(content, heights, size)
    body = content.getvalue()
    ours, theirs = tmp_path / "ours.stl", tmp_path / "theirs.stl"
    works: dict[str, Callable[[], object]] = {
        "the ready bytes": lambda: theirs.write_bytes(body),
        "printd, from a height map": lambda: _write(ours, heights, size),
        "trimesh, from a ready mesh": lambda: _write_trimesh(theirs, mesh),
    }
    if (stl := peer("stl", "numpy-stl")) is not None:
        works["numpy-stl, from a ready mesh"] = lambda: _write_numpy_stl(stl, theirs, mesh)
    seconds = in_turn(works, [ours, theirs])
    np.save(tmp_path / "heights.npy", heights)
    np.savez(tmp_path / "mesh.npz", vertices=mesh.vertices, faces=mesh.faces)
    memory_mb = {"printd, from a height map": _memory_mb(OURS, tmp_path / "heights.npy", ours)}
    memory_mb["trimesh, from a ready mesh"] = _memory_mb(TRIMESH, tmp_path / "mesh.npz", theirs)
    if stl is not None:
        name = "numpy-stl, from a ready mesh"
        memory_mb[name] = _memory_mb(NUMPY_STL, tmp_path / "mesh.npz", theirs)

    print(f"\ndense closed STL, Q 1024: {made.triangles} triangles, {made.bytes / 1e6:.1f} MB")
    for name, taken in seconds.items():
        memory = f"{memory_mb[name]:6.0f} MB more" if name in memory_mb else ""
        print(f"  {name:30} {1000 * taken:7.1f} ms CPU {memory}")
    taken = seconds["printd, from a height map"]
    timed = Timed("  printd", taken, 0.10, pace())
    print(timed)
    started_s = start_s("printd.geometry.mesh.relief")
    print(f"  process start and imports, once for each worker: {1000 * started_s:.0f} ms CPU")
    _write(ours, heights, size)
    assert ours.read_bytes() == body
    assert timed.is_held
    assert memory_mb["printd, from a height map"] <= 20
    if stl is not None:
        quicker = seconds["numpy-stl, from a ready mesh"] / taken
        leaner = memory_mb["numpy-stl, from a ready mesh"] / memory_mb["printd, from a height map"]
        print(
            f"  numpy-stl to printd: {quicker:.1f} x the CPU (at least 5),"
            f" {leaner:.0f} x the memory (at least 10)"
        )
        assert quicker >= 5
        assert leaner >= 10


@pytest.mark.timeout(600)
def test_dense_stl_of_4096_cells(tmp_path: Path) -> None:
    if shutil.disk_usage(tmp_path).free < NEEDED_DISK:
        pytest.skip(f"fewer than {NEEDED_DISK / 1e9:.0f} GB are free in {tmp_path}")
    heights, size = piece(4096)
    np.save(tmp_path / "heights.npy", heights)
    ours, ready = tmp_path / "ours.stl", tmp_path / "ready"
    count = 2 * size.cells * 50 // READY_BYTES
    part = np.random.default_rng(1).bytes(READY_BYTES)

    def write_ready() -> None:
        with ready.open("wb") as out:
            for _ in range(count):
                out.write(part)

    try:
        write_ready()  # the first large file of a run also pays for the memory that it finds full
        seconds = in_turn(
            {"ready": write_ready, "ours": lambda: _write(ours, heights, size)}, [ready, ours], 2
        )
        ready.unlink(missing_ok=True)
        megabytes = _memory_mb(OURS, tmp_path / "heights.npy", ours)
    finally:
        for file in (ours, ready):
            file.unlink(missing_ok=True)

    ratio = seconds["ours"] / seconds["ready"]
    print(
        f"\ndense closed STL, Q 4096: {2 * size.cells * 50 / 1e9:.2f} GB written in"
        f" {seconds['ours']:.2f} s CPU, ready bytes in {seconds['ready']:.2f} s: {ratio:.2f} x"
        f" (allowed 2.5); {megabytes:.0f} MB more than the {heights.nbytes / 1e6:.0f} MB of its map"
        " (allowed 200)"
    )
    assert ratio <= 2.5
    assert megabytes <= 200


def _write(path: Path, heights: NDArray[np.float32], size: ReliefSize) -> None:
    with path.open("wb") as out:
        write_relief_stl(out, heights, size)


def _write_trimesh(path: Path, mesh: Mesh) -> None:
    whole = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    path.write_bytes(trimesh.exchange.stl.export_stl(whole))


def _write_numpy_stl(stl: Any, path: Path, mesh: Mesh) -> None:
    kind = stl.mesh.Mesh
    whole = kind(np.zeros(len(mesh.faces), kind.dtype), remove_empty_areas=False)
    whole.vectors[:] = mesh.vertices[mesh.faces]
    whole.save(str(path))


def _memory_mb(work: str, source: Path, out: Path) -> float:
    out.unlink(missing_ok=True)
    return in_fresh_process(work, source, out)[1]
