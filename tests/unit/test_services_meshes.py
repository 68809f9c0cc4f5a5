"""What is believed of a mesh from afar, and what the configuration of its maker may say."""

import struct
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from printd.core.errors import ResultUnusable
from printd.core.service_config import (
    FalMesherConfig,
    HunyuanServerMesherConfig,
    LocalAiMesherConfig,
    ReplicateMesherConfig,
)
from printd.meshers.magic import format_of
from printd.meshers.remote import merged, pick
from tests.peers.services_meshes import EMPTY, solid_of, written

SOLID = solid_of("ab" * 32)
TEXT_STL = b"solid x\n facet normal 0 0 1\n" + b" " * 9000 + b"\nendsolid x\n"


@pytest.mark.parametrize("kind", ["glb", "stl", "obj", "3mf"])
def test_a_whole_file_is_what_it_is_whatever_its_name(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "x.bin"
    file.write_bytes(written(SOLID, kind))
    assert format_of(file) == kind


def test_an_stl_may_be_text_and_a_binary_one_may_begin_like_text(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(TEXT_STL)
    assert format_of(file) == "stl"
    file.write_bytes(b"solid".ljust(80, b" ") + struct.pack("<I", 1) + bytes(50))
    assert format_of(file) == "stl"


GLB, STL, THREE_MF = (written(SOLID, kind) for kind in ("glb", "stl", "3mf"))
BROKEN = {
    "nothing": b"",
    "one byte": b"g",
    "magic alone": b"glTF",
    "half a GLB": GLB[: len(GLB) // 2],
    "a GLB and more": GLB + b"\0\0\0\0",
    "GLB 1": b"glTF" + struct.pack("<II", 1, 20) + bytes(8),
    "half an STL": STL[: len(STL) // 2],
    "an STL and more": STL + b"\0",
    "an STL without faces": written(EMPTY, "stl"),
    "half a 3MF": THREE_MF[: len(THREE_MF) // 2],
    "some zip": b"PK\x03\x04" + bytes(30) + b"PK\x05\x06" + bytes(18),
    "a cut off text STL": TEXT_STL[:-12],
    "a page": b"  <!doctype html><html></html>",
    "JSON": b'{"error": "no"}',
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "FBX": written(SOLID, "fbx"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_whole_mesh_is_not_believed(what: str, tmp_path: Path) -> None:
    file = tmp_path / "x.glb"
    file.write_bytes(BROKEN[what])
    with pytest.raises(ResultUnusable):
        format_of(file)


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        ("https://a.test/m.glb", "https://a.test/m.glb"),
        ("https://a.test/m.GLB?sig=1", "https://a.test/m.GLB?sig=1"),
        ("https://a.test/m", "https://a.test/m"),
        (["https://a.test/p.webp", "https://a.test/m.glb"], "https://a.test/m.glb"),
        (["https://a.test/m.glb", "https://a.test/m.stl"], "https://a.test/m.stl"),
        ({"model_file": None, "color_video": "https://a.test/v.mp4"}, None),
        ({"model_glb": {"url": "https://a.test/x", "file_size": 3}}, "https://a.test/x"),
        ({"a": {"b": [{"c": "https://a.test/m.obj"}]}}, "https://a.test/m.obj"),
        ("not an address", None),
        (None, None),
        ([], None),
        (7, None),
    ],
)
def test_the_mesh_is_found_among_what_an_answer_names(output: Any, wanted: str | None) -> None:
    assert pick(output, ("stl", "glb")) == wanted


def test_arguments_of_the_configuration_go_over_our_own_if_they_are_alike() -> None:
    own: dict[str, Any] = {"steps": 12, "scale": 7.5, "texture": False, "type": "stl"}
    more: dict[str, Any] = {"steps": 20, "scale": 3, "new": "x", "type": "glb", "texture": True}
    assert merged(own, more) == {**own, **more}
    assert merged({"resolution": 512}, {"resolution": "512"}) == {"resolution": "512"}
    for wrong in ({"steps": "many"}, {"texture": 1}, {"type": 5}, {"steps": True}):
        with pytest.raises(ValueError, match="is no"):
            merged(own, wrong)
    with pytest.raises(ValueError, match="the picture"):
        merged(own, {"image": "x"}, "image")


SERVICE = {"key_file": "keys/service"}


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        (ReplicateMesherConfig, {"key_file": "r8_0123456789abcdef"}, "put it into a file"),
        (FalMesherConfig, {"key_file": "0a1b2c3d-0000-4000-8000-0123:" + "0f" * 16}, "into a file"),
        (ReplicateMesherConfig, {**SERVICE, "model": "other"}, "trellis"),
        (ReplicateMesherConfig, {}, "Field required"),
        (ReplicateMesherConfig, {**SERVICE, "model": "hunyuan3d-3.1", "seed": 1}, "takes none"),
        (ReplicateMesherConfig, {**SERVICE, "model": "rodin-2", "seed": 70_000}, "65535"),
        (ReplicateMesherConfig, {**SERVICE, "face_count": 5}, "takes none"),
        (ReplicateMesherConfig, {**SERVICE, "version": "latest"}, "pattern"),
        (FalMesherConfig, {**SERVICE, "model": "hunyuan3d-3.1", "face_count": 5}, "40,000"),
        (FalMesherConfig, {**SERVICE, "base_url": "http://queue.fal.run"}, "local: true"),
        (FalMesherConfig, {**SERVICE, "asset_hosts": ["https://x/"]}, "is no host"),
        (FalMesherConfig, {**SERVICE, "price_usd": -1}, "greater than or equal"),
        (FalMesherConfig, {**SERVICE, "arguments": {"a b": 1}}, "pattern"),
        (HunyuanServerMesherConfig, {"model": "2.1", "steps": 50}, "at most 20"),
        (LocalAiMesherConfig, {"quality": "best"}, "coarse"),
    ],
)
def test_what_a_service_would_refuse_is_refused_at_home(
    kind: type[Any], values: dict[str, Any], words: str
) -> None:
    word = kind.model_fields["kind"].annotation.__args__[0]
    usual = {"replicate": {"model": "trellis"}, "fal": {"model": "trellis-2-512"}}.get(word, {})
    with pytest.raises(ValidationError, match=words) as refused:
        kind.model_validate({"kind": word, **usual, **values})
    assert "0123456789abcdef" not in str(refused.value.errors(include_input=False))


def test_a_service_far_away_needs_https_and_one_at_home_does_not() -> None:
    far = ReplicateMesherConfig.model_validate({"kind": "replicate", "model": "trellis", **SERVICE})
    assert (far.base_url, far.local) == ("https://api.replicate.com", False)
    home = HunyuanServerMesherConfig.model_validate({"kind": "hunyuan-server"})
    assert (home.base_url, home.local, home.key_file) == ("http://127.0.0.1:8081", True, None)
