"""OBJ with a texture: three files in a ZIP, the photo upright on the top, the rest plain."""

import io
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from printd.core.relief_settings import ReliefSize
from printd.geometry.files.objzip import Texture, write_obj_zip
from printd.geometry.mesh.bend import Bend
from printd.geometry.mesh.build import Piece, Shape, build_piece
from printd.geometry.mesh.mesh import Mesh, check_closed
from tests.photos import quarters

SIZE = ReliefSize(cols=48, rows=32, width_mm=60.0, height_mm=40.0, relief_mm=3.0, base_mm=2.0)


def piece(bend: Bend | None = None) -> Piece:
    x, y = np.meshgrid(np.linspace(0, 9, 49), np.linspace(0, 7, 33))
    heights = (3.5 + np.sin(x) * np.cos(y)).astype(np.float32)
    return build_piece(heights, SIZE, Shape(bend=bend))


def texture_of(made: Piece) -> Texture:
    picture = np.asarray(quarters().convert("RGB"))
    return Texture(picture, made.uv, made.top_faces, made.uv_faces)


class Obj:
    """What an OBJ file says, read line by line."""

    def __init__(self, text: str) -> None:
        self.vertices: list[list[float]] = []
        self.uv: list[list[float]] = []
        self.faces: dict[str, list[list[list[int]]]] = {}
        material = ""
        for line in text.splitlines():
            word, *rest = line.split()
            if word == "v":
                self.vertices.append([float(one) for one in rest])
            elif word == "vt":
                self.uv.append([float(one) for one in rest])
            elif word == "usemtl":
                material = rest[0]
            elif word == "f":
                corners = [[int(number) - 1 for number in one.split("/")] for one in rest]
                self.faces.setdefault(material, []).append(corners)

    @property
    def mesh(self) -> Mesh:
        everything = [corner for faces in self.faces.values() for corner in faces]
        numbers = [[one[0] for one in face] for face in everything]
        return Mesh(np.array(self.vertices, np.float32), np.array(numbers, np.int32))


def parts_of(file: Path) -> dict[str, bytes]:
    with ZipFile(file) as package:
        assert package.testzip() is None
        return {name: package.read(name) for name in package.namelist()}


def written(tmp_path: Path, made: Piece) -> tuple[Obj, dict[str, bytes]]:
    write_obj_zip(tmp_path / "piece.zip", made.mesh, texture_of(made))
    parts = parts_of(tmp_path / "piece.zip")
    return Obj(parts["relief.obj"].decode()), parts


def test_files_name_each_other_without_a_folder(tmp_path: Path) -> None:
    _, parts = written(tmp_path, piece())

    assert list(parts) == ["relief.obj", "relief.mtl", "texture.jpg"]
    assert b"\nmtllib relief.mtl\n" in parts["relief.obj"]
    assert b"\nmap_Kd texture.jpg\n" in parts["relief.mtl"]
    materials = [line.split()[1] for line in parts["relief.mtl"].splitlines() if b"newmtl" in line]
    assert materials == [b"photo", b"plain"]


@pytest.mark.parametrize("bend", [None, Bend("outer", 150), Bend("outer", 360)])
def test_it_is_the_same_closed_mesh(tmp_path: Path, bend: Bend | None) -> None:
    made = piece(bend)

    obj, _ = written(tmp_path, made)

    assert check_closed(obj.mesh).is_closed
    assert np.array_equal(obj.mesh.faces, made.mesh.faces)
    assert np.abs(obj.mesh.vertices - made.mesh.vertices).max() < 1e-6
    assert len(obj.faces["photo"]) == made.top_faces
    assert {len(corner) for face in obj.faces["plain"] for corner in face} == {1}


def colour_at(picture: NDArray[np.uint8], uv: NDArray[np.float64]) -> int:
    rows, cols = picture.shape[:2]
    return int(picture[int((1 - uv[1]) * (rows - 1)), int(uv[0] * (cols - 1)), 0])


def test_the_photo_lies_upright_on_the_top(tmp_path: Path) -> None:
    obj, parts = written(tmp_path, piece())
    picture = np.asarray(Image.open(io.BytesIO(parts["texture.jpg"])))
    vertices, uv = np.array(obj.vertices), np.array(obj.uv)

    seen: dict[tuple[bool, bool], set[int]] = {}
    for face in obj.faces["photo"]:
        place = vertices[[corner[0] for corner in face]].mean(axis=0)
        if abs(place[0] - 30) < 5 or abs(place[1] - 20) < 5:
            continue  # at the seams of the quarters
        colour = colour_at(picture, uv[[corner[1] for corner in face]].mean(axis=0))
        seen.setdefault((place[1] > 20, place[0] > 30), set()).add(round(colour / 16) * 16)

    assert seen == {
        (True, False): {0},
        (True, True): {80},
        (False, False): {160},
        (False, True): {256},
    }


def test_a_ring_has_no_face_across_the_whole_photo(tmp_path: Path) -> None:
    obj, _ = written(tmp_path, piece(Bend("outer", 360)))

    across = np.array([[obj.uv[corner[1]][0] for corner in face] for face in obj.faces["photo"]])

    assert np.ptp(across, axis=1).max() < 0.6
    assert across.min() == pytest.approx(0, abs=1e-6)
    assert across.max() == pytest.approx(1, abs=1e-6)


def test_without_a_texture_everything_is_plain(tmp_path: Path) -> None:
    write_obj_zip(tmp_path / "piece.zip", piece().mesh)

    parts = parts_of(tmp_path / "piece.zip")
    obj = Obj(parts["relief.obj"].decode())

    assert list(parts) == ["relief.obj", "relief.mtl"]
    assert list(obj.faces) == ["plain"]
    assert not obj.uv
    assert b"photo" not in parts["relief.mtl"]
    assert check_closed(obj.mesh).is_closed


def test_places_are_numbered_as_vertices_if_nothing_else_is_said(tmp_path: Path) -> None:
    mesh = piece().mesh
    uv = np.clip(mesh.vertices[:, :2] / [60, 40], 0, 1).astype(np.float32)
    picture = np.zeros((4, 4, 3), np.uint8)
    write_obj_zip(tmp_path / "piece.zip", mesh, Texture(picture, uv, top_faces=10))

    obj = Obj(parts_of(tmp_path / "piece.zip")["relief.obj"].decode())

    assert {place == number for face in obj.faces["photo"] for number, place in face} == {True}
    assert len(obj.faces["photo"]) == 10


def test_the_same_piece_gives_the_same_bytes(tmp_path: Path) -> None:
    made = piece()
    for name in ("a.zip", "b.zip"):
        write_obj_zip(tmp_path / name, made.mesh, texture_of(made))

    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
