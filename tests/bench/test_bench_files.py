"""Files and pictures of adaptive reliefs: time and size of each, beside another library's.

Run with ``-s`` to see the table. CPU time is the best of several, all kinds in turn, so that a
noisy moment strikes everybody.
"""

import io
import resource
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from printd.core.relief_settings import ReliefSettings
from printd.geometry.drawing.camera import FRONT
from printd.geometry.drawing.preview import in_light, shade, write_preview
from printd.geometry.drawing.sight import look_at
from printd.geometry.files.depthpng import write_depth_png
from printd.geometry.files.meshio import write_obj, write_stl
from printd.geometry.files.objzip import Texture, write_obj_zip
from printd.geometry.files.threemf import write_3mf
from printd.geometry.heights.height import height_map_of
from printd.geometry.mesh.build import Piece, Shape, build_piece
from printd.geometry.mesh.relief import heights_in_mm
from printd.geometry.shape.finish import finished
from tests.photos import ASTRONAUT

ROUNDS = 5


def relief(quality: int) -> tuple[Piece, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    settings = ReliefSettings.of({"mesh_quality": quality})
    size = settings.resolve(1.0)
    found = height_map_of(ASTRONAUT, settings, quality).heights
    heights = finished(found, settings, size.rows, size.cols)
    return build_piece(heights_in_mm(heights, size), size, Shape()), heights


def best_ms(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the least CPU time of each."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            before = resource.getrusage(resource.RUSAGE_SELF)
            work()
            after = resource.getrusage(resource.RUSAGE_SELF)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            times[name].append(1000 * spent)
    return {name: min(values) for name, values in times.items()}


@pytest.mark.parametrize("quality", [512, 1024])
def test_files(tmp_path: Path, quality: int) -> None:
    piece, heights = relief(quality)
    mesh = piece.mesh
    foreign = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    picture = np.asarray(Image.open(ASTRONAUT).convert("RGB"))
    texture = Texture(picture, piece.uv, piece.top_faces, piece.uv_faces)
    files = {
        name: tmp_path / name
        for name in ("a.stl", "a.3mf", "a.obj", "a.zip", "a.png", "theirs.stl", "theirs.obj")
    }

    def theirs_stl() -> None:
        files["theirs.stl"].write_bytes(trimesh.exchange.stl.export_stl(foreign))

    def theirs_obj() -> None:
        files["theirs.obj"].write_text(
            trimesh.exchange.obj.export_obj(foreign, include_normals=False)  # type: ignore[no-untyped-call]
        )

    times = best_ms(
        {
            "a.stl": lambda: write_stl(files["a.stl"], mesh),
            "theirs.stl": theirs_stl,
            "a.3mf": lambda: write_3mf(files["a.3mf"], mesh, title="relief"),
            "a.obj": lambda: write_obj(files["a.obj"], mesh),
            "theirs.obj": theirs_obj,
            "a.zip": lambda: write_obj_zip(files["a.zip"], mesh, texture),
            "a.png": lambda: write_depth_png(files["a.png"], heights),
        }
    )

    sizes = {name: file.stat().st_size for name, file in files.items()}
    rows = [
        f"  {title:28} {times[name]:7.0f} ms {sizes[name] / 1e6:7.2f} MB"
        for title, name in (
            ("STL", "a.stl"),
            ("STL by trimesh", "theirs.stl"),
            ("3MF", "a.3mf"),
            ("OBJ", "a.obj"),
            ("OBJ by trimesh", "theirs.obj"),
            ("OBJ with texture, ZIP", "a.zip"),
            ("depth PNG", "a.png"),
        )
    ]
    print(f"\nfiles, Q {quality}, {len(mesh.faces)} triangles, CPU\n" + "\n".join(rows))
    assert sizes["a.3mf"] <= 0.3 * sizes["a.stl"]
    assert times["a.obj"] <= 0.2 * times["theirs.obj"]
    assert times["a.stl"] <= 1.2 * times["theirs.stl"]


@pytest.mark.parametrize("quality", [512, 1024])
def test_pictures(tmp_path: Path, quality: int) -> None:
    mesh = relief(quality)[0].mesh
    sight = look_at(mesh, 1200, 900)
    picture = in_light(sight, "white-pla")

    times = best_ms(
        {
            "1200 x 900, to PNG": lambda: write_preview(mesh, tmp_path / "a.png"),
            "  what is seen": lambda: look_at(mesh, 1200, 900),
            "  light on white PLA": lambda: in_light(sight, "white-pla"),
            "  light on wood": lambda: in_light(sight, "wood"),
            "  PNG, level 3": lambda: Image.fromarray(picture).save(
                io.BytesIO(), "PNG", compress_level=3
            ),
            "300 x 225, not to a file": lambda: shade(mesh, 300, 225, FRONT, "bronze"),
        }
    )

    rows = [f"  {name:28} {time:7.0f} ms" for name, time in times.items()]
    kilobytes = (tmp_path / "a.png").stat().st_size / 1000
    print(
        f"\npictures, Q {quality}, {len(mesh.faces)} triangles, CPU, {kilobytes:.0f} kB\n"
        + "\n".join(rows)
    )
    assert times["1200 x 900, to PNG"] < 3000
