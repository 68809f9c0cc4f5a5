"""Where height maps come from, and that nobody is asked twice."""

import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

from printd import __version__
from printd.core.config import Config
from printd.core.errors import PhotoRefused, SettingInvalid
from printd.core.files import sha256_of
from printd.core.mesher_config import OnnxDepthConfig
from printd.core.relief_settings import ReliefSettings
from printd.depth import KINDS
from printd.depth.base import DepthMap, DepthSource
from printd.depth.builtin import LATER, BuiltinDepth
from printd.depth.families import FAMILIES
from printd.depth.kept import NOTE, NUMBERS, asked_once, keep, kept
from printd.depth.onnx import OnnxDepth
from printd.depth.picture import PictureDepth
from tests.photos import ASTRONAUT, CAT

SETTINGS = ReliefSettings()
ON = {"source": "test", "sha256": "ab", "size": 5, "more": {"a": [1, 2.5, None]}}


def some_map(*, mask: bool = True) -> DepthMap:
    heights = np.random.default_rng(1).random((20, 30)).astype(np.float32)
    part = (heights > 0.5).astype(np.float32) if mask else None
    return DepthMap(heights, ("a: It is so.", "b: Or so."), "a test", part)


def same(one: DepthMap | None, other: DepthMap) -> bool:
    if one is None or (one.mask is None) != (other.mask is None):
        return False
    masks = one.mask is None or other.mask is None or np.array_equal(one.mask, other.mask)
    words = (one.warnings, one.source) == (other.warnings, other.source)
    return masks and words and np.array_equal(one.heights, other.heights)


# Keeping.


@pytest.mark.parametrize("mask", [True, False])
def test_what_is_kept_comes_back_exactly(tmp_path: Path, mask: bool) -> None:
    given = some_map(mask=mask)

    keep(tmp_path, given, ON)

    assert same(kept(tmp_path, ON), given)
    assert sorted(path.name for path in tmp_path.iterdir()) == [NOTE, NUMBERS]


@pytest.mark.parametrize(
    "other",
    [{**ON, "sha256": "ac"}, {**ON, "new": 1}, {"source": "test"}, {**ON, "more": {}}, {}],
)
def test_what_depends_on_something_else_is_not_taken(
    tmp_path: Path, other: Mapping[str, Any]
) -> None:
    keep(tmp_path, some_map(), ON)

    assert kept(tmp_path, other) is None


def test_a_newer_map_replaces_the_older(tmp_path: Path) -> None:
    keep(tmp_path, some_map(), ON)
    newer = replace(some_map(mask=False), source="another")
    keep(tmp_path, newer, {"source": "another"})

    assert kept(tmp_path, ON) is None
    assert same(kept(tmp_path, {"source": "another"}), newer)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def _replaced(content: bytes) -> Callable[[Path], None]:
    def replace_all(path: Path) -> None:
        path.write_bytes(content)

    return replace_all


def _linked(path: Path) -> None:
    path.rename(path.with_suffix(".away"))
    path.symlink_to(path.with_suffix(".away"))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "missing": Path.unlink,
    "cut": _cut,
    "a bit flipped": _flip,
    "empty": _replaced(b""),
    "zeros": _replaced(bytes(4000)),
    "foreign": _replaced(b"hello"),
    "a list": _replaced(b"[1, 2]"),
    "deeply nested": _replaced(b"[" * 500_000),
    "without keys": _replaced(b'{"format": 1}'),
    "no numbers": _replaced(b"\x93NUMPY\x01\x00"),
    "a link": _linked,
}


@pytest.mark.parametrize("name", [NOTE, NUMBERS])
@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_or_foreign_is_as_if_it_were_not_there(
    tmp_path: Path, name: str, damage: str
) -> None:
    keep(tmp_path, some_map(), ON)

    DAMAGES[damage](tmp_path / name)

    assert kept(tmp_path, ON) is None


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((3, 20, 30), np.float32),
        np.zeros((20, 30), np.float32),
        np.zeros((1, 20, 30)),
        np.full((1, 20, 30), np.nan, np.float32),
    ],
)
def test_numbers_of_another_kind_are_not_taken(tmp_path: Path, values: Any) -> None:
    keep(tmp_path, some_map(), ON)
    np.save(tmp_path / NUMBERS, values)
    note = json.loads((tmp_path / NOTE).read_text())
    note["sha256"] = sha256_of(tmp_path / NUMBERS)
    (tmp_path / NOTE).write_text(json.dumps(note))

    assert kept(tmp_path, ON) is None


def test_an_empty_folder_holds_no_map(tmp_path: Path) -> None:
    assert kept(tmp_path, ON) is None
    assert kept(tmp_path / "nowhere", ON) is None


# Asking once.


@dataclass
class Dear:
    """A source that counts what it is asked."""

    name: str = "dear"
    memory_bytes: int = 1 << 30
    wall_s: float = 1.0
    asked: list[str] = field(default_factory=list)

    def depends_on(
        self, settings: ReliefSettings, longest_px: int, mask: Path | None = None
    ) -> Mapping[str, Any]:
        return {"style": settings.style}

    def height_map(
        self, photo: Path, settings: ReliefSettings, longest_px: int, mask: Path | None = None
    ) -> DepthMap:
        self.asked.append(settings.style)
        return some_map()

    def fitted(
        self,
        asked: DepthMap,
        photo: Path,
        settings: ReliefSettings,
        longest_px: int,
        mask: Path | None = None,
    ) -> DepthMap:
        return replace(asked, heights=1 - asked.heights if settings.invert else asked.heights)


def test_a_source_is_asked_only_when_what_it_depends_on_has_changed(tmp_path: Path) -> None:
    dear = Dear()
    organic = ReliefSettings(style="organic")

    first = asked_once(dear, CAT, SETTINGS, 64, folder=tmp_path)
    again = asked_once(dear, CAT, SETTINGS, 128, folder=tmp_path)
    turned = asked_once(dear, CAT, ReliefSettings(invert=True), 64, folder=tmp_path)
    assert dear.asked == ["detailed"]
    assert same(again, first)
    np.testing.assert_array_equal(turned.heights, 1 - first.heights)

    asked_once(dear, CAT, organic, 64, folder=tmp_path)
    asked_once(dear, CAT, organic, 64, folder=tmp_path)
    assert dear.asked == ["detailed", "organic"]


def test_without_a_folder_nothing_is_kept() -> None:
    dear = Dear()

    for _ in range(2):
        asked_once(dear, CAT, SETTINGS, 64)

    assert len(dear.asked) == 2


# The built-in source.


def test_the_built_in_map_depends_on_what_it_follows() -> None:
    def of(**change: Any) -> Mapping[str, Any]:
        return BuiltinDepth().depends_on(ReliefSettings.of(change), 256)

    assert of() == of(invert=True, relief_mm=3, smoothing_px=4, rim_mm=2, triangulation="dense")
    changes: list[dict[str, Any]] = [
        {"style": "organic"},
        {"mask": "none"},
        {"crop": "square"},
        {"longest_mm": 50},
        {"flat_artwork": "no"},
    ]
    assert all(of(**change) != of() for change in changes)
    assert BuiltinDepth().depends_on(SETTINGS, 128) != of()
    assert BuiltinDepth().depends_on(SETTINGS, 256, CAT) != of()
    assert set(ReliefSettings.model_fields) >= LATER


OTHERS: dict[str, Any] = {
    "triangulation": "dense", "bend": "outer", "mode": "planar", "z_zero": "bottom",
    "holes": 2, "surface_smoothing": 3, "texture": False, "invert": True, "mirror": True,
    "standing": True, "feet_mm": 20, "corner_mm": 9, "hole_mm": 6, "bend_deg": 90,
    "draft_deg": 5, "ball_mm": 3, "rim_width": 0.05, "rim_mm": 4, "rim_height_mm": 4,
    "depth_intensity": 0.2, "depth_cutoff_pct": 20, "base_thickness": 0.1, "relief_mm": 3,
    "base_mm": 3, "noise_reduction": 20, "smoothing_px": 5, "enhance_details": 0.5,
    "tolerance_mm": 0.1, "thinnest_mm": 0.6, "thickest_mm": 5, "absorption_per_mm": 2,
    "plate_steps": "0.8:61 1.4:38 2:24",
}  # fmt: skip


def test_settings_that_are_said_to_come_later_change_nothing() -> None:
    assert set(OTHERS) == LATER
    source = BuiltinDepth()
    plain = source.height_map(CAT, SETTINGS, 128)

    for left_out in ("feet_mm", "bend"):  # these two exclude each other
        settings = ReliefSettings.of({k: v for k, v in OTHERS.items() if k != left_out})
        made = source.height_map(CAT, settings, 128)
        np.testing.assert_array_equal(made.heights, plain.heights)


def test_the_built_in_source_says_what_it_saw_and_where_the_subject_is() -> None:
    made = BuiltinDepth().height_map(ASTRONAUT, SETTINGS, 128)

    assert made.source == "the photo itself, as subject"
    assert made.mask is not None
    assert made.mask.shape == made.heights.shape


# A depth picture.


@pytest.fixture
def ramp(tmp_path: Path) -> Path:
    values = np.tile(np.linspace(0, 65535, 150).astype(np.uint16), (100, 1))
    path = tmp_path / "depth.png"
    Image.fromarray(values).save(path)
    return path


def test_a_depth_picture_beside_the_photo_is_followed(ramp: Path) -> None:
    source = PictureDepth(path=ramp)

    made = asked_once(source, CAT, SETTINGS, 120)

    assert made.heights.shape == (80, 120)
    assert np.all(np.diff(made.heights[40]) >= 0)
    assert made.source == "a depth picture beside the photo"
    assert made.mask is None


def test_a_photo_may_be_the_depth_picture(ramp: Path) -> None:
    made = asked_once(PictureDepth(), ramp, SETTINGS, 120)

    assert made.heights.shape == (80, 120)
    assert made.warnings == ()


def test_an_array_alone_is_enough(tmp_path: Path) -> None:
    np.save(tmp_path / "depth.npy", np.tile(np.linspace(5, 9, 150), (100, 1)))

    made = asked_once(
        PictureDepth(near="black"), tmp_path / "depth.npy", ReliefSettings(crop="square"), 64
    )

    assert made.heights.shape == (64, 64)
    assert np.all(np.diff(made.heights[40]) <= 0)


def test_a_crop_is_as_fine_as_the_file_allows(tmp_path: Path) -> None:
    fine = np.tile(np.linspace(0, 1, 500, dtype=np.float32), (500, 1))
    np.save(tmp_path / "depth.npy", fine)
    source = PictureDepth(path=tmp_path / "depth.npy")
    settings = ReliefSettings(crop="0.4,0.4,0.6,0.6")

    assert asked_once(source, ASTRONAUT, settings, 90).heights.shape == (90, 90)


def test_an_outline_needs_the_subject_of_the_photo(ramp: Path) -> None:
    source = PictureDepth(path=ramp)

    made = asked_once(source, CAT, ReliefSettings(outline="mask"), 120, mask=ramp)

    assert made.mask is not None
    assert made.mask.shape == made.heights.shape


@pytest.mark.parametrize("name", ["depth.png", "depth.npy"])
def test_a_given_mask_is_the_outline_of_a_depth_map_alone(tmp_path: Path, name: str) -> None:
    values = np.tile(np.linspace(0, 255, 150).astype(np.uint8), (100, 1))
    Image.fromarray(values).save(tmp_path / "depth.png")
    np.save(tmp_path / "depth.npy", values)
    half = np.zeros((100, 150), np.uint8)
    half[:50] = 255
    Image.fromarray(half).save(tmp_path / "mask.png")
    settings = ReliefSettings(outline="mask", crop="0,0,1,0.8")

    made = asked_once(PictureDepth(), tmp_path / name, settings, 75, mask=tmp_path / "mask.png")

    assert made.mask is not None
    assert made.mask.shape == made.heights.shape == (40, 75)
    assert made.mask[:22].min() > 0.9
    assert made.mask[28:].max() < 0.1


def test_the_alpha_channel_of_a_depth_picture_alone_is_its_outline(tmp_path: Path) -> None:
    values = np.tile(np.linspace(0, 255, 150).astype(np.uint8), (100, 1))
    half = np.zeros((100, 150), np.uint8)
    half[:50] = 255
    picture = Image.merge("LA", [Image.fromarray(values), Image.fromarray(half)])
    picture.save(tmp_path / "depth.png")

    def mask(setting: str) -> Any:
        settings = ReliefSettings.of({"outline": "mask", "mask": setting})
        return asked_once(PictureDepth(), tmp_path / "depth.png", settings, 75).mask

    assert abs(mask("auto").mean() - 0.5) < 0.02
    assert mask("none") is None


def test_a_mask_that_the_settings_would_ignore_is_refused_before_anything_is_asked(
    ramp: Path,
) -> None:
    dear = Dear()

    with pytest.raises(SettingInvalid, match="mask: none shows the whole scene"):
        asked_once(dear, CAT, ReliefSettings(mask="none"), 64, mask=ramp)

    assert dear.asked == []


def test_an_array_may_be_the_photo_of_another_depth_map(tmp_path: Path, ramp: Path) -> None:
    np.save(tmp_path / "photo.npy", np.tile(np.linspace(0, 1, 150), (100, 1)))

    made = asked_once(PictureDepth(path=ramp), tmp_path / "photo.npy", SETTINGS, 75)

    assert made.warnings == ()


def test_a_network_is_shown_no_array(tmp_path: Path) -> None:
    np.save(tmp_path / "photo.npy", np.zeros((100, 100)))
    source = OnnxDepth("net", "midas", tmp_path / "a.onnx", "0" * 64)

    with pytest.raises(PhotoRefused, match="a depth array, not a photo"):
        source.height_map(tmp_path / "photo.npy", SETTINGS, 64)


def test_a_depth_picture_of_another_shape_or_kind_is_a_sentence(ramp: Path) -> None:
    with pytest.raises(PhotoRefused, match="as wide as high"):
        asked_once(PictureDepth(path=ramp), ASTRONAUT, SETTINGS, 64)
    with pytest.raises(PhotoRefused):
        asked_once(PictureDepth(path=Path(__file__)), ASTRONAUT, SETTINGS, 64)


def test_a_changed_depth_picture_is_read_again(ramp: Path, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    source = PictureDepth(path=ramp)
    first = asked_once(source, CAT, SETTINGS, 64, folder=folder)
    Image.open(ramp).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(ramp)

    second = asked_once(source, CAT, SETTINGS, 64, folder=folder)

    np.testing.assert_allclose(second.heights, first.heights[:, ::-1], atol=1e-3)


# All of them.

NETWORK = {"kind": "onnx", "family": "midas", "path": "a.onnx", "sha256": "0" * 64}


def sources() -> list[DepthSource]:
    config = Config.model_validate({"depth": {"net": NETWORK}})
    return [KINDS[one.kind](name, one) for name, one in config.depth.items()]


def test_the_configuration_makes_every_kind() -> None:
    assert {source.name: type(source) for source in sources()} == {
        "builtin": BuiltinDepth,
        "picture": PictureDepth,
        "net": OnnxDepth,
    }


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.name)
def test_a_source_can_be_handed_to_a_child(source: DepthSource) -> None:
    assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - our own
    assert source.memory_bytes >= 1 << 30
    assert source.wall_s >= 0
    depends_on = source.depends_on(SETTINGS, 128)
    json.dumps(dict(depends_on))
    assert depends_on["printd"] == __version__


def test_a_network_may_use_what_the_configuration_grants() -> None:
    config = OnnxDepthConfig.model_validate({**NETWORK, "memory_mb": 6000, "timeout_s": 900})

    source = KINDS["onnx"]("net", config)

    assert (source.memory_bytes, source.wall_s) == (6000 << 20, 900)
    assert KINDS["onnx"]("net", OnnxDepthConfig.model_validate(NETWORK)).memory_bytes == 4 << 30


def test_the_configuration_and_the_table_know_the_same_families() -> None:
    known = get_args(OnnxDepthConfig.model_fields["family"].annotation)

    assert set(known) == set(FAMILIES)


def test_a_network_is_asked_again_for_what_changes_its_answer_only() -> None:
    source = OnnxDepth("net", "midas", Path("a.onnx"), "0" * 64)

    same_answer = [replace(source, detail=0.9), replace(source, threads=1)]
    others = [
        replace(source, sha256="1" * 64),
        replace(source, size_px=512),
        replace(source, larger="farther"),
        replace(source, channels="bgr"),
        replace(source, normalises=True),
        replace(source, output="b"),
    ]

    first = source.depends_on(SETTINGS, 512)
    assert all(one.depends_on(SETTINGS, 64) == first for one in same_answer)
    assert all(one.depends_on(SETTINGS, 512) != first for one in others)


def test_the_daemon_loads_no_numpy_with_the_sources() -> None:
    program = "import sys, printd.depth, printd.depth.kept; print('numpy' in sys.modules)"

    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert said.stdout == "False\n"
