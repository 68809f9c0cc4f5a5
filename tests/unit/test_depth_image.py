"""Depth files: every kind that is read, what is made good, and what is refused in words."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from printd.core.errors import PhotoRefused
from printd.geometry.decode.depthfile import fingerprint, read_depth_header, read_numbers
from printd.geometry.decode.photo import PhotoLimits
from printd.geometry.heights.depthimage import (
    DepthImage,
    Near,
    filled,
    is_inside_out,
    read_depth_image,
    resized,
    without_terraces,
)
from tests.photos import ASTRONAUT, png

Floats = NDArray[np.float32]


def hill(width: int = 96, height: int = 64) -> Floats:
    """Return a smooth hill that leans, 0 to 1, both reached; no symmetry is left."""
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    heights = np.exp(-2 * (across**2 + down**2)) + 0.2 * across + 0.1 * down
    heights -= heights.min()
    return np.asarray(heights / heights.max(), np.float32)


HILL = hill()


def as_whole(values: Floats, most: int) -> NDArray[np.int64]:
    return np.rint(values.astype(np.float64) * most).astype(np.int64)


def npy(values: NDArray[np.generic]) -> bytes:
    out = io.BytesIO()
    np.save(out, values)
    return out.getvalue()


def picture(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def tiff(values: NDArray[np.generic]) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, values)
    return out.getvalue()


def eight() -> Image.Image:
    return Image.fromarray(as_whole(HILL, 255).astype(np.uint8))


def palette() -> bytes:
    image = eight()
    image.putpalette([level for grey in range(256) for level in (grey, grey, grey)])
    return picture(image, "PNG")


def read(
    tmp_path: Path,
    content: bytes,
    longest_px: int = 512,
    near: Near = "white",
    aspect: float | None = None,
) -> DepthImage:
    path = tmp_path / "depth.bin"
    path.write_bytes(content)
    return read_depth_image(path, longest_px, near, aspect)


def codes(found: DepthImage) -> list[str]:
    return [warning.split(":")[0] for warning in found.warnings]


KINDS: dict[str, tuple[Callable[[], bytes], float]] = {
    "png of 8 bits": (lambda: picture(eight(), "PNG"), 1 / 255),
    "png of 16 bits": (
        lambda: picture(Image.fromarray(as_whole(HILL, 65535).astype(np.uint16)), "PNG"),
        2e-4,
    ),
    "png, grey and alpha": (lambda: picture(eight().convert("LA"), "PNG"), 1 / 255),
    "png with a palette": (palette, 1 / 255),
    "png in RGB": (lambda: picture(eight().convert("RGB"), "PNG"), 1 / 255),
    "jpeg": (lambda: picture(eight(), "JPEG", quality=95), 0.03),
    "jpeg in CMYK": (lambda: picture(eight().convert("RGB").convert("CMYK"), "JPEG"), 0.05),
    "webp": (lambda: picture(eight().convert("RGB"), "WEBP", lossless=True), 1 / 255),
    "tiff of 8 bits": (lambda: tiff(as_whole(HILL, 255).astype(np.uint8)), 1 / 255),
    "tiff of 16 bits": (lambda: tiff(as_whole(HILL, 65535).astype(np.uint16)), 2e-4),
    "tiff of 16 bits, signed": (
        lambda: tiff((as_whole(HILL, 60000) - 30000).astype(np.int16)),
        2e-4,
    ),
    "tiff of 32 bits": (lambda: tiff(as_whole(HILL, 2**31 - 1).astype(np.int32)), 1e-5),
    "tiff of 32 bits, unsigned": (
        lambda: tiff(as_whole(HILL, 2**32 - 1).astype(np.uint32)),
        1e-5,
    ),
    "tiff of floats": (lambda: tiff(HILL * 3 - 7), 1e-5),
    "npy of halves": (lambda: npy(HILL.astype(np.float16)), 2e-3),
    "npy of floats": (lambda: npy(HILL), 1e-6),
    "npy of doubles, far off": (lambda: npy(HILL.astype(np.float64) * 1e-3 + 5e5), 1e-5),
    "npy of huge numbers": (lambda: npy(HILL.astype(np.float64) * 1e299), 1e-5),
    "npy of bytes": (lambda: npy(as_whole(HILL, 255).astype(np.uint8)), 1 / 255),
    "npy, big-endian": (lambda: npy(HILL.astype(">f4")), 1e-6),
    "npy by columns": (lambda: npy(np.asfortranarray(HILL)), 1e-6),
    "npy, channel first": (lambda: npy(HILL[None]), 1e-6),
    "npy, channel last": (lambda: npy(HILL[..., None]), 1e-6),
    "npy, signed": (lambda: npy((as_whole(HILL, 65535) - 40000).astype(np.int64)), 2e-4),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_depth_file_is_read_as_heights(tmp_path: Path, kind: str) -> None:
    make, close = KINDS[kind]

    found = read(tmp_path, make())

    assert found.heights.dtype == np.float32
    assert found.warnings == ()
    assert (float(found.heights.min()), float(found.heights.max())) == (0, 1)
    # The robust ends cut off a thousandth of the values, and up to so much of the range.
    np.testing.assert_allclose(found.heights, HILL, atol=close + 0.015)
    inner = (HILL > 0.02) & (HILL < 0.98)
    middle = np.polyfit(HILL[inner], found.heights[inner], 1)
    assert np.abs(found.heights - np.polyval(middle, HILL))[inner].max() < close + 1e-4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_turned_depth_picture_is_put_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    turns: dict[int, Callable[[Floats], Floats]] = {
        1: lambda up: up,
        2: lambda up: up[:, ::-1],
        3: lambda up: up[::-1, ::-1],
        4: lambda up: up[::-1],
        5: lambda up: up.T,
        6: np.rot90,
        7: lambda up: up[::-1, ::-1].T,
        8: lambda up: np.rot90(up, -1),
    }
    stored = np.ascontiguousarray(as_whole(turns[orientation](HILL), 255).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation

    found = read(tmp_path, picture(Image.fromarray(stored), kind, exif=exif))

    np.testing.assert_allclose(found.heights, HILL, atol=0.04)


def test_black_may_be_near(tmp_path: Path) -> None:
    found = read(tmp_path, npy(1 - HILL), near="black")

    np.testing.assert_allclose(found.heights, HILL, atol=0.015)
    assert found.warnings == ()


def test_a_map_that_is_inside_out_is_turned_only_when_asked(tmp_path: Path) -> None:
    kept = read(tmp_path, npy(1 - HILL))
    turned = read(tmp_path, npy(1 - HILL), near="auto")
    right = read(tmp_path, npy(HILL), near="auto")

    np.testing.assert_allclose(kept.heights, 1 - HILL, atol=0.015)
    assert codes(kept) == ["depth_inside_out"]
    np.testing.assert_allclose(turned.heights, HILL, atol=0.015)
    assert codes(turned) == ["depth_turned"]
    np.testing.assert_allclose(right.heights, HILL, atol=0.015)
    assert codes(right) == []


def test_a_border_nearer_than_the_middle_is_inside_out() -> None:
    assert is_inside_out(1 - HILL, 0.15)
    assert not is_inside_out(HILL, 0.0)
    assert not is_inside_out(np.ones((16, 16), np.float32), 0.0)


def test_what_is_clear_is_farthest(tmp_path: Path) -> None:
    image = Image.fromarray(np.full((64, 96), 200, np.uint8)).convert("LA")
    values = np.array(image)
    values[16:48, 24:72, 0] = as_whole(HILL[16:48, 24:72] * 0.5 + 0.2, 255)
    values[..., 1] = 0
    values[16:48, 24:72, 1] = 255

    found = read(tmp_path, picture(Image.fromarray(values, "LA"), "PNG"))

    assert not found.heights[:15].any()
    assert found.heights[32, 48] > 0.9
    assert found.warnings == ()


def test_single_specks_do_not_set_the_scale(tmp_path: Path) -> None:
    values = HILL.copy()
    values[5, 5], values[40, 70] = 50, -50

    found = read(tmp_path, npy(values))

    close = np.abs(found.heights - HILL) < 0.015
    assert close.mean() > 0.99


# Holes.


def test_holes_are_filled_from_the_nearest_value(tmp_path: Path) -> None:
    values = HILL.copy()
    values[20:30, 40:50] = np.nan
    values[0, 0], values[63, 95] = np.inf, -np.inf

    found = read(tmp_path, npy(values))

    assert codes(found) == ["depth_holes"]
    assert "1.7 %" in found.warnings[0]
    assert np.isfinite(found.heights).all()
    np.testing.assert_allclose(found.heights, HILL, atol=0.2)


def test_filling_takes_the_nearest(tmp_path: Path) -> None:
    row = np.array([[1.0, np.nan, np.nan, np.nan, np.nan, 6.0]])

    whole, share = filled(row)

    np.testing.assert_array_equal(whole, [[1, 1, 1, 6, 6, 6]])
    assert share == pytest.approx(4 / 6)


def test_holes_do_not_darken_what_is_averaged(tmp_path: Path) -> None:
    values = np.full((512, 512), 7.0)
    values[::2] = np.nan
    values[256:] += 1

    found = read(tmp_path, npy(values), longest_px=64)

    assert found.heights.shape == (64, 64)
    assert set(np.unique(found.heights)) >= {0, 1}
    assert float(found.heights[:30].max()) == 0
    assert float(found.heights[34:].min()) == 1


# Levels.


def slope_error(heights: Floats, true: Floats) -> float:
    return float(np.std(np.gradient(heights - true)))


def test_terraces_become_slopes() -> None:
    fine = ndimage.gaussian_filter(np.random.default_rng(3).random((256, 256)), 24)
    fine = ((fine - fine.min()) / np.ptp(fine)).astype(np.float32)
    coarse = np.rint(fine * 40) / np.float32(40)

    smooth = without_terraces(coarse, 1 / 40)

    assert np.abs(smooth - coarse).max() <= 0.5 / 40 + 1e-6
    assert np.abs(smooth - fine).mean() < 0.7 * np.abs(coarse - fine).mean()
    assert slope_error(smooth, fine) < 0.25 * slope_error(coarse, fine)


def test_an_edge_stays_an_edge_when_terraces_go() -> None:
    edge = np.zeros((64, 64), np.float32)
    edge[:, 32:] = 1

    smooth = without_terraces(edge, 1 / 255)

    np.testing.assert_allclose(smooth, edge, atol=0.5 / 255 + 1e-6)


def test_few_levels_are_said_and_smoothed(tmp_path: Path) -> None:
    image = Image.fromarray((as_whole(HILL, 24) * 10).astype(np.uint8))

    found = read(tmp_path, picture(image, "PNG"))

    assert codes(found) == ["depth_banded"]
    assert len(np.unique(found.heights)) > 1000
    np.testing.assert_allclose(found.heights, HILL, atol=0.06)


def test_very_few_levels_are_plateaus(tmp_path: Path) -> None:
    image = Image.fromarray((as_whole(HILL, 3) * 80).astype(np.uint8))

    found = read(tmp_path, picture(image, "PNG"))

    assert codes(found) == ["depth_levels"]
    assert len(np.unique(found.heights)) == 4


def test_a_low_contrast_is_said_and_stretched(tmp_path: Path) -> None:
    image = Image.fromarray((100 + as_whole(HILL, 50)).astype(np.uint8))

    found = read(tmp_path, picture(image, "PNG"))

    assert codes(found) == ["depth_flat"]
    np.testing.assert_allclose(found.heights, HILL, atol=0.03)


def test_one_distance_is_a_flat_plate_and_said(tmp_path: Path) -> None:
    for content in (npy(np.full((64, 64), 3.5)), picture(Image.new("L", (64, 64), 9), "PNG")):
        found = read(tmp_path, content)

        assert not found.heights.any()
        assert codes(found) == ["depth_flat"]


def test_a_photo_handed_in_as_depth_is_said_to_be_no_grey(tmp_path: Path) -> None:
    found = read_depth_image(ASTRONAUT, 128)

    assert "depth_not_grey" in codes(found)
    assert found.heights.shape == (128, 128)


# Size and shape.


def test_a_map_gets_the_shape_of_its_photo(tmp_path: Path) -> None:
    found = read(tmp_path, npy(hill(300, 200)), longest_px=120, aspect=1.53)

    assert found.heights.shape == (78, 120)
    np.testing.assert_allclose(found.heights, hill(120, 78), atol=0.02)


def test_a_small_map_keeps_its_size(tmp_path: Path) -> None:
    assert read(tmp_path, npy(HILL), longest_px=4096).heights.shape == HILL.shape


@pytest.mark.parametrize("longest_px", [512, 128, 64, 32, 17])
def test_a_large_map_is_averaged_down(tmp_path: Path, longest_px: int) -> None:
    found = read(tmp_path, npy(hill(600, 400)), longest_px=longest_px)

    rows, cols = found.heights.shape
    assert cols == longest_px
    np.testing.assert_allclose(found.heights, hill(cols, rows), atol=0.06)


def test_a_part_is_cut_out_to_the_point() -> None:
    part = resized(hill(600, 400), (100, 150), (0.25, 0.25, 0.75, 0.75))

    np.testing.assert_allclose(part, hill(600, 400)[100:300:2, 150:450:2], atol=0.01)


@pytest.mark.parametrize("aspect", [1.4, 1.6])
def test_another_shape_than_the_photo_is_refused(tmp_path: Path, aspect: float) -> None:
    with pytest.raises(PhotoRefused, match=r"1\.50 times as wide as high, its photo 1\.[46]0"):
        read(tmp_path, npy(HILL), aspect=aspect)


def test_the_header_alone_says_the_size(tmp_path: Path) -> None:
    path = tmp_path / "depth.npy"
    np.save(path, HILL)

    facts = read_depth_header(path)

    assert (facts.width_px, facts.height_px, facts.format) == (96, 64, "NPY")
    assert read_depth_header(ASTRONAUT).format == "PNG"


# What is refused.


def header(shape: str, descr: str = "'<f4'", *, version: int = 1) -> bytes:
    """Return the head of a ``.npy`` file that says what it likes."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (npy(HILL)[:-1], r"holds 24575 of the 24576 bytes"),
        (npy(HILL)[:20], r"header of this \.npy file makes no sense"),
        (npy(HILL)[:7], r"header of this \.npy file makes no sense"),
        (npy(HILL) + b"\0", r"holds 24577 bytes where its array has 24576"),
        (npy(np.array([{"a": 1}] * 400, object).reshape(20, 20)), "not plain numbers"),
        (npy(np.zeros((20, 20), "M8[s]")), "not plain numbers"),
        (npy(np.zeros((20, 20), [("a", "<f4")])), "not plain numbers"),
        (npy(np.zeros((20, 20), complex)), "not plain numbers"),
        (npy(np.zeros((20, 20), np.longdouble)), "not plain numbers"),
        (npy(np.full((20, 20), "a")), "not plain numbers"),
        (npy(np.zeros(400)), r"shape \(400,\), not rows and columns"),
        (npy(np.zeros((20, 20, 3))), r"shape \(20, 20, 3\), not rows and columns"),
        (npy(np.zeros((20, 0))), "is empty"),
        (npy(np.array(5.0)), r"shape \(\), not rows and columns"),
        (npy(np.zeros((1, 1))), "1 by 1 numbers; each side needs at least 16"),
        (npy(np.zeros((1, 5000))), "5000 by 1 numbers; each side needs"),
        (npy(np.zeros((5000, 1))), "1 by 5000 numbers; each side needs"),
        (npy(np.zeros((20, 5000), np.uint8)), "one side is 250 times the other"),
        (header("(100000, 100000)"), "10000 million numbers; at most 64 million"),
        (header("(99999999999999999999, 2)"), "million numbers; at most 64 million"),
        (header("(-20, -20)"), r"the shape \(-20, -20\)"),
        (header("(20, 20)", "'|O'") + b"\x80\x04N." * 400, "not plain numbers"),
        (header("(20, 20)", "__import__('os')"), "makes no sense"),
        (header("(20, " + "(" * 3000 + "20"), "makes no sense"),
        (header("(20, 20)", "'<f4'", version=3) + bytes(1600), "of an unknown version"),
        (b"\x93NUMPY" + bytes(100), "of an unknown version|makes no sense"),
        (npy(HILL * np.float32(np.nan)), "no value anywhere"),
        (npy(np.full((20, 20), np.inf)), "no value anywhere"),
        (picture(Image.new("LA", (40, 40), (200, 0)), "PNG"), "no value anywhere"),
        (picture(Image.new("L", (1, 1)), "PNG"), "1 by 1 pixels; each side needs"),
        (picture(Image.new("L", (1, 5000)), "PNG"), "1 by 5000 pixels; each side needs"),
        (png(30000, 30000, b""), "30000 by 30000 pixels"),
        (picture(eight(), "PNG")[:300], "stops before its end"),
        (tiff(HILL)[:900], "stops before its end|cannot be decoded"),
        (tiff(HILL.astype(np.float64)), "cannot be decoded"),
        (b"P5\n96 64\n255\n", "not those of a picture"),
        (b"", "is empty"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes, words: str
) -> None:
    with pytest.raises(PhotoRefused, match=words) as refused:
        read(tmp_path, content)

    assert refused.value.action


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.npy").write_bytes(npy(HILL))
    (tmp_path / "depth.npy").symlink_to("real.npy")

    for look in (read_depth_header, fingerprint):
        with pytest.raises(PhotoRefused, match="a link"):
            look(tmp_path / "depth.npy")
    with pytest.raises(PhotoRefused, match="a link"):
        read_depth_image(tmp_path / "depth.npy", 64)


def test_the_limit_of_pixels_holds_for_arrays(tmp_path: Path) -> None:
    path = tmp_path / "depth.npy"
    np.save(path, np.zeros((40, 40), np.uint8))

    with pytest.raises(PhotoRefused, match=r"0 million numbers; at most 0\.001 million"):
        read_numbers(path, 64, PhotoLimits(max_mpx=0.001))
