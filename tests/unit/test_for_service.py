"""The picture that a service is handed: small, upright, plain, within its bytes, perhaps cut."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from printd.core.compute import Compute, Limits
from printd.core.errors import PhotoOddShape, PhotoTooLarge, PhotoTooSmall
from printd.geometry.decode.lightness import read_grey
from printd.geometry.for_service import ServicePicture, write_for_service
from printd.pipeline import tasks
from tests.looks import PHOTOS, mask_of
from tests.photos import ASTRONAUT, encoded, levels, quarters, textured

TURNED_RIGHT = 6  # EXIF: the upright picture is a quarter to the right of the stored one


def written(photo: Path, out: Path, **options: object) -> ServicePicture:
    return write_for_service(photo, out, **{"longest_px": 1024, **options})  # type: ignore[arg-type]


def saved(picture: Image.Image, file: Path) -> Path:
    file.write_bytes(encoded(picture, "PNG"))
    return file


def opened(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        picture.load()
        return picture


def test_it_is_upright_and_nothing_but_pixels_is_left(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = TURNED_RIGHT
    exif[0x010E] = "at home"
    words = b"at home"
    photo = tmp_path / "in.jpg"
    photo.write_bytes(
        encoded(quarters(), "JPEG", quality=95, exif=exif, comment=words, icc_profile=words)
    )

    facts = written(photo, tmp_path / "out")

    assert b"at home" in photo.read_bytes()
    assert b"at home" not in (tmp_path / "out").read_bytes()
    with Image.open(tmp_path / "out") as made:
        assert (made.format, made.size) == ("JPEG", (64, 96))
        assert not made.getexif()
        assert set(made.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert (facts.width_px, facts.height_px) == (64, 96)
    assert levels(read_grey(tmp_path / "out", 1024)) == levels(read_grey(photo, 1024))


@pytest.mark.parametrize(("longest_px", "size"), [(128, (128, 64)), (5000, (300, 150))])
def test_it_is_made_smaller_and_never_larger(
    tmp_path: Path, longest_px: int, size: tuple[int, int]
) -> None:
    photo = saved(textured(300, 150), tmp_path / "in.png")

    facts = written(photo, tmp_path / "out", longest_px=longest_px)

    assert (facts.width_px, facts.height_px) == size


def test_bytes_are_saved_by_the_quality_first_then_by_the_size(tmp_path: Path) -> None:
    sizes = [
        written(ASTRONAUT, tmp_path / "out", most_bytes=most, least_px=100)
        for most in (200_000, 50_000, 15_000)
    ]

    assert [facts.bytes <= most for facts, most in zip(sizes, (200_000, 50_000, 15_000))]  # noqa: B905
    assert (sizes[0].width_px, sizes[0].quality) == (512, 92)
    assert sizes[1].width_px == 512
    assert (sizes[1].quality or 0) < 92
    assert sizes[2].width_px < 512
    assert (tmp_path / "out").stat().st_size == sizes[2].bytes <= 15_000


def test_a_png_is_made_smaller_until_it_fits(tmp_path: Path) -> None:
    facts = written(ASTRONAUT, tmp_path / "out", form="png", most_bytes=100_000)

    assert facts.width_px < 512
    assert facts.bytes <= 100_000


def test_what_cannot_be_made_to_fit_is_said_before_anything_is_written(tmp_path: Path) -> None:
    small = saved(textured(300, 100), tmp_path / "small.png")
    long = saved(textured(1600, 100), tmp_path / "long.png")
    cases = [
        (small, {"least_px": 128}, PhotoTooSmall, "300 by 100"),
        (long, {"least_px": 80}, PhotoOddShape, "1024 by 64"),
        (ASTRONAUT, {"most_bytes": 2000, "least_px": 128}, PhotoTooLarge, "2000 bytes"),
    ]
    for photo, options, refusal, words in cases:
        with pytest.raises(refusal, match=words):
            written(photo, tmp_path / "out", **options)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["long.png", "small.png"]


def test_the_same_photo_gives_the_same_bytes(tmp_path: Path) -> None:
    for form in ("jpeg", "png"):
        written(ASTRONAUT, tmp_path / "a", form=form, cut_background=True)
        written(ASTRONAUT, tmp_path / "b", form=form, cut_background=True)

        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("name", ["coffee", "camera", "coins"])
def test_a_found_subject_is_cut_out_of_its_background(tmp_path: Path, name: str) -> None:
    white = written(PHOTOS[name], tmp_path / "white", cut_background=True)
    clear = written(PHOTOS[name], tmp_path / "clear", form="png", cut_background=True)

    alpha = np.asarray(opened(tmp_path / "clear"))[..., 3]
    colours = np.asarray(opened(tmp_path / "white").convert("RGB"))
    drawn = mask_of(name, alpha.shape)
    assert (white.cut_by, clear.cut_by) == ("photo", "photo")
    assert float((drawn & (alpha > 127)).sum() / (drawn | (alpha > 127)).sum()) > 0.7
    assert colours[alpha == 0].min() > 230  # of a JPEG, in which edges ring
    before = np.asarray(opened(PHOTOS[name]).convert("RGB")).astype(int)
    after = np.asarray(opened(tmp_path / "clear").convert("RGB")).astype(int)
    assert np.abs(before - after)[alpha == 255].max() == 0


def test_a_given_mask_decides_what_is_cut(tmp_path: Path) -> None:
    drawn = Image.new("L", (512, 512))
    drawn.paste(255, (0, 0, 256, 512))
    mask = saved(drawn, tmp_path / "mask.png")

    facts = written(ASTRONAUT, tmp_path / "out", form="png", cut_background=True, mask=mask)

    alpha = np.asarray(opened(tmp_path / "out"))[..., 3]
    assert facts.cut_by == "given"
    assert alpha[:, :240].min() > 250
    assert alpha[:, 272:].max() < 5


def test_what_is_clear_in_a_photo_is_white_in_a_jpeg_and_clear_in_a_png(tmp_path: Path) -> None:
    half = Image.new("RGBA", (200, 100), (200, 30, 40, 255))
    half.paste((200, 30, 40, 128), (50, 0, 100, 100))
    half.paste((9, 9, 9, 0), (100, 0, 200, 100))
    photo = saved(half, tmp_path / "in.png")

    written(photo, tmp_path / "jpeg")
    written(photo, tmp_path / "png", form="png")

    over = np.asarray(opened(tmp_path / "jpeg"))
    kept = np.asarray(opened(tmp_path / "png")).astype(int)
    assert over[50, 150].min() > 250
    assert np.abs(kept[50, 75] - (200, 30, 40, 128)).max() <= 1
    assert kept[50, 150, 3] == 0


def test_a_background_that_cannot_be_told_apart_stays_and_it_is_said(tmp_path: Path) -> None:
    facts = written(PHOTOS["chelsea"], tmp_path / "out", form="png", cut_background=True)

    assert facts.cut_by == "none"
    assert [words.partition(":")[0] for words in facts.warnings] == ["background_kept"]
    assert opened(tmp_path / "out").mode == "RGB"


def test_a_limited_child_writes_it(tmp_path: Path) -> None:
    with Compute(workers=1) as compute:
        facts = compute.run(
            tasks.picture_for_service,
            ASTRONAUT,
            tmp_path / "out",
            longest_px=256,
            least_px=128,
            most_bytes=6_000_000,
            format="jpeg",
            limits=Limits(memory_bytes=1 << 30, wall_s=60.0),
        )

    assert facts["bytes"] == (tmp_path / "out").stat().st_size
    assert opened(tmp_path / "out").size == (256, 256)
