"""Depth as PNG: 16 bits, white near, nothing lost on the way back."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from printd.geometry.files.depthpng import write_depth_png


def read(file: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    picture = Image.open(file)
    assert (picture.format, picture.mode) == ("PNG", "I;16")
    return np.asarray(picture).astype(np.int64)


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (241, 97)])
def test_heights_come_back(tmp_path: Path, shape: tuple[int, int]) -> None:
    heights = np.random.default_rng(1).random(shape, np.float32)
    write_depth_png(tmp_path / "depth.png", heights)

    assert np.abs(read(tmp_path / "depth.png") / 65535 - heights).max() <= 0.51 / 65535


def test_white_is_near_and_the_top_is_the_top(tmp_path: Path) -> None:
    heights = np.zeros((3, 4), np.float32)
    heights[0, 1] = 1
    write_depth_png(tmp_path / "depth.png", heights)

    grey = read(tmp_path / "depth.png")

    assert grey[0, 1] == 65535
    assert grey.sum() == 65535


def test_what_lies_beyond_is_cut_off(tmp_path: Path) -> None:
    write_depth_png(tmp_path / "depth.png", np.array([[-0.2, 1.7, 0.5]], np.float32))

    assert read(tmp_path / "depth.png").tolist() == [[0, 65535, 32768]]


def test_the_same_map_gives_the_same_bytes(tmp_path: Path) -> None:
    heights = np.random.default_rng(2).random((64, 64), np.float32)
    for name in ("a.png", "b.png"):
        write_depth_png(tmp_path / name, heights)

    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
