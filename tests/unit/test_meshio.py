"""Mesh files: strict in, exact out."""

import struct
from pathlib import Path

import numpy as np
import pytest
import trimesh

from printd.core.errors import MeshUnreadable
from printd.geometry.files.meshio import MeshLimits, read_stl, write_obj, write_stl
from printd.geometry.mesh.mesh import Mesh, check_closed
from printd.geometry.mesh.stl import header, records
from tests.unit.test_mesh import CORNERS, FACES

TETRAHEDRON = Mesh(CORNERS, FACES)


def text_of(mesh: Mesh) -> str:
    facets = []
    for a, b, c in mesh.vertices[mesh.faces]:
        corners = "\n".join("   vertex " + " ".join(f"{x:e}" for x in p) for p in (a, b, c))
        facets.append(f" facet normal 0 0 0\n  outer loop\n{corners}\n  endloop\n endfacet")
    return "solid my piece\n" + "\n".join(facets) + "\nendsolid my piece\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mesh.stl"


def test_what_was_written_is_read_with_shared_vertices(file: Path) -> None:
    write_stl(file, TETRAHEDRON)

    mesh = read_stl(file)

    assert len(mesh.vertices) == 4
    assert np.array_equal(mesh.vertices[mesh.faces], CORNERS[FACES])


@pytest.mark.parametrize("change", [str, str.upper, lambda text: text.replace("\n", "\r\n")])
def test_text_is_read(file: Path, change: type[str]) -> None:
    file.write_text(change(text_of(TETRAHEDRON)), newline="")

    assert np.array_equal(read_stl(file).vertices[read_stl(file).faces], CORNERS[FACES])


def test_a_binary_file_whose_header_begins_like_text_is_read(file: Path) -> None:
    write_stl(file, TETRAHEDRON)
    file.write_bytes(b"solid" + file.read_bytes()[5:])

    assert len(read_stl(file).faces) == 4


def test_zero_and_minus_zero_are_one_place(file: Path) -> None:
    corners = CORNERS[FACES].copy()
    corners[0][corners[0] == 0] = -0.0
    file.write_bytes(header(4) + records(corners).tobytes())

    assert check_closed(read_stl(file)).is_closed


def binary(count: int = 4, corner: float = 0.0) -> bytes:
    made = records(CORNERS[FACES])
    made["corners"][2, 1, 0] = corner
    return header(count) + made.tobytes()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "0 bytes"),
        (binary()[:-1], "283 bytes"),
        (binary() + b"\n", "285 bytes"),
        (binary(count=5), "284 bytes; an STL file of 5 triangles has 334"),
        (header(0), "0 triangles"),
        (header(3) + records(CORNERS[FACES[:3]]).tobytes(), "at least 4"),
        (binary(corner=float("nan")), "not numbers"),
        (binary(corner=float("inf")), "not numbers"),
        (binary(corner=1e30), r"reaches 1e\+30 mm"),
        (b"solid x\nendsolid x\n", "makes no sense"),
        (text_of(TETRAHEDRON)[:-12].encode(), "does not end"),
        (text_of(TETRAHEDRON).replace("outer", "inner").encode(), "makes no sense"),
        (text_of(TETRAHEDRON).replace("1.0", "one", 1).encode(), "makes no sense"),
        (text_of(TETRAHEDRON).replace("  endloop\n", "", 1).encode(), "makes no sense"),
        (text_of(TETRAHEDRON).encode() + text_of(TETRAHEDRON).encode(), "makes no sense"),
        (b"solid " + bytes(1000), "does not end|makes no sense"),
    ],
)
def test_a_broken_file_is_refused(file: Path, content: bytes, words: str) -> None:
    file.write_bytes(content)

    with pytest.raises(MeshUnreadable, match=words):
        read_stl(file)


def test_too_many_triangles_are_refused_before_they_are_read(file: Path) -> None:
    file.write_bytes(header(4) + bytes(200))

    with pytest.raises(MeshUnreadable, match="has 4 triangles; at most 3"):
        read_stl(file, MeshLimits(max_triangles=3))


def test_too_many_bytes_are_refused(file: Path) -> None:
    file.write_bytes(b"")
    with file.open("r+b") as out:
        out.truncate(300_000_000)

    with pytest.raises(MeshUnreadable, match="300 MB; at most 200 MB"):
        read_stl(file)


@pytest.mark.parametrize("scale", [0.001, 1.0, 1000.0])
@pytest.mark.parametrize("shift", [0.0, -0.5])
def test_obj_holds_the_same_mesh(tmp_path: Path, scale: float, shift: float) -> None:
    dice = np.random.default_rng(1)
    vertices = ((dice.random((500, 3), dtype=np.float32) + np.float32(shift)) * scale).astype(
        np.float32
    )
    faces = dice.integers(0, 500, (900, 3), dtype=np.int32)
    write_obj(tmp_path / "mesh.obj", Mesh(vertices, faces))

    lines = (tmp_path / "mesh.obj").read_text().splitlines()
    read = np.array([line.split()[1:] for line in lines if line.startswith("v")], float)
    numbers = np.array([line.split()[1:] for line in lines if line.startswith("f")], int) - 1

    assert np.abs(read - vertices).max() <= 0.6e-6
    assert np.array_equal(numbers, faces)


def test_another_reader_sees_a_closed_obj(tmp_path: Path) -> None:
    write_obj(tmp_path / "mesh.obj", TETRAHEDRON)

    mesh = trimesh.load_mesh(tmp_path / "mesh.obj")

    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(1 / 6)


def test_another_reader_sees_the_same_stl(file: Path) -> None:
    write_stl(file, TETRAHEDRON)
    assert struct.unpack_from("<I", file.read_bytes(), 80) == (4,)

    mesh = trimesh.load_mesh(file)

    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(1 / 6)
