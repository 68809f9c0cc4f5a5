"""Photos as the rules of services want them, and each with one defect.

Subjects of public-domain photos, cut out along masks drawn by hand, stand before a plain ground.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import ndimage

from tests.looks import MASKS, PHOTOS

Floats = NDArray[np.float64]
Size = tuple[int, int]

SIZE = (1024, 768)
HIGH = 0.86  # of the ground: how high a subject stands
WIDE = 0.8
GREY, BLUE = (188, 190, 186), (120, 150, 190)


def subject(name: str, size: Size = SIZE, scale: float = 1.0) -> tuple[Image.Image, Image.Image]:
    """Return a subject, and its mask, as large as it stands in a photo of this size."""
    with Image.open(PHOTOS[name]) as opened:
        photo = opened.convert("RGB")
    with Image.open(MASKS / f"{name}.png") as opened:
        mask = opened.convert("L").resize(photo.size)
    box = mask.point([0] * 128 + [255] * 128).getbbox()
    assert box is not None
    photo, mask = photo.crop(box), mask.crop(box)
    factor = scale * min(HIGH * size[1] / photo.height, WIDE * size[0] / photo.width)
    wanted = round(photo.width * factor), round(photo.height * factor)
    way = Image.Resampling.LANCZOS
    return photo.resize(wanted, way), mask.resize(wanted, way)


def ground(size: Size = SIZE, colour: tuple[int, int, int] = GREY) -> Image.Image:
    """Return a plain wall, a little darker below, with a camera's noise."""
    width, height = size
    fall = 1 - 0.12 * np.linspace(0, 1, height)[:, None, None]
    noise = np.random.default_rng(1).normal(0, 1.5, (height, width, 1))
    return Image.fromarray(np.clip(np.asarray(colour) * fall + noise, 0, 255).astype(np.uint8))


def portrait(
    name: str,
    behind: Image.Image | None = None,
    scale: float = 1.0,
    across: float = 0.5,
    down: float = 0.5,
) -> Image.Image:
    """Return a subject before a ground; ``across`` and ``down`` are where its middle lies."""
    photo = (behind or ground()).copy()
    body, mask = subject(name, photo.size, scale)
    left = round(across * photo.width - body.width / 2)
    photo.paste(body, (left, round(down * photo.height - body.height / 2)), mask)
    return photo


def blurred(name: str) -> Image.Image:
    return portrait(name).filter(ImageFilter.GaussianBlur(3))


def moved(name: str) -> Image.Image:
    pixels = np.asarray(portrait(name)).astype(float)
    return Image.fromarray(ndimage.uniform_filter(pixels, (1, 21, 1)).astype(np.uint8))


def dark(name: str) -> Image.Image:
    return _encoded(0.1 * _light(portrait(name)))


def overexposed(name: str) -> Image.Image:
    return _encoded(6 * _light(portrait(name)))


def backlit(name: str) -> Image.Image:
    body, mask = subject(name)
    photo = ground()
    at = tuple((all_ - own) // 2 for all_, own in zip(SIZE, body.size, strict=True))
    photo.paste(_encoded(0.03 * _light(body)), (at[0], at[1]), mask)
    return photo


def lit_from_the_side(name: str) -> Image.Image:
    fall = 0.15 + 0.85 * np.linspace(0, 1, SIZE[0])
    return _encoded(_light(portrait(name)) * fall[None, :, None])


def with_a_cast_shadow(name: str) -> Image.Image:
    body, mask = subject(name)
    shade = Image.new("L", SIZE)
    left, top = (SIZE[0] - body.width) // 2, (SIZE[1] - body.height) // 2
    shade.paste(mask, (left + 120, top + 40))
    share = 1 - 0.75 * np.asarray(shade)[..., None] / 255
    return portrait(name, _encoded(_light(ground()) * share))


def cut_above(name: str) -> Image.Image:
    return portrait(name, down=0.18)


def cut_at_the_side(name: str) -> Image.Image:
    return portrait(name, across=1.0)


def cut_below(name: str) -> Image.Image:
    return portrait(name, down=0.8)


def twice(name: str) -> Image.Image:
    return portrait(name, portrait(name, ground((1500, 768)), 0.7, across=0.25), 0.7, across=0.75)


def before_grass(name: str) -> Image.Image:
    with Image.open(PHOTOS["coffee"].parent / "grass.png") as grass:
        return portrait(name, grass.convert("RGB").resize(SIZE))


def from_afar(name: str) -> Image.Image:
    return portrait(name, scale=0.45)


def few_pixels(name: str) -> Image.Image:
    return portrait(name).resize((480, 360), Image.Resampling.LANCZOS)


def _light(image: Image.Image) -> Floats:
    encoded = np.asarray(image) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _encoded(light: Floats) -> Image.Image:
    light = np.clip(light, 0, 1)
    curved = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return Image.fromarray(np.rint(255 * curved).astype(np.uint8))
