"""How a relief looks, as numbers: what the eye asks of a coin, measured on the height map."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

Floats = NDArray[np.float32]

DATA = Path(skimage.__file__).parent / "data"
PHOTOS = {
    name: DATA / f"{name}.png" for name in ("astronaut", "chelsea", "camera", "coffee", "coins")
} | {"rocket": DATA / "rocket.jpg"}
MASKS = Path(__file__).parent / "pictures" / "masks"  # drawn by hand, white is the subject
LONG_MM, DEEP_MM = 100.0, 6.0
STEEP_DEG = 60.0


@dataclass(frozen=True)
class Look:
    """What was measured on one map."""

    above: float  # P(a point of the subject lies above one of the ground)
    steep: float  # share of the area steeper than 60 degrees
    noise: float  # standard deviation of the slope where the photo is flat
    recall: float  # share of the strong edges of the photo that are edges of the relief


def mask_of(name: str, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the subject as a person drew it."""
    mask = Image.open(MASKS / f"{name}.png").resize(shape[::-1], Image.Resampling.BILINEAR)
    result: NDArray[np.bool_] = np.asarray(mask) > 127
    return result


def look(heights: Floats, lightness: Floats, mask: NDArray[np.bool_]) -> Look:
    """Measure a map on 100 mm by 6 mm; all arrays are of one size."""
    across, down = np.gradient(heights.astype(np.float64) * DEEP_MM, LONG_MM / max(heights.shape))
    slope = np.hypot(across, down)
    photo = np.hypot(*np.gradient(ndimage.gaussian_filter(lightness, 1.0)))
    calmest = ndimage.uniform_filter(photo, 9)
    calm = calmest <= np.quantile(calmest, 0.3)
    strong = mask & (photo >= np.quantile(photo[mask], 0.95))
    edges = slope >= np.quantile(slope, 0.8)
    near = ndimage.binary_dilation(edges, iterations=2)
    return Look(
        above=above(heights[mask], heights[~mask]),
        steep=float((slope > np.tan(np.radians(STEEP_DEG))).mean()),
        noise=float(slope[calm].std()),
        recall=float(near[strong].mean()),
    )


def above(ours: Floats, theirs: Floats) -> float:
    """Return how often a value of ours is larger than one of theirs; ties count half."""
    theirs = np.sort(theirs)
    less = np.searchsorted(theirs, ours, "left") + np.searchsorted(theirs, ours, "right")
    return float(less.mean() / 2 / len(theirs))


def drawing(ink: tuple[int, int, int], paper: tuple[int, int, int]) -> Image.Image:
    """Return letters and a disc in two flat colours."""
    picture = Image.new("RGB", (600, 400), paper)
    draw = ImageDraw.Draw(picture)
    draw.text((60, 40), "RELIEF", fill=ink, font=ImageFont.load_default(140))
    draw.ellipse((250, 240, 370, 360), fill=ink)
    return picture


def ink_of(picture: Image.Image, ink: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Return where a drawing is inked."""
    apart = np.abs(np.asarray(picture).astype(int) - np.array(ink)).max(axis=-1)
    return np.asarray(apart < 60)


def darkened(
    photo: Image.Image, centre: tuple[float, float], size: tuple[float, float]
) -> tuple[Image.Image, NDArray[np.bool_]]:
    """Darken an ellipse to 35 % of its linear light; also say which pixels are well inside.

    Args:
        photo: sRGB.
        centre: x, y in pixels.
        size: half axes in pixels.
    """
    colours = np.asarray(photo.convert("RGB")).astype(np.float64) / 255
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    y, x = np.indices(colours.shape[:2])
    away = ((x - centre[0]) / size[0]) ** 2 + ((y - centre[1]) / size[1]) ** 2
    share = np.exp(-(away**3))
    linear *= 1 - 0.65 * share[..., None]
    bent = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    picture = Image.fromarray(np.rint(255 * np.clip(bent, 0, 1)).astype(np.uint8))
    return picture, share > 0.6
