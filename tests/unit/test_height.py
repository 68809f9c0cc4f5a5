"""The height map: its routes, its symmetries, what tone may not do, and bad pictures."""

from itertools import product
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from printd.core.errors import PhotoRefused, SettingInvalid
from printd.core.relief_settings import ReliefSettings
from printd.geometry.decode.lightness import Picture, read_picture
from printd.geometry.filters import noise_sigma, stretched
from printd.geometry.heights.findmask import mask_at_hand
from printd.geometry.heights.height import HeightMap, height_map, height_map_of
from tests.looks import PHOTOS, above, darkened, drawing, ink_of, look, mask_of
from tests.photos import ASTRONAUT, CAT

Floats = NDArray[np.float32]
SETTINGS = ReliefSettings()


def picture_of(values: Floats) -> Picture:
    """Return a grey picture of these lightnesses."""
    grey = np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8)
    return Picture(values.astype(np.float32), np.repeat(grey[..., None], 3, axis=2), None)


def with_mask(picture: Picture, mask: NDArray[np.bool_], style: str = "detailed") -> HeightMap:
    return height_map(picture, style, mask=mask_at_hand(picture, mask))


def saved(tmp_path: Path, picture: Image.Image, name: str = "photo.png") -> Path:
    picture.save(tmp_path / name)
    return tmp_path / name


def codes(made: HeightMap) -> list[str]:
    return [warning.split(":")[0] for warning in made.found.warnings]


@pytest.fixture(scope="module")
def astronaut() -> HeightMap:
    return height_map_of(ASTRONAUT, SETTINGS, 256)


@pytest.mark.parametrize("photo", [ASTRONAUT, CAT])
@pytest.mark.parametrize("style", ["detailed", "organic"])
def test_both_ends_of_the_range_are_reached(photo: Path, style: str) -> None:
    heights = height_map_of(photo, ReliefSettings.of({"style": style}), 256).heights

    assert heights.dtype == np.float32
    assert (float(heights.min()), float(heights.max())) == (0, 1)


@pytest.mark.parametrize("name", ["astronaut", "camera", "coffee", "coins", "rocket"])
def test_a_clear_subject_stands_above_its_ground(name: str) -> None:
    made = height_map_of(PHOTOS[name], SETTINGS, 256)

    mask = mask_of(name, made.heights.shape)
    assert made.found.route == "subject"
    assert made.found.mask_from == "photo"
    assert made.found.mask_confidence is not None
    assert made.found.mask_confidence > 0.8
    assert above(made.heights[mask], made.heights[~mask]) > 0.92


def test_every_coin_on_an_unevenly_lit_table_is_found() -> None:
    made = height_map_of(PHOTOS["coins"], SETTINGS, 384)

    drawn, _ = ndimage.label(mask_of("coins", made.heights.shape))
    assert made.mask is not None
    found = [float((made.mask[drawn == coin] > 0.5).mean()) for coin in range(1, 25)]
    assert min(found) > 0.7
    assert float((made.mask[drawn == 0] > 0.5).mean()) < 0.04


def test_the_ground_behind_a_subject_is_quiet() -> None:
    made = height_map_of(PHOTOS["camera"], ReliefSettings(style="organic"), 512)

    sky = made.heights[10:100, 320:500]
    assert float(np.ptp(sky)) < 0.05
    assert float(np.abs(np.diff(sky)).max()) < 0.002


def test_a_subject_that_fills_the_frame_is_a_scene_and_says_so() -> None:
    made = height_map_of(CAT, SETTINGS, 256)

    assert made.found.route == "scene"
    assert made.mask is None
    assert codes(made) == ["mask_doubtful"]


@pytest.mark.parametrize("style", ["detailed", "organic"])
def test_a_given_mask_is_followed(tmp_path: Path, style: str) -> None:
    mask = mask_of("chelsea", (300, 451))
    settings = ReliefSettings.of({"style": style})
    file = saved(tmp_path, Image.fromarray(mask), "mask.png")

    by_array = height_map_of(CAT, settings, 256, mask)
    by_file = height_map_of(CAT, settings, 256, file)

    small = mask_of("chelsea", by_array.heights.shape)
    assert by_array.found.route == "subject"
    assert by_array.found.mask_from == "given"
    assert above(by_array.heights[small], by_array.heights[~small]) > 0.99
    assert np.abs(by_array.heights - by_file.heights).mean() < 0.01


def test_without_a_mask_the_whole_scene_is_shown(astronaut: HeightMap) -> None:
    scene = height_map_of(ASTRONAUT, ReliefSettings(mask="none"), 256)

    assert astronaut.found.route == "subject"
    assert scene.found.route == "scene"
    assert not scene.found.warnings


@pytest.mark.parametrize(("value", "code"), [(0, "mask_empty"), (1, "mask_full")])
def test_a_mask_that_says_nothing_is_not_used(value: int, code: str) -> None:
    made = height_map_of(ASTRONAUT, SETTINGS, 128, np.full((50, 50), value))

    assert codes(made) == [code]
    assert made.found.mask_from == "photo"


def test_the_alpha_channel_is_the_mask(tmp_path: Path) -> None:
    mask = mask_of("chelsea", (300, 451))
    photo = Image.open(CAT).convert("RGB")
    photo.putalpha(Image.fromarray(mask).convert("L"))

    made = height_map_of(saved(tmp_path, photo), SETTINGS, 451)

    assert made.found.mask_from == "alpha"
    assert above(made.heights[mask], made.heights[~mask]) > 0.99


def test_whoever_wants_no_mask_gets_none_of_the_alpha_channel(tmp_path: Path) -> None:
    photo = Image.open(CAT).convert("RGB")
    photo.putalpha(Image.fromarray(mask_of("chelsea", (300, 451))).convert("L"))

    made = height_map_of(saved(tmp_path, photo), ReliefSettings(mask="none"), 128)

    assert (made.found.route, made.found.mask_from, made.mask) == ("scene", "none", None)


def test_whoever_wants_no_mask_and_gives_one_is_asked_which_is_meant() -> None:
    with pytest.raises(SettingInvalid, match="mask: none shows the whole scene, and a mask"):
        height_map_of(CAT, ReliefSettings(mask="none"), 128, mask_of("chelsea", (300, 451)))


@pytest.mark.parametrize("crop", ["none", "0,0,0.7,0.5"])
def test_a_mask_of_another_shape_is_told_or_refused(tmp_path: Path, crop: str) -> None:
    mask = Image.fromarray(mask_of("chelsea", (300, 451)))
    settings = SETTINGS.model_copy(update={"crop": crop})

    def made(width: int, height: int) -> HeightMap:
        file = saved(tmp_path, mask.resize((width, height)))
        return height_map_of(CAT, settings, 128, file)

    assert codes(made(90, 60)) == []
    assert codes(made(310, 200)) == ["mask_stretched"]
    with pytest.raises(PhotoRefused, match=r"The mask is 1\.00 times as wide as high, its photo"):
        made(200, 200)


def test_a_depth_array_is_no_photo_and_the_refusal_says_what_to_do(tmp_path: Path) -> None:
    np.save(tmp_path / "d.npy", np.tile(np.linspace(0, 1, 64), (64, 1)))

    with pytest.raises(PhotoRefused, match="This is a depth array, not a photo") as refusal:
        height_map_of(tmp_path / "d.npy", SETTINGS, 128)

    assert "depth: picture" in refusal.value.action


def test_a_scene_leans_towards_its_lower_border() -> None:
    noise = np.random.default_rng(1).random((20, 30), dtype=np.float32)
    scene = height_map(picture_of(np.kron(noise, np.ones((8, 8), np.float32))), wanted=False)

    lower, upper = scene.heights[-40:].mean(), scene.heights[:40].mean()
    assert lower - upper == pytest.approx(0.3 * 120 / 160, abs=0.12)


@pytest.mark.parametrize("style", ["detailed", "organic"])
def test_tone_does_not_decide_height(tmp_path: Path, style: str) -> None:
    dark, face = darkened(Image.open(ASTRONAUT), (222, 118), (38, 55))
    settings, mask = ReliefSettings.of({"style": style}), mask_of("astronaut", (512, 512))

    before = height_map_of(ASTRONAUT, settings, 512, mask).heights
    after = height_map_of(saved(tmp_path, dark), settings, 512, mask).heights

    assert abs(after[face].mean() - before[face].mean()) <= 0.06


@pytest.mark.parametrize(("style", "steep"), [("organic", 0.005), ("detailed", 0.02)])
def test_slopes_are_gentler_than_those_of_lightness(style: str, steep: float) -> None:
    made = height_map_of(ASTRONAUT, ReliefSettings.of({"style": style}), 512)
    lightness = read_picture(ASTRONAUT, 512).lightness
    mask = mask_of("astronaut", lightness.shape)

    assert look(stretched(lightness, 0.002), lightness, mask).steep > 0.15
    assert look(made.heights, lightness, mask).steep < steep


@pytest.mark.parametrize("style", ["detailed", "organic"])
def test_grain_leaves_flat_parts_smooth(style: str) -> None:
    disc = (np.hypot(*np.indices((256, 256)) - 128.0) < 80).astype(np.float32) * 0.6 + 0.2
    grain = np.random.default_rng(1).normal(0, 0.03, disc.shape)
    clean = with_mask(picture_of(disc), disc > 0.5, style)
    noisy = with_mask(picture_of((disc + grain).astype(np.float32)), disc > 0.5, style)

    middle = (slice(110, 146), slice(110, 146))
    assert noise_sigma(disc + grain.astype(np.float32)) == pytest.approx(0.03, rel=0.1)
    assert (noisy.heights - clean.heights)[middle].std() < 0.02


def test_a_disc_becomes_a_dome() -> None:
    away = np.hypot(*np.indices((256, 256)) - 127.5) / 80
    # Shaded, or it would be taken for a drawing.
    shade = np.tile(np.linspace(0, 0.4, 256, dtype=np.float32), (256, 1))
    disc = shade + 0.5 * (away < 1).astype(np.float32)

    heights = with_mask(picture_of(disc), away < 1).heights

    profile = [heights[np.abs(away - r) < 0.03].mean() for r in (0.0, 0.3, 0.6, 0.85)]
    assert profile == sorted(profile, reverse=True)
    assert profile[0] - profile[3] > 0.15
    assert heights[away > 1.2].max() < profile[3]


@pytest.mark.parametrize("size", [(16, 16), (16, 320), (320, 16), (40, 800)])
@pytest.mark.parametrize("content", ["black", "white", "half", "dice", "ramp"])
@pytest.mark.filterwarnings("error")
def test_odd_pictures_give_a_map_without_holes(size: tuple[int, int], content: str) -> None:
    rows, cols = size
    values = {
        "black": np.zeros(size, np.float32),
        "white": np.ones(size, np.float32),
        "half": np.tile((np.arange(cols) < cols / 2).astype(np.float32), (rows, 1)),
        "dice": np.random.default_rng(2).random(size, dtype=np.float32),
        "ramp": np.tile(np.linspace(0, 1, cols, dtype=np.float32), (rows, 1)),
    }[content]

    made = height_map(picture_of(values))

    assert made.heights.shape == size
    assert np.isfinite(made.heights).all()
    if content in {"black", "white"}:
        assert not made.heights.any()
        assert codes(made) == ["photo_flat"]
    else:
        assert (float(made.heights.min()), float(made.heights.max())) == (0, 1)


def test_the_same_photo_gives_the_same_bytes() -> None:
    made = {height_map_of(PHOTOS["rocket"], SETTINGS, 256).heights.tobytes() for _ in range(2)}

    assert len(made) == 1


def test_a_mirrored_photo_gives_the_mirrored_map(tmp_path: Path, astronaut: HeightMap) -> None:
    mirrored = Image.open(ASTRONAUT).transpose(Image.Transpose.FLIP_LEFT_RIGHT)

    made = height_map_of(saved(tmp_path, mirrored), SETTINGS, 256)

    assert np.abs(made.heights[:, ::-1] - astronaut.heights).mean() < 0.03


@pytest.mark.parametrize("noise", [0.0, 6.0])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ((20, 20, 20), (255, 255, 255)),
        ((240, 240, 240), (10, 10, 30)),
        ((200, 20, 20), (255, 255, 255)),
        ((250, 220, 40), (20, 40, 140)),
    ],
)
def test_flat_artwork_is_raised_whatever_its_polarity(
    tmp_path: Path,
    ink: tuple[int, int, int],
    paper: tuple[int, int, int],
    noise: float,
) -> None:
    drawn = drawing(ink, paper)
    grain = np.random.default_rng(1).normal(0, noise, (400, 600, 3))
    photo = Image.fromarray((np.asarray(drawn) + grain).clip(0, 255).astype(np.uint8))

    made = height_map_of(saved(tmp_path, photo), SETTINGS, 600)

    inked = ink_of(drawn, ink)
    assert made.found.route == "artwork"
    assert above(made.heights[inked], made.heights[~inked]) > 0.99
    assert made.heights[260:340, 290:330].std() < 0.01


def test_swapped_colours_give_the_same_plateaus(tmp_path: Path) -> None:
    black, white = (0, 0, 0), (255, 255, 255)
    one = height_map_of(saved(tmp_path, drawing(black, white), "a.png"), SETTINGS, 600).heights
    two = height_map_of(saved(tmp_path, drawing(white, black), "b.png"), SETTINGS, 600).heights

    assert np.abs(one - two).mean() < 0.01


def test_the_bevel_of_artwork_is_one_printed_line_wide(tmp_path: Path) -> None:
    bar = Image.new("RGB", (600, 400), "white")
    bar.paste("black", (200, 0, 400, 400))
    photo = saved(tmp_path, bar)

    def width_mm(width: float, line: float) -> float:
        settings = ReliefSettings(width_mm=width, line_mm=line)
        row = height_map_of(photo, settings, 600).heights[200]
        return width / 600 / float(np.abs(np.diff(row)).max())

    assert width_mm(60, 0.4) == pytest.approx(0.4, abs=0.03)
    assert width_mm(30, 0.4) == pytest.approx(0.4, abs=0.03)
    assert width_mm(60, 0.8) == pytest.approx(0.8, abs=0.06)
    assert width_mm(60, 0) == pytest.approx(60 / 600)


def test_a_person_knows_better_what_is_artwork(tmp_path: Path) -> None:
    art = saved(tmp_path, drawing((20, 20, 20), (255, 255, 255)))
    routes = [
        height_map_of(photo, ReliefSettings.of({"flat_artwork": said}), 128).found.route
        for photo in (art, ASTRONAUT)
        for said in ("auto", "yes", "no")
    ]

    assert routes[:2] == ["artwork", "artwork"]
    assert routes[2] != "artwork"
    assert routes[3:] == ["subject", "artwork", "subject"]


def test_a_given_mask_is_cut_with_its_photo(tmp_path: Path) -> None:
    whole = height_map_of(ASTRONAUT, SETTINGS, 256, mask_of("astronaut", (512, 512)))
    upper = SETTINGS.model_copy(update={"crop": "0,0,1,0.5"})
    part = height_map_of(ASTRONAUT, upper, 256, mask_of("astronaut", (512, 512)))

    assert part.mask is not None
    assert whole.mask is not None
    assert part.mask.shape == (128, 256)
    assert np.abs(part.mask - whole.mask[:128]).mean() < 0.02


@pytest.mark.parametrize("name", PHOTOS)
def test_photos_are_no_artwork(name: str) -> None:
    assert height_map_of(PHOTOS[name], SETTINGS, 256).found.route != "artwork"


SIDES = (1, 2, 3, 5, 17, 300, 1100)
SLIVERS = [size for size in product(SIDES, SIDES) if min(size) <= 3]
ARTWORK: tuple[Literal["auto", "yes", "no"], ...] = ("auto", "yes", "no")


@pytest.mark.parametrize("size", SLIVERS, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.filterwarnings("error")
def test_slivers_give_a_map_too(size: tuple[int, int]) -> None:
    dice = np.random.default_rng(3)
    colours = dice.integers(0, 256, (*size, 3)).astype(np.uint8)
    lightness = colours.mean(axis=-1).astype(np.float32) / 255
    alpha = (dice.random(size) > 0.5).astype(np.float32)
    given = dice.random((4, 4))

    for clear in (None, alpha):
        picture = Picture(lightness, colours, clear)
        masks = (None, mask_at_hand(picture, given))
        for artwork, wanted, mask in product(ARTWORK, (True, False), masks):
            made = height_map(picture, wanted=wanted, mask=mask, artwork=artwork)

            assert made.heights.shape == size
            assert np.isfinite(made.heights).all()
            assert made.mask is None or made.mask.shape == size
