"""Whatever way a file says its colours, the same picture comes out."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from printd.core.crop import Box, crop_box
from printd.geometry.decode.lightness import read_grey, read_picture
from printd.geometry.decode.photo import PhotoLimits
from tests.photos import encoded, levels, quarters, textured

# L* / 100 of grey 0, 80, 160, 255.
EXPECTED = [0.0, 0.34, 0.66, 1.0]


def grey_of(
    tmp_path: Path, content: bytes, longest_px: int = 512, crop: Box | None = None
) -> NDArray[np.float32]:
    photo = tmp_path / "photo"
    photo.write_bytes(content)
    return read_grey(photo, longest_px, crop=crop)


@pytest.mark.parametrize(
    ("mode", "kind", "options"),
    [
        ("L", "PNG", {}),
        ("RGB", "PNG", {}),
        ("RGBA", "PNG", {}),
        ("LA", "PNG", {}),
        ("P", "PNG", {}),
        ("P", "GIF", {}),
        ("L", "JPEG", {"quality": 95}),
        ("CMYK", "JPEG", {"quality": 95}),
        ("YCbCr", "TIFF", {}),
        ("F", "TIFF", {}),
        ("I", "TIFF", {}),
        ("RGB", "WEBP", {"lossless": True}),
        ("RGB", "AVIF", {"quality": 90}),
    ],
)
def test_every_colour_mode_gives_the_same_lightness(
    tmp_path: Path, mode: str, kind: str, options: dict[str, Any]
) -> None:
    grey = grey_of(tmp_path, encoded(quarters().convert(mode), kind, **options))

    assert grey.dtype == np.float32
    assert grey.shape == (64, 96)
    assert levels(grey) == pytest.approx(EXPECTED, abs=0.02)


def test_sixteen_bits_are_spread_and_not_clipped(tmp_path: Path) -> None:
    dim = np.asarray(quarters()).astype(np.uint16) * 40 + 1000

    grey = grey_of(tmp_path, encoded(Image.fromarray(dim), "PNG"))

    assert levels(grey) == pytest.approx(EXPECTED, abs=0.01)


def test_what_is_no_number_counts_as_black(tmp_path: Path) -> None:
    values = np.asarray(quarters()).astype(np.float32) / 255
    values[:4, :4], values[4:8, :4] = np.nan, np.inf

    grey = grey_of(tmp_path, encoded(Image.fromarray(values), "TIFF"))

    assert np.isfinite(grey).all()
    assert levels(grey) == pytest.approx(EXPECTED, abs=0.01)


STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
KINDS = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"]


def turned(picture: Image.Image, kind: str, orientation: int) -> bytes:
    """Return a picture as a camera held another way stores it, with the tag that says so."""
    stored = STORED[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    lying = picture if stored is None else picture.transpose(stored)
    return encoded(lying.convert("RGB"), kind, exif=exif)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_put_upright_once(tmp_path: Path, kind: str, orientation: int) -> None:
    grey = grey_of(tmp_path, turned(quarters(), kind, orientation))

    assert grey.shape == (64, 96)
    assert levels(grey) == pytest.approx(EXPECTED, abs=0.05)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_part_is_that_of_the_upright_picture(tmp_path: Path, kind: str, orientation: int) -> None:
    content = turned(quarters(), kind, orientation)

    upper_right = grey_of(tmp_path, content, crop=(0.5, 0, 1, 0.5))
    lower_left = grey_of(tmp_path, content, crop=(0.125, 0.625, 0.375, 0.875))
    around = grey_of(tmp_path, content, crop=(0.25, 0.25, 0.75, 0.75))

    assert upper_right.shape == (32, 48)
    assert np.median(upper_right) == pytest.approx(EXPECTED[1], abs=0.02)
    assert lower_left.shape == (16, 24)
    assert np.median(lower_left) == pytest.approx(EXPECTED[2], abs=0.02)
    assert around.shape == (32, 48)
    assert levels(around) == pytest.approx(EXPECTED, abs=0.05)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_of_a_picture_is_a_part_of_it(tmp_path: Path, orientation: int) -> None:
    content = turned(textured(1200, 801), "JPEG", orientation)

    all_of_it = grey_of(tmp_path, content, 200, crop=(0, 0, 1, 1))

    assert np.array_equal(all_of_it, grey_of(tmp_path, content, 200))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("longest_px", [100, 150, 1000])
def test_a_part_looks_like_a_file_that_was_cut_before(
    tmp_path: Path, kind: str, longest_px: int
) -> None:
    whole, box = textured(1200, 900), (300, 150, 900, 600)
    fast = {"compress_level": 1} if kind == "PNG" else {}

    part = grey_of(
        tmp_path, encoded(whole, kind, **fast), longest_px, crop=(0.25, 1 / 6, 0.75, 2 / 3)
    )
    alone = grey_of(tmp_path, encoded(whole.crop(box), kind, **fast), longest_px)

    assert part.shape == alone.shape
    assert np.abs(part - alone).mean() < (0.01 if kind == "JPEG" else 1e-6)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_small_part_of_a_large_photo_stays_sharp(tmp_path: Path, orientation: int) -> None:
    picture = quarters(1500, 1000)
    board = (np.indices((75, 50)).sum(axis=0) // 4 % 2 * 255).astype(np.uint8)
    picture.paste(Image.fromarray(board), (1050, 100))

    part = grey_of(
        tmp_path, turned(picture, "JPEG", orientation), 75, crop=(0.7, 0.1, 0.7333, 0.175)
    )

    assert part.shape == (75, 50)
    assert np.abs(part - board / 255).mean() < 0.1


def test_a_part_of_a_deep_picture_is_spread_between_its_own_values(tmp_path: Path) -> None:
    dim = np.asarray(quarters()).astype(np.uint16) * 40 + 1000
    dim[:, :10] = 65535

    part = grey_of(tmp_path, encoded(Image.fromarray(dim), "PNG"), crop=(0.25, 0.25, 0.75, 0.75))

    assert levels(part) == pytest.approx(EXPECTED, abs=0.01)


def test_alpha_counts_in_the_part_alone(tmp_path: Path) -> None:
    picture = quarters().convert("RGBA")
    picture.putalpha(
        Image.fromarray(np.repeat([[0], [255]], [32, 32], axis=0).astype(np.uint8)).resize(
            picture.size
        )
    )
    photo = tmp_path / "photo"
    photo.write_bytes(encoded(picture, "PNG"))

    lower = read_picture(photo, 512, crop=(0, 0.5, 1, 1))
    middle = read_picture(photo, 512, crop=(0, 0.25, 1, 0.75))

    assert lower.alpha is None
    assert middle.alpha is not None
    assert middle.alpha.shape == middle.lightness.shape == middle.colours.shape[:2] == (32, 96)
    assert middle.alpha[:10].max() == 0
    assert middle.alpha[-10:].min() == 1


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 2)])
@pytest.mark.parametrize("word", ["square", "4:3", "1:20", "0.4,0.4,0.4001,0.4001", "0.9,0.9,1,1"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_part_has_at_least_one_pixel(
    tmp_path: Path, size: tuple[int, int], word: str, kind: str
) -> None:
    photo = tmp_path / "photo"
    photo.write_bytes(encoded(Image.new("L", size, 100), kind))
    any_size = PhotoLimits(min_side_px=1, max_ratio=10_000)

    part = read_grey(photo, 512, any_size, crop_box(word, *size))

    assert part.size >= 1
    assert part == pytest.approx(part[0, 0], abs=0.02)


def test_alpha_is_laid_over_white(tmp_path: Path) -> None:
    picture = quarters().convert("RGBA")
    picture.putalpha(Image.new("L", picture.size, 0))
    picture.paste((0, 0, 0, 128), (0, 0, 48, 32))

    grey = grey_of(tmp_path, encoded(picture, "PNG"))

    assert levels(grey) == pytest.approx([0.53, 1, 1, 1], abs=0.02)


def test_a_transparent_colour_of_a_palette_is_white(tmp_path: Path) -> None:
    picture = quarters().convert("P")

    content = encoded(picture, "PNG", transparency=picture.getpixel((0, 0)))

    assert levels(grey_of(tmp_path, content)) == pytest.approx([1, 0.34, 0.66, 1], abs=0.01)


def test_an_animation_shows_its_first_frame(tmp_path: Path) -> None:
    content = encoded(
        quarters(), "GIF", save_all=True, append_images=[Image.new("L", (96, 64), 255)] * 3
    )

    assert levels(grey_of(tmp_path, content)) == pytest.approx(EXPECTED, abs=0.01)


def test_a_profile_is_followed(tmp_path: Path) -> None:
    xyz = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    plain = encoded(quarters().convert("RGB"), "PNG", icc_profile=xyz.tobytes())

    assert levels(grey_of(tmp_path, plain)) == pytest.approx(EXPECTED, abs=0.01)


@pytest.mark.parametrize("profile", [b"garbage" * 50, b""])
@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_a_profile_that_does_not_fit_is_ignored(tmp_path: Path, profile: bytes, mode: str) -> None:
    profile = profile or ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    content = encoded(quarters().convert(mode), "JPEG", quality=95, icc_profile=profile)

    assert levels(grey_of(tmp_path, content)) == pytest.approx(EXPECTED, abs=0.02)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_picture_becomes_small_in_linear_light(tmp_path: Path, kind: str) -> None:
    # Black and white pixels in turn are half the light, which is L* 76 and not 53.
    board = np.indices((1200, 1800)).sum(axis=0) % 2 * np.uint8(255)

    grey = grey_of(tmp_path, encoded(Image.fromarray(board.astype(np.uint8)), "PNG"), 150)

    assert grey.shape == (100, 150)
    assert grey.mean() == pytest.approx(0.76, abs=0.01)
    assert np.ptp(grey) < 0.02


@pytest.mark.parametrize("size", [(1999, 1333), (517, 2011), (1024, 1024)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_places_stay_where_they_are(tmp_path: Path, kind: str, size: tuple[int, int]) -> None:
    grey = grey_of(tmp_path, encoded(quarters(*size), kind), 200)

    assert max(grey.shape) == 200
    assert grey.shape[0] / grey.shape[1] == pytest.approx(size[1] / size[0], rel=0.02)
    assert levels(grey) == pytest.approx(EXPECTED, abs=0.02)


def test_a_small_picture_keeps_its_size(tmp_path: Path) -> None:
    assert grey_of(tmp_path, encoded(textured(100, 60), "PNG"), 512).shape == (60, 100)
