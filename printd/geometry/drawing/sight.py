"""What each pixel of a picture shows of a mesh, before any light falls on it.

A sight costs most of a picture and holds for every material: draw it once, light it often.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from printd.geometry.drawing.camera import FRONT, Camera, View
from printd.geometry.drawing.normals import normals
from printd.geometry.drawing.raster import Samples, draw, unpacked
from printd.geometry.filters import gaussian
from printd.geometry.mesh.mesh import Mesh

Floats = NDArray[np.float32]

FINER: Final = 2  # drawn so many times larger, then averaged: smooth edges
AT_A_TIME: Final = 1 << 15  # pixels, so that what is made of them stays in the cache
ROUGH_PX: Final = 300  # longest side of the map in which surroundings are blurred
NEAR_BLUR: Final = 1 / 150  # of the longest side: hollows of this size are dark,
WIDE_BLUR: Final = 1 / 25  # and the feet of whole hills
NEAR_DEPTH: Final = 0.55  # how hollow, by the depth as a share of the blur
WIDE_DEPTH: Final = 0.35
SHADOW_ASIDE: Final = (0.012, 0.014)  # of the longest side, downwards and to the right
SHADOW_BLUR: Final = 0.018  # of the longest side
DEEPEST: Final = 0.7  # a wall is no cave
LEAST_SHARE: Final = np.float32(1e-3)
LEAST_FOR_PLANE: Final = 16  # pixels


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What the n pixels that show something show; facing is unit vectors."""

    camera: Camera
    pixels: NDArray[np.intp]  # (n,), numbered by rows
    cover: Floats  # (n,), which share of the pixel shows the mesh
    near: Floats  # (n,), 0 to 1
    facing: Floats  # (3, n), to the right, upwards, towards the viewer
    hollow: Floats  # (n,), -1 on a ridge, 0 in the open, towards 1 in a hollow
    shadow: Floats  # (rows, cols), 0 to 1, on what lies behind

    def places(self, part: slice) -> Floats:
        """Return where some of the pixels lie in the mesh, (3, k): see ``Camera.places``."""
        rows, cols = np.divmod(self.pixels[part], self.shadow.shape[1])
        return self.camera.places((cols + 0.5) * FINER, (rows + 0.5) * FINER, self.near[part])


def look_at(mesh: Mesh, width_px: int, height_px: int, view: View = FRONT) -> Sight:
    """Find what each pixel of a picture shows.

    Args:
        mesh: need not be closed; faces turned away are not seen.
        width_px: of the picture.
        height_px: of the picture.
        view: where it is seen from.
    """
    camera, turned = Camera.at(mesh, view, width_px * FINER, height_px * FINER)
    faces = np.ascontiguousarray(mesh.faces.T)
    samples = np.zeros((height_px * FINER, width_px * FINER), np.uint64)
    draw(camera.seen(turned), faces, *normals(turned, faces), samples)
    pixels = _pixels(samples)
    cover, near, facing = _averages(samples, pixels)
    depth, seen = np.zeros((2, height_px, width_px), np.float32)
    depth.ravel()[pixels] = near * np.float32(camera.depth_mm * camera.scale / FINER)
    seen.ravel()[pixels] = 1
    hollow, shadow = _surroundings(depth, seen)
    return Sight(camera, pixels, cover, near, facing, hollow.ravel()[pixels], shadow)


def _pixels(samples: Samples) -> NDArray[np.intp]:
    """Return the numbers of the pixels that show something."""
    steps = range(FINER)
    in_rows = np.bitwise_or.reduce([samples[step::FINER] for step in steps])
    return np.flatnonzero(np.bitwise_or.reduce([in_rows[:, step::FINER] for step in steps]))


def _averages(samples: Samples, pixels: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
    """Return cover (n,), nearness (n,) and facing (3, n) of pixels."""
    flat, width = samples.ravel(), samples.shape[1]
    cover, near, right, up, towards = found = np.zeros((5, len(pixels)), np.float32)
    for start in range(0, len(pixels), AT_A_TIME):
        part = slice(start, start + AT_A_TIME)
        row, col = np.divmod(pixels[part], width // FINER)
        first = (row * width + col) * FINER
        for number in range(FINER**2):
            sample = flat.take(first + (number // FINER * width + number % FINER))
            seen = (sample > 0).astype(np.float32)
            sample_near, sample_right, sample_up = unpacked(sample)
            cover[part] += seen
            right[part] += seen * sample_right
            up[part] += seen * sample_up
            np.maximum(near[part], seen * sample_near, out=near[part])
        found[2:4, part] /= cover[part]
        towards[part] = np.sqrt(np.maximum(1 - right[part] ** 2 - up[part] ** 2, 0))
    return cover / np.float32(FINER**2), near, found[2:]


def _surroundings(depth: Floats, seen: Floats) -> tuple[Floats, Floats]:
    """Return how hollow each pixel lies, and the shadow on the paper.

    Args:
        depth: (rows, cols), how near, in pixels; 0 where nothing is seen.
        seen: (rows, cols), 1 where something is, else 0.
    """
    longest = max(depth.shape)
    shrink = max(1.0, longest / ROUGH_PX)
    rough_shape = tuple(max(1, round(side / shrink)) for side in depth.shape)
    share = _resized(seen, rough_shape)
    rough = _shared(_resized(depth, rough_shape), share)
    tilt = _tilt(rough, share)
    rough = rough - _plane(tilt, rough_shape)
    level = depth - _plane(tilt, depth.shape)
    hollow = np.zeros_like(depth)
    for blur, strength in ((NEAR_BLUR, NEAR_DEPTH), (WIDE_BLUR, WIDE_DEPTH)):
        sigma = blur * max(rough_shape)
        around = _shared(gaussian(rough * share, sigma), gaussian(share, sigma))
        lower = _resized(around, depth.shape) - level
        hollow += np.float32(strength / (blur * longest)) * lower
    aside = [side * longest / shrink for side in SHADOW_ASIDE]
    shadow = ndimage.shift(gaussian(share, SHADOW_BLUR * longest / shrink), aside, order=1)
    return np.clip(hollow, -1, DEEPEST), _resized(shadow, depth.shape)


def _shared(values: Floats, share: Floats) -> Floats:
    """Return the mean of what counts, from values in which what does not count is 0."""
    return np.asarray(values / np.maximum(share, LEAST_SHARE), np.float32)


def _resized(values: Floats, shape: tuple[int, ...]) -> Floats:
    """Return a map in another size, (rows, cols); smaller ones are averages."""
    picture = Image.fromarray(np.ascontiguousarray(values))
    resized = picture.resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32)


def _tilt(values: Floats, share: Floats) -> Floats:
    """Return the plane through the values that count; see ``_plane``."""
    rows, cols = np.nonzero(share > 0.5)
    if len(rows) < LEAST_FOR_PLANE:
        return np.zeros(3, np.float32)
    places = np.stack(
        [np.ones(len(rows)), (rows + 0.5) / len(share), (cols + 0.5) / share.shape[1]]
    )
    plane = np.linalg.lstsq(places.T, values[rows, cols], rcond=None)[0]
    return np.asarray(plane, np.float32)


def _plane(plane: Floats, shape: tuple[int, ...]) -> Floats:
    """Return a plane (3,): a height, and how much it rises over all rows and all columns."""
    rows, cols = (((np.arange(side) + 0.5) / side).astype(np.float32) for side in shape)
    heights: Floats = plane[0] + plane[1] * rows[:, None] + plane[2] * cols
    return heights
