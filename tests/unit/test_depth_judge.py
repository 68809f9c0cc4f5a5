"""What is made of the depth picture that a service returns: real photos, spoilt in each way."""

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from printd.core.relief_settings import ReliefSettings
from printd.depth.judged import JudgedDepth
from printd.geometry.heights.depthfit import subject_of, tones_of
from printd.geometry.heights.depthjudge import Judged, judged
from tests.peers.services_faults import Kind
from tests.peers.services_pictures import depth_of
from tests.photos import ASTRONAUT, CAT

COINS = ASTRONAUT.with_name("coins.png")  # public domain
HORSE = ASTRONAUT.with_name("horse.png")  # likewise
CAMERA = ASTRONAUT.with_name("camera.png")  # CC0
PHOTOS = [ASTRONAUT, CAT, CAMERA, COINS]

every_photo = pytest.mark.parametrize("photo", PHOTOS, ids=lambda path: path.stem)


def size_of(photo: Path) -> tuple[int, int]:
    with Image.open(photo) as image:
        return image.size


def judge(tmp_path: Path, photo: Path, look: str, *, with_mask: bool = False) -> Judged:
    width, height = size_of(photo)
    picture = tmp_path / "depth.png"
    picture.write_bytes(depth_of(photo.read_bytes(), (width, height), look))
    mask = subject_of(photo, ReliefSettings(), 256, None).values if with_mask else None
    return judged(picture, tones_of(photo, 256), width / height, 512, mask)


def codes(found: Judged) -> list[str]:
    return [warning.partition(":")[0] for warning in found.warnings]


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


@every_photo
def test_a_picture_of_the_photo_is_used_without_a_word(tmp_path: Path, photo: Path) -> None:
    found = judge(tmp_path, photo, "")
    assert found.heights is not None
    assert (found.warnings, found.reason) == ((), "")
    assert (found.heights.min(), found.heights.max()) == (0, 1)


@every_photo
@pytest.mark.parametrize(
    ("look", "code"),
    [
        (Kind.COLOUR, "depth_not_grey"),
        (Kind.FLAT, "depth_banded"),
        (Kind.POSTERISED, "depth_banded"),
    ],
)
def test_what_can_be_put_right_is_and_is_said(
    tmp_path: Path, photo: Path, look: Kind, code: str
) -> None:
    good = judge(tmp_path, photo, "").heights
    found = judge(tmp_path, photo, look)
    assert codes(found) == [code]
    assert good is not None
    assert found.heights is not None
    assert (found.heights.min(), found.heights.max()) == (0, 1)
    assert likeness(found.heights, good) > 0.9
    assert len(np.unique(found.heights)) > 1000  # no terraces are left


@every_photo
@pytest.mark.parametrize("look", [Kind.SHIFTED, Kind.REDRAWN, Kind.OTHER_SIZE])
def test_another_scene_or_shape_is_a_reason_to_do_without(
    tmp_path: Path, photo: Path, look: Kind
) -> None:
    found = judge(tmp_path, photo, look)
    assert found.heights is None
    assert found.reason.endswith(".")
    assert found.warnings == ()


@pytest.mark.parametrize("photo", [CAMERA, COINS, HORSE], ids=lambda path: path.stem)
def test_a_subject_behind_its_surroundings_is_turned(tmp_path: Path, photo: Path) -> None:
    good = judge(tmp_path, photo, "", with_mask=True)
    found = judge(tmp_path, photo, Kind.INVERTED, with_mask=True)
    assert good.heights is not None
    assert found.heights is not None
    assert codes(found) == ["depth_turned"]
    assert codes(good) == []
    assert likeness(found.heights, good.heights) > 0.99


def test_without_a_subject_only_a_plain_border_is_turned(tmp_path: Path) -> None:
    assert codes(judge(tmp_path, HORSE, Kind.INVERTED)) == ["depth_turned"]
    assert codes(judge(tmp_path, CAMERA, Kind.INVERTED)) == ["depth_inside_out"]


def test_a_plain_logo_keeps_its_plateaus(tmp_path: Path) -> None:
    picture = tmp_path / "logo.png"
    logo = np.zeros((120, 160), np.uint8)
    logo[30:90, 40:120] = 120
    logo[45:75, 60:100] = 255
    Image.fromarray(logo).save(picture)
    found = judged(picture, (logo / 255).astype(np.float32), 160 / 120, 160)
    assert found.heights is not None
    assert len(np.unique(found.heights)) == 3


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"\x89PNG\r\n\x1a\n"], ids=["nothing", "a page", "cut off"]
)
def test_what_is_no_picture_is_a_reason(tmp_path: Path, content: bytes) -> None:
    picture = tmp_path / "depth.png"
    picture.write_bytes(content)
    found = judged(picture, tones_of(CAT, 256), 1.5, 256)
    assert found.heights is None
    assert found.reason.startswith("It cannot be read: ")


def test_one_grey_is_a_reason(tmp_path: Path) -> None:
    picture = tmp_path / "depth.png"
    Image.new("L", (300, 200), 90).save(picture)
    assert judged(picture, tones_of(CAT, 256), 1.5, 256).reason == "It shows one distance only."


# As a source of heights.


def source(tmp_path: Path, photo: Path, look: str, detail: float = 0.0) -> JudgedDepth:
    picture = tmp_path / "depth-service.bin"
    picture.write_bytes(depth_of(photo.read_bytes(), size_of(photo), look))
    return JudgedDepth(picture, "Some service", detail)


def test_a_crop_takes_the_same_part_of_both(tmp_path: Path) -> None:
    settings = ReliefSettings(crop="0.25,0,0.75,1")
    made = source(tmp_path, CAT, "").height_map(CAT, settings, 128)
    assert made.source == "a depth picture of Some service"
    rows, cols = made.heights.shape
    assert cols / rows == pytest.approx(0.75, abs=0.02)


def test_detail_of_the_photo_is_added_where_the_service_loses_it(tmp_path: Path) -> None:
    plain = source(tmp_path, CAT, "").height_map(CAT, ReliefSettings(), 128)
    fine = source(tmp_path, CAT, "", 0.5).height_map(CAT, ReliefSettings(), 128)
    assert plain.heights.shape == fine.heights.shape
    assert 0.5 < likeness(plain.heights, fine.heights) < 0.999


def test_what_is_not_used_gives_way_to_the_photo_itself(tmp_path: Path) -> None:
    made = source(tmp_path, CAT, Kind.REDRAWN).height_map(CAT, ReliefSettings(), 128)
    assert made.warnings[0].startswith(
        "depth_service_unusable: The depth picture of Some service was not used. It "
    )
    assert made.source.startswith("the photo itself")
    assert made.heights.max() == 1


def test_a_map_is_asked_for_again_when_the_picture_or_the_settings_change(tmp_path: Path) -> None:
    first = source(tmp_path, CAT, "")
    before = first.depends_on(ReliefSettings(), 128)
    assert first.depends_on(ReliefSettings(relief_mm=3), 128) == before  # of the finished map
    assert first.depends_on(ReliefSettings(crop="square"), 128) != before
    other = io.BytesIO()
    Image.new("L", (8, 8)).save(other, "PNG")
    first.path.write_bytes(other.getvalue())
    assert first.depends_on(ReliefSettings(), 128) != before
