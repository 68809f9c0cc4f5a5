"""A stranger's mesh file is read as it says, or refused with a sentence; nothing else is opened."""

import base64
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from printd.core.errors import (
    MeshCompressed,
    MeshEmpty,
    MeshTooLarge,
    MeshUnreadable,
    PrintdError,
)
from printd.geometry.repair.raw import RawMesh, ReadLimits
from printd.geometry.repair.reading import read_bytes, read_foreign
from tests.peers import mesh_writers as write
from tests.peers.bad_models import hostile_3mf
from tests.peers.mesh_fixtures import HOSTILE, WHOLE, fixture, suffix
from tests.peers.mesh_shapes import Body, figure, grid_box

CUBE = grid_box(1)


def read(folder: Path, content: bytes, limits: ReadLimits | None = None) -> RawMesh:
    """Read bytes as a file without a telling name."""
    file = folder / "raw.mesh"
    file.write_bytes(content)
    return read_foreign(file, limits) if limits else read_foreign(file)


def body_of(raw: RawMesh) -> Body:
    return Body(raw.vertices.astype(float), raw.faces.astype(int))


def described(**changes: Any) -> dict[str, Any]:
    """Return the description of a GLB file of one cube, with some of it replaced."""
    whole = write.glb(CUBE)
    length = int.from_bytes(whole[12:16], "little")
    return {**json.loads(whole[20 : 20 + length]), **changes}


def cube_with(change: Callable[[dict[str, Any]], None]) -> bytes:
    whole = write.glb(CUBE)
    length = int.from_bytes(whole[12:16], "little")
    words = json.loads(whole[20 : 20 + length])
    change(words)
    return write.glb_of(words, whole[28 + length :])


@pytest.mark.parametrize("name", WHOLE)
def test_every_fixture_is_read_by_what_it_is_and_not_by_its_name(name: str, tmp_path: Path) -> None:
    raw = read(tmp_path, fixture(name, 800))
    assert raw.kind == {".glb": "glb", ".zip": "obj", ".stl": "stl"}[suffix(name)]
    assert raw.up == ("y" if raw.kind == "glb" else "z")
    assert raw.vertices.dtype == np.float32
    assert len(raw.faces) >= 700


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_read_is_refused_with_its_code(name: str, tmp_path: Path) -> None:
    with pytest.raises(PrintdError) as refused:
        read(tmp_path, fixture(name))
    assert refused.value.code == HOSTILE[name]


def test_every_kind_gives_the_same_body() -> None:
    shape = figure(800)
    volume = shape.volume
    for content in (
        write.glb(shape),
        write.glb(shape, seams=True),
        write.quad_obj(shape),
        write.stl(shape),
        write.text_stl(shape),
    ):
        assert body_of(read_bytes(content)).volume == pytest.approx(volume, rel=1e-5)


def test_a_scene_is_baked_with_its_mirrors(tmp_path: Path) -> None:
    body = body_of(read(tmp_path, fixture("F3", 300)))
    assert body.volume == pytest.approx(27 * 12, rel=1e-5)  # overlaps still count twice
    assert body.points.mean(axis=0) == pytest.approx([10, 3, -2], abs=1e-4)


def test_a_node_may_be_turned_and_strips_and_fans_are_triangles() -> None:
    def change(words: dict[str, Any]) -> None:
        words["nodes"][0]["rotation"] = [0, 0, 0.5**0.5, 0.5**0.5]
        words["nodes"][0]["translation"] = [5, 0, 0]

    assert body_of(read_bytes(cube_with(change))).points.mean(axis=0) == pytest.approx([5, 0, 0])
    for mode, count in ((5, 34), (6, 34)):  # 36 numbers make so many triangles

        def strip(words: dict[str, Any], mode: int = mode) -> None:
            words["meshes"][0]["primitives"][0]["mode"] = mode

        assert len(read_bytes(cube_with(strip)).faces) == count


def test_gltf_as_text_with_its_data_inside_is_read() -> None:
    whole = write.glb(CUBE)
    length = int.from_bytes(whole[12:16], "little")
    data = base64.b64encode(whole[28 + length :]).decode()
    words = described()
    words["buffers"] = [{"byteLength": 1, "uri": f"data:application/octet-stream;base64,{data}"}]
    raw = read_bytes(json.dumps(words).encode())
    assert raw.kind == "gltf"
    assert body_of(raw).volume == pytest.approx(8)


def test_quantised_places_are_read() -> None:
    points = np.round(CUBE.points * 100).astype("<i2")

    def change(words: dict[str, Any]) -> None:
        place = words["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
        words["accessors"][place] |= {"componentType": 5122, "normalized": True}
        words["bufferViews"][words["accessors"][place]["bufferView"]]["byteStride"] = 6
        words["extensionsRequired"] = ["KHR_mesh_quantization"]
        words["where"] = words["bufferViews"][words["accessors"][place]["bufferView"]]

    content = cube_with(change)
    length = int.from_bytes(content[12:16], "little")
    where = json.loads(content[20 : 20 + length])["where"]["byteOffset"] + 28 + length
    packed = points.tobytes()
    content = content[:where] + packed + content[where + len(packed) :]
    assert body_of(read_bytes(content)).longest == pytest.approx(200 / 32767, rel=1e-3)


def test_an_obj_counts_backwards_goes_on_in_the_next_line_and_has_colours() -> None:
    text = (
        b"v 0 0 0 1 0 0\nv 1 0 0 1 0 0\nv 0 1 0 1 0 0\nv 0 0 1 1 0 0\n"
        b"f -4//1 -2//1 \\\n -3//1\nf 1 2 4\nf 2 3 4\nf 1/1/1 4/1/1 3/1/1\n"
    )
    assert body_of(read_bytes(text)).volume == pytest.approx(1 / 6)


def test_a_3mf_is_in_its_own_unit_and_placed(tmp_path: Path) -> None:
    turned = "0 1 0 -1 0 0 0 0 1 7 8 9"
    raw = read(tmp_path, write.model_3mf(CUBE, unit="inch", transform=turned))
    assert (raw.kind, raw.unit_mm) == ("3mf", 25.4)
    assert body_of(raw).volume == pytest.approx(8)
    assert body_of(raw).points.mean(axis=0) == pytest.approx([7, 8, 9])


def test_what_a_slicer_is_told_in_a_3mf_is_not_looked_at(tmp_path: Path) -> None:
    hostile_3mf(tmp_path, "touch pwned")
    assert body_of(read_foreign(tmp_path / "in.3mf")).volume == pytest.approx(8000)


def no_change(_words: dict[str, Any]) -> None:
    pass


def set_in(*path: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(words: Any) -> None:
        for step in path[:-1]:
            words = words[step]
        words[path[-1]] = to

    return change


NUMBERS = 10**9
BAD_GLB: dict[str, tuple[Callable[[dict[str, Any]], None], type[PrintdError]]] = {
    "a count of billions": (set_in("accessors", 0, "count", to=NUMBERS), MeshTooLarge),
    "more than there is room for": (set_in("accessors", 0, "count", to=5000), MeshUnreadable),
    "a count below nothing": (set_in("accessors", 0, "count", to=-1), MeshUnreadable),
    "a count that is a word": (set_in("accessors", 0, "count", to="8"), MeshUnreadable),
    "a view beyond the file": (set_in("bufferViews", 1, "byteOffset", to=NUMBERS), MeshUnreadable),
    "a view of no buffer": (set_in("bufferViews", 1, "buffer", to=7), MeshUnreadable),
    "no view": (lambda words: words["accessors"][0].pop("bufferView"), MeshUnreadable),
    "sparse": (set_in("accessors", 0, "sparse", to={"count": NUMBERS}), MeshUnreadable),
    "a file of the machine": (set_in("buffers", 0, "uri", to="/etc/passwd"), MeshUnreadable),
    "a file URI": (set_in("buffers", 0, "uri", to="file:///etc/passwd"), MeshUnreadable),
    "a web address": (set_in("buffers", 0, "uri", to="http://127.0.0.1:9/x"), MeshUnreadable),
    "an unknown extension": (set_in("extensionsRequired", to=["ACME_magic"]), MeshUnreadable),
    "Draco": (set_in("extensionsRequired", to=["KHR_draco_mesh_compression"]), MeshCompressed),
    "a node that is not there": (set_in("scenes", 0, "nodes", to=[9]), MeshUnreadable),
    "a node within itself": (set_in("nodes", 0, "children", to=[0]), MeshTooLarge),
    "two of each, again and again": (
        set_in("nodes", to=[{"children": [n + 1, n + 1]} for n in range(40)] + [{"mesh": 0}]),
        MeshTooLarge,
    ),
    "a mesh that is not there": (set_in("nodes", 0, "mesh", to=3), MeshUnreadable),
    "a place that is no number": (set_in("nodes", 0, "scale", to=[1, 1, None]), MeshUnreadable),
    "a place beyond all numbers": (set_in("nodes", 0, "scale", to=[1e300] * 3), MeshUnreadable),
    "points alone": (set_in("meshes", 0, "primitives", 0, "mode", to=0), MeshEmpty),
    "a scene that is a word": (set_in("scenes", to="all"), MeshUnreadable),
}


@pytest.mark.parametrize("what", BAD_GLB)
def test_a_glb_that_claims_what_is_not_so_is_refused(what: str) -> None:
    change, kind = BAD_GLB[what]
    with pytest.raises(kind):
        read_bytes(cube_with(change))


@pytest.mark.parametrize("what", ["a file of the machine", "a file URI", "a web address"])
def test_what_lies_elsewhere_is_said_to_lie_elsewhere(what: str) -> None:
    with pytest.raises(MeshUnreadable, match="never opened"):
        read_bytes(cube_with(BAD_GLB[what][0]))


def test_the_unchanged_glb_is_read() -> None:
    assert body_of(read_bytes(cube_with(no_change))).volume == pytest.approx(8)


def test_a_triangle_without_its_vertex_is_refused() -> None:
    for bad in (9, -1):
        faces = CUBE.faces.copy()
        faces[0, 0] = bad
        with pytest.raises(MeshUnreadable):
            read_bytes(write.glb(Body(CUBE.points, faces)))


@pytest.mark.parametrize("number", [np.nan, np.inf, 1e30])
def test_numbers_that_are_none_are_refused_in_every_kind(number: float) -> None:
    points = CUBE.points.copy()
    points[3, 1] = number
    broken = Body(points, CUBE.faces)
    for content in (write.glb(broken), write.stl(broken), write.quad_obj(broken)):
        with pytest.raises(MeshUnreadable):
            read_bytes(content)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", MeshEmpty),
        (b"<html><body>504</body></html>", MeshUnreadable),
        (b'\n  <!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN">', MeshUnreadable),
        (b'{"error": "not found"}', MeshUnreadable),
        (b"{" * 100_000, MeshUnreadable),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), MeshUnreadable),
        (b"ply\nformat ascii 1.0\n", MeshUnreadable),
        (b"solid nothing\nendsolid nothing\n", MeshEmpty),
        (write.stl(CUBE)[:-1], MeshUnreadable),
        (write.glb(CUBE)[:-1], MeshUnreadable),
        (write.glb(CUBE)[:15], MeshUnreadable),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", MeshEmpty),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 0\n", MeshUnreadable),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 4\n", MeshUnreadable),
        (b"v 0 0 0\nv 1 0\nv 0 1 0\nf 1 2 3\n", MeshUnreadable),
        (b"v 0 0 0\nv 1 0 x\nv 0 1 0\nf 1 2 3\n", MeshUnreadable),
        (b"v 0 0 0\nf " + b"1 " * 40_000, MeshUnreadable),
        (b"just some words in a file\n" * 20, MeshUnreadable),
        (bytes(range(256)) * 20, MeshUnreadable),
    ],
    ids=lambda value: value[:16].decode("latin-1") if isinstance(value, bytes) else "",
)
def test_other_files_are_refused(content: bytes, kind: type[PrintdError]) -> None:
    with pytest.raises(kind) as refused:
        read_bytes(content)
    assert refused.value.action.endswith(".")


MODEL = "3D/3dmodel.model"


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"model.obj": b" " * 50_000_000}, MeshTooLarge),
        ({"a.obj": b"v 0 0 0", "b.stl": b"x"}, MeshUnreadable),
        ({"readme.txt": b"nothing"}, MeshUnreadable),
        ({"../model.obj": b"v 0 0 0"}, MeshUnreadable),
        ({f"{n}.txt": b"" for n in range(600)}, MeshTooLarge),
        ({"[Content_Types].xml": b"", MODEL: b"<model"}, MeshUnreadable),
        ({"[Content_Types].xml": b"", MODEL: b"<model><build/></model>"}, MeshEmpty),
        (
            {"[Content_Types].xml": b"", MODEL: b'<model unit="parsec"><build/></model>'},
            MeshUnreadable,
        ),
    ],
    ids=["bomb", "two", "none", "out", "many", "cut", "empty", "unit"],
)
def test_a_zip_is_judged_before_it_is_unpacked(
    files: dict[str, bytes], kind: type[PrintdError], tmp_path: Path
) -> None:
    with pytest.raises(kind):
        read(tmp_path, write.zipped(files))


def test_a_3mf_with_a_document_type_is_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    with pytest.raises(MeshUnreadable, match="document type"):
        read(tmp_path, write.model_3mf(CUBE, head=bomb))


def test_a_3mf_that_builds_itself_again_and_again_is_refused(tmp_path: Path) -> None:
    model = write.model_3mf(CUBE, transform="1 0 0 0 1 0 0 0 1 0 0 0")
    whole = read(tmp_path, model)
    assert len(whole.faces) == 12
    objects = "".join(
        f'<object id="{n}"><components><component objectid="{n + 1}"/>'
        f'<component objectid="{n + 1}"/></components></object>'
        for n in range(1, 30)
    )
    text = f'<model><resources>{objects}</resources><build><item objectid="1"/></build></model>'
    with pytest.raises(MeshTooLarge):
        read(tmp_path, write.zipped({"[Content_Types].xml": b"", MODEL: text.encode()}))


def test_limits_are_held_against_what_is_claimed_and_what_is_there(tmp_path: Path) -> None:
    few = ReadLimits(max_triangles=500)
    for content in (write.glb(figure(800)), write.stl(figure(800)), write.quad_obj(figure(800))):
        with pytest.raises(MeshTooLarge, match="500"):
            read(tmp_path, content, few)
    with pytest.raises(MeshTooLarge, match="MB"):
        read(tmp_path, write.stl(figure(800)), ReadLimits(max_bytes=1000))


SEEDS = {
    "glb": write.glb(CUBE, seams=True),
    "scene": fixture("F3", 100),
    "obj": write.quad_obj(CUBE),
    "stl": write.stl(CUBE),
    "text": write.text_stl(CUBE),
    "3mf": write.model_3mf(CUBE),
    "zip": write.obj_zip(CUBE),
}


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return bytes with some of them changed, left out, put in or cut off."""
    made = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        place, act = rng.randrange(len(made)), rng.random()
        if act < 0.5:
            made[place] = rng.choice((rng.randrange(256), 48 + rng.randrange(10), 45, 0, 255))
        elif act < 0.7:
            del made[place : place + rng.randrange(1, 20)]
        elif act < 0.9:
            made[place:place] = bytes(rng.choices(b'0123456789-.e[]{}",', k=rng.randrange(1, 10)))
        else:
            del made[place + 1 :]
        made += b"\n" * (not made)
    if made[:4] == b"glTF" and rng.random() < 0.8:
        made[8:12] = len(made).to_bytes(4, "little")
    return bytes(made)


@pytest.mark.parametrize("kind", SEEDS)
def test_whatever_is_damaged_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    rng = random.Random(kind)  # noqa: S311 - the same damage every time
    refused = 0
    for _ in range(200):
        try:
            read(tmp_path, damaged(SEEDS[kind], rng))
        except PrintdError:
            refused += 1
    assert refused > 20


def test_a_picture_that_the_scene_names_is_never_opened(tmp_path: Path) -> None:
    picture = tmp_path / "texture.png"
    picture.write_bytes(b"secret")
    picture.chmod(0)
    content = cube_with(set_in("images", to=[{"uri": str(picture)}]))
    assert len(read(tmp_path, content).faces) == 12
