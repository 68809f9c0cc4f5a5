"""3MF: a package of three parts, units by name, the same mesh, the same bytes."""

from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest

from printd.geometry.files.threemf import write_3mf
from printd.geometry.mesh.mesh import Mesh, check_closed
from printd.geometry.mesh.stl import HEADER_BYTES, RECORD
from tests.unit.test_mesh import CORNERS, FACES

TETRAHEDRON = Mesh(CORNERS, FACES)
CORE = "{http://schemas.microsoft.com/3dmanufacturing/core/2015/02}"


def model_of(file: Path) -> ElementTree.Element:
    """Find the model as a reader does: by way of the package's relationships."""
    with ZipFile(file) as package:
        links = ElementTree.fromstring(package.read("_rels/.rels"))  # noqa: S314 - our own file
        target = next(link.get("Target", "") for link in links)
        return ElementTree.fromstring(package.read(target.removeprefix("/")))  # noqa: S314


def mesh_of(thing: ElementTree.Element) -> Mesh:
    places = [[float(one.get(axis, "")) for axis in "xyz"] for one in thing.iter(f"{CORE}vertex")]
    numbers = [
        [int(one.get(f"v{corner}", "")) for corner in (1, 2, 3)]
        for one in thing.iter(f"{CORE}triangle")
    ]
    return Mesh(np.array(places, np.float32), np.array(numbers, np.int32))


def ball(count: int, scale: float = 1.0) -> Mesh:
    """Return a closed body of many faces: ``count`` slices of a spindle."""
    angle = np.arange(count) * 2 * np.pi / count
    ring = np.stack([np.cos(angle), np.sin(angle), 0.1 * np.sin(9 * angle)], axis=1)
    vertices = np.concatenate([ring, [(0, 0, 1), (0, 0, -1)]]) * scale
    here, there = np.arange(count), np.roll(np.arange(count), -1)
    above, below = np.full(count, count), np.full(count, count + 1)
    faces = np.concatenate(
        [np.stack([here, there, above], axis=1), np.stack([there, here, below], axis=1)]
    )
    return Mesh(vertices.astype(np.float32), faces.astype(np.int32))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "piece.3mf"


@pytest.mark.parametrize("scale", [0.01, 1.0, 90.0, 5000.0])
def test_the_mesh_is_there_with_shared_vertices_in_millimetres(file: Path, scale: float) -> None:
    mesh = ball(20_000, scale)
    write_3mf(file, mesh, title="a ball")

    model = model_of(file)
    read = mesh_of(model)

    assert model.get("unit") == "millimeter"
    assert np.array_equal(read.faces, mesh.faces)
    assert np.abs(read.vertices - mesh.vertices).max() <= 0.6e-5 + scale * 6e-8


def test_a_closed_body_stays_closed(file: Path) -> None:
    write_3mf(file, TETRAHEDRON, title="small")

    report = check_closed(mesh_of(model_of(file)))

    assert report.is_closed
    assert report.volume_mm3 == pytest.approx(1 / 6, rel=1e-5)


def test_every_part_has_a_kind_and_is_packed(file: Path) -> None:
    write_3mf(file, TETRAHEDRON, title="small")

    with ZipFile(file) as package:
        assert package.testzip() is None
        names = package.namelist()
        kinds = ElementTree.fromstring(package.read("[Content_Types].xml"))  # noqa: S314
        assert all(part.compress_type == ZIP_DEFLATED for part in package.infolist())
    endings = {kind.get("Extension") for kind in kinds}
    assert names == ["[Content_Types].xml", "_rels/.rels", "3D/3dmodel.model"]
    assert {name.rpartition(".")[2] for name in names[1:]} == endings


def test_several_bodies_are_objects_of_their_own_where_they_lie(file: Path) -> None:
    moved = Mesh(CORNERS + np.float32(5), FACES)
    write_3mf(file, [TETRAHEDRON, moved], title="two")

    model = model_of(file)

    bodies = list(model.iter(f"{CORE}object"))
    items = [item.get("objectid") for item in model.iter(f"{CORE}item")]
    assert [body.get("id") for body in bodies] == items == ["1", "2"]
    for body, mesh in zip(bodies, (TETRAHEDRON, moved), strict=True):
        assert np.array_equal(mesh_of(body).vertices, mesh.vertices)


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("<&> \"quoted\" 'too'", "<&> \"quoted\" 'too'"),
        ("Großmutter 👵", "Großmutter 👵"),
        ("a\x00b\x1bc\nd\ud800e", "abcde"),
    ],
)
def test_any_title_is_a_title(file: Path, title: str, read: str) -> None:
    write_3mf(file, TETRAHEDRON, title=title)

    model = model_of(file)

    found = {one.get("name"): one.text for one in model.iter(f"{CORE}metadata")}
    assert found["Title"] == read
    assert next(model.iter(f"{CORE}object")).get("name") == read


def test_the_same_mesh_gives_the_same_bytes_at_any_time(file: Path, tmp_path: Path) -> None:
    write_3mf(file, ball(500), title="x")
    write_3mf(tmp_path / "again.3mf", ball(500), title="x")

    assert file.read_bytes() == (tmp_path / "again.3mf").read_bytes()
    with ZipFile(file) as package:
        assert {part.date_time[0] for part in package.infolist()} == {1980}


def test_it_is_much_smaller_than_stl(file: Path) -> None:
    mesh = ball(20_000, 40.0)
    write_3mf(file, mesh, title="x")

    assert file.stat().st_size < 0.35 * (HEADER_BYTES + len(mesh.faces) * RECORD.itemsize)


def test_an_older_file_stays_if_writing_fails(file: Path) -> None:
    file.write_bytes(b"older")
    broken = Mesh(CORNERS, np.array([["a", "b", "c"]]))

    with pytest.raises(TypeError):
        write_3mf(file, broken, title="x")

    assert file.read_bytes() == b"older"
    assert [one.name for one in file.parent.iterdir()] == [file.name]
