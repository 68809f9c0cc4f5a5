"""The largest photos that are taken fit the memory that a decoding child may have."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from printd.core.compute import Compute, Limits
from printd.core.errors import PhotoTooLarge
from printd.core.relief_settings import ReliefSettings
from printd.geometry.decode.photo import read_facts
from printd.meshers.making import make_relief
from printd.meshers.relief import relief_limits
from tests.peers.computing import shared_compute
from tests.photos import png

DECODE = Limits(memory_bytes=1 << 30, wall_s=60)


@pytest.fixture(scope="module")
def compute() -> Compute:
    return shared_compute()


def grain(width: int, height: int) -> Image.Image:
    tile = np.random.default_rng(1).integers(0, 256, (500, 500), dtype=np.uint8)
    return Image.fromarray(np.tile(tile, (-(-height // 500), -(-width // 500)))[:height, :width])


@pytest.mark.parametrize(
    ("name", "mode", "size"),
    [
        ("large.png", "RGBA", (8000, 8000)),
        ("large.webp", "RGBA", (5650, 5650)),
        ("large.jpg", "L", (14_000, 14_000)),
    ],
)
def test_the_largest_photos_become_reliefs(
    tmp_path: Path, compute: Compute, name: str, mode: str, size: tuple[int, int]
) -> None:
    photo = tmp_path / name
    picture = grain(*size) if mode == "L" else Image.new(mode, size, (200, 90, 40, 255))
    if mode != "L":
        picture.paste((20, 40, 60, 255), (1000, 1000, 3000, 4000))
    picture.save(photo, quality=20, compress_level=1, method=0)

    facts = compute.run(read_facts, photo, limits=DECODE)
    settings = ReliefSettings(mesh_quality=128)
    report = compute.run(
        make_relief, photo, settings, tmp_path / "relief.stl", limits=relief_limits(settings)
    )

    assert (facts.width_px, facts.height_px) == size == report.photo_px


def test_a_bomb_is_refused_with_little_memory_and_the_next_photo_is_read(
    tmp_path: Path, compute: Compute
) -> None:
    bomb, fine = tmp_path / "bomb.png", tmp_path / "fine.png"
    bomb.write_bytes(png(13_340, 13_340, rows=bytes(200_000_000), bits=8, colour=6))
    fine.write_bytes(png(64, 64, rows=bytes(65 * 64)))

    with pytest.raises(PhotoTooLarge, match="13340 by 13340"):
        compute.run(read_facts, bomb, limits=Limits(memory_bytes=400 << 20, wall_s=20))

    assert compute.run(read_facts, fine, limits=DECODE).width_px == 64
