"""Masks: cleaning, judging, and the optional graph cut."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from printd.core.errors import SettingInvalid
from printd.geometry.decode.colour import lab
from printd.geometry.heights.cut import can_cut, cut
from printd.geometry.heights.inflate import BLUNT, inflated
from printd.geometry.heights.mask import clean, confidence, filled, large_parts, read_mask

Floats = NDArray[np.float32]


def disc(size: int = 128, radius: float = 40) -> NDArray[np.bool_]:
    return np.asarray(np.hypot(*np.indices((size, size)) - size / 2) < radius)


def test_holes_are_filled_and_the_lower_border_counts_as_closed() -> None:
    arch = np.zeros((60, 60), np.bool_)
    arch[20:, 10:50] = True
    arch[30:, 20:40] = False
    upside_down = arch[::-1].copy()

    assert filled(arch)[50, 30]
    assert not filled(upside_down)[10, 30]


def test_parts_that_are_small_beside_the_largest_go() -> None:
    mask = np.zeros((100, 100), np.bool_)
    mask[10:50, 10:50] = True  # 1600
    mask[60:76, 60:76] = True  # 256 = 16 %
    mask[80:95, 10:25] = True  # 225 = 14 %

    kept = large_parts(mask)

    assert kept[65, 65]
    assert not kept[85, 15]


def test_whiskers_and_cracks_go_and_the_border_is_kept() -> None:
    likely = np.zeros((100, 100), np.float32)
    likely[40:, 20:80] = 1
    likely[20:40, 50:52] = 1
    likely[60:, 50] = 0

    mask = clean(likely)

    assert not mask[25, 51]
    assert mask[70, 50]
    assert mask[99, 30]


def test_confidence_is_the_share_of_the_outline_that_parts_two_colours() -> None:
    colours = np.full((128, 128, 3), 60, np.uint8)
    colours[:, 64:] = 160
    mask = np.zeros((128, 128), np.bool_)
    mask[32:96, 64:110] = True  # one side on the edge of the colours, three inside one of them

    assert confidence(mask, lab(colours)) == pytest.approx(64 / (2 * 64 + 2 * 46), abs=0.12)
    assert confidence(disc(), lab(colours)) < 0.6
    assert confidence(np.zeros((128, 128), np.bool_), lab(colours)) == 0


def test_a_given_mask_may_be_of_any_size_and_kind() -> None:
    small = np.zeros((10, 10), np.uint16)
    small[:, 5:] = 4000

    mask = read_mask(small, 100, 200)

    assert mask.shape == (100, 200)
    assert mask[:, :80].max() < 1e-6
    assert mask[:, 120:].min() > 1 - 1e-6


@pytest.mark.parametrize("colour", ["white", "red", "lime", "blue", "yellow"])
def test_a_given_mask_may_be_drawn_in_any_bright_colour(tmp_path: Path, colour: str) -> None:
    drawn = Image.new("RGB", (40, 20), "black")
    drawn.paste(colour, (20, 0, 40, 20))
    drawn.save(tmp_path / "mask.png")

    mask = read_mask(tmp_path / "mask.png", 20, 40)

    assert mask[:, :20].max() == 0
    assert mask[:, 20:].min() == 1


def test_a_mask_that_is_no_picture_is_refused() -> None:
    with pytest.raises(SettingInvalid, match=r"mask: an array of shape \(3,\)"):
        read_mask(np.zeros(3), 10, 10)


def test_a_disc_is_blown_up_to_a_hemisphere_that_is_blunt_at_its_foot() -> None:
    away = np.hypot(*np.indices((256, 256)) - 127.5) / 90

    body = inflated((away < 1).astype(np.float32), np.zeros((256, 256), np.float32), 0.05)

    blunt = BLUNT * 256
    membrane = 90**2 * np.maximum(1 - away**2, 0) / 4
    expected = np.sqrt(membrane + blunt**2) - blunt
    assert np.abs(body - expected / expected.max())[away < 0.95].max() < 0.05
    assert np.abs(body - np.sqrt(np.maximum(1 - away**2, 0)))[away < 0.8].max() < 0.1
    assert not body[away > 1.05].any()


def test_the_body_has_no_pattern_of_its_solver() -> None:
    body = inflated(disc(256, 90).astype(np.float32), np.zeros((256, 256), np.float32), 0.05)

    inside = body[90:166, 90:166]
    board = (np.indices(inside.shape).sum(axis=0) % 2) * 2 - 1
    assert abs(float((inside * board).mean())) < 1e-4


def test_a_body_is_open_at_the_lower_border() -> None:
    column = np.zeros((128, 128), np.float32)
    column[40:, 44:84] = 1

    body = inflated(column, np.zeros((128, 128), np.float32), 0.05)

    assert body[127, 64] > 0.95 * body[110, 64]
    assert body[42, 64] < 0.7 * body[110, 64]


def test_strong_edges_become_creases() -> None:
    edge = np.zeros((256, 256), np.float32)
    edge[:, 170:] = 0.6  # off the middle, where nothing flows
    mask = disc(256, 90).astype(np.float32)

    plain, creased = inflated(mask, edge * 0, 0.05), inflated(mask, edge, 0.05)

    bend = np.abs(np.diff(creased[128], 2))[160:180].max()
    assert bend > 5 * np.abs(np.diff(plain[128], 2))[160:180].max()


def test_an_empty_mask_has_no_body() -> None:
    nothing = np.zeros((60, 90), np.float32)

    assert not inflated(nothing, nothing, 0.05).any()


@pytest.mark.skipif(not can_cut(), reason="OpenCV is not installed")
def test_the_cut_finds_the_outline_that_a_guess_missed() -> None:
    colours = np.full((128, 128, 3), (200, 190, 170), np.uint8)
    colours[disc()] = (40, 60, 120)
    guess = np.where(disc(radius=30), 0.95, np.where(disc(radius=50), 0.4, 0.02))

    found = cut(guess.astype(np.float32), colours)

    assert (found.astype(np.bool_) == disc()).mean() > 0.99


def test_the_cut_is_there_exactly_if_opencv_is() -> None:
    assert can_cut() == (importlib.util.find_spec("cv2") is not None)
