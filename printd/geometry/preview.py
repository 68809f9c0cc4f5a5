"""A shaded picture of a mesh, drawn by array arithmetic: no graphics card, no display.

The view is a flat projection from the front and above, with light from the left, so that a person
recognises what the relief shows. Triangles are drawn in groups of similar size into a depth
buffer; memory is bounded by the size of the picture and of one group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from printd.core.files import new_file
from printd.geometry.filters import gaussian
from printd.geometry.mesh import CHUNK, Mesh
from printd.geometry.meshio import OWN_LIMITS, read_triangles

Floats = NDArray[np.float32]

FINER: Final = 2  # drawn so many times larger, then averaged: smooth edges
MARGIN: Final = 0.05  # of the picture, free on each side
CANDIDATES: Final = 1 << 20  # pixels tried at a time
MATERIAL: Final = np.array([0.93, 0.90, 0.85], np.float32)
PAPER: Final = np.array([[0.36, 0.39, 0.43], [0.19, 0.21, 0.24]], np.float32)  # top, bottom
AMBIENT: Final = 0.26
LIGHTS: Final = (  # direction towards the light, strength
    ((-0.62, 0.48, 0.62), 0.78),
    ((0.70, -0.55, 0.45), 0.16),
)
HOLLOW: Final = 22.0  # how much hollows darken, by their depth as a share of the picture's width


@dataclass(frozen=True, slots=True)
class View:
    """Where the picture is taken from: angles at the middle of the mesh."""

    azimuth_deg: float = 9.0  # to the right of the front
    elevation_deg: float = 62.0  # above the bed; 90 looks straight down


FRONT: Final = View()


def write_preview(
    mesh: Mesh | Path, out_png: Path, *, width_px: int = 1200, height_px: int = 900
) -> None:
    """Write a shaded picture of a mesh, or of an STL file, as PNG; whole or not at all.

    Raises:
        MeshUnreadable: the file is no STL file.
    """
    if isinstance(mesh, Path):
        corners = read_triangles(mesh, OWN_LIMITS)
        loose = np.arange(3 * len(corners), dtype=np.int32).reshape(-1, 3)
        mesh = Mesh(vertices=corners.reshape(-1, 3), faces=loose)
    picture = Image.fromarray(shade(mesh, width_px, height_px))
    with new_file(out_png) as stream:
        picture.save(stream, format="PNG", compress_level=6)


def shade(mesh: Mesh, width_px: int, height_px: int, view: View = FRONT) -> NDArray[np.uint8]:
    """Draw a mesh.

    Args:
        mesh: need not be closed; faces turned away are not drawn.
        width_px: of the picture.
        height_px: of the picture.
        view: where it is seen from.

    Returns:
        (height_px, width_px, 3) uint8, sRGB.
    """
    width, height = width_px * FINER, height_px * FINER
    points = _projected(mesh.vertices, width, height, view)
    pixels = np.zeros(width * height, np.uint64)
    for corners, numbers in _facing(points, mesh.faces):
        _draw(corners, numbers, pixels, width)
    nearest = pixels.reshape(height, width)
    seen = nearest > 0
    light = np.zeros((height, width), np.float32)
    light[seen] = _light(mesh)[(nearest[seen] & _LOW).astype(np.intp)]
    light *= _openness(nearest, seen, width)
    paper = np.linspace(PAPER[0], PAPER[1], height, dtype=np.float32)[:, None]
    picture = np.where(seen[..., None], light[..., None] * MATERIAL, paper)
    fine = picture.reshape(height_px, FINER, width_px, FINER, 3).mean(axis=(1, 3))
    bytes_: NDArray[np.uint8] = np.rint(255 * np.clip(fine, 0, 1)).astype(np.uint8)
    return bytes_


# A pixel holds how near it is in its upper 32 bits, and the triangle's number below.
_HIGH: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)


def _projected(vertices: Floats, width: int, height: int, view: View) -> Floats:
    """Return pixel x, pixel y (downwards) and nearness 0..1 of the vertices, (n, 3)."""
    around, above = np.radians(view.azimuth_deg), np.radians(view.elevation_deg)
    right = np.array([np.cos(around), np.sin(around), 0])
    towards = np.array(
        [np.sin(around) * np.cos(above), -np.cos(around) * np.cos(above), np.sin(above)]
    )
    axes = np.stack([right, -np.cross(towards, right), towards], axis=1)
    points: Floats = (vertices - vertices.mean(axis=0)) @ axes.astype(np.float32)
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.array([width, height]) * (1 - 2 * MARGIN)
    scale = float((room / np.maximum(high - low, 1e-6)[:2]).min())
    middle = (low + high) / 2
    points[:, :2] = (points[:, :2] - middle[:2]) * scale + np.array([width, height]) / 2
    points[:, 2] = (points[:, 2] - low[2]) * scale / width
    return points


def _facing(points: Floats, faces: NDArray[np.int32]) -> Iterator[tuple[Floats, NDArray[np.int64]]]:
    """Yield triangles that face the viewer and touch a pixel, in groups of similar size."""
    for start in range(0, len(faces), CHUNK):
        corners = points[faces[start : start + CHUNK]]
        one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        facing = one[:, 0] * two[:, 1] < one[:, 1] * two[:, 0]  # y runs downwards
        spans = _last_px(corners) - _first_px(corners) + 1
        drawn = np.flatnonzero(facing & (spans[:, 0] > 0) & (spans[:, 1] > 0))
        sizes = np.ceil(np.log2(np.maximum(*spans[drawn].T))).astype(np.intp)
        for size in np.unique(sizes):
            same = drawn[sizes == size]
            step = max(1, CANDIDATES >> (2 * size))
            for first in range(0, len(same), step):
                part = same[first : first + step]
                yield corners[part], start + part


def _first_px(corners: Floats) -> NDArray[np.intp]:
    """Return the first pixel whose middle may be covered, (n, 2)."""
    a, b, c = corners[:, :, :2].swapaxes(0, 1)
    first: NDArray[np.intp] = np.ceil(np.minimum(np.minimum(a, b), c) - 0.5).astype(np.intp)
    return first


def _last_px(corners: Floats) -> NDArray[np.intp]:
    a, b, c = corners[:, :, :2].swapaxes(0, 1)
    last: NDArray[np.intp] = np.floor(np.maximum(np.maximum(a, b), c) - 0.5).astype(np.intp)
    return last


def _draw(
    corners: Floats, numbers: NDArray[np.int64], nearest: NDArray[np.uint64], width: int
) -> None:
    """Draw some triangles of similar size: ``nearest`` keeps nearness and number, by pixel."""
    first = _first_px(corners)
    cols, rows = (_last_px(corners) - first + 1).max(axis=0)
    x = first[:, 0, None, None] + np.arange(cols)
    y = first[:, 1, None, None] + np.arange(rows)[:, None]
    a, b, c = (corners[:, corner, :, None, None] for corner in range(3))
    from_x, from_y = (x + 0.5 - a[:, 0]).astype(np.float32), (y + 0.5 - a[:, 1]).astype(np.float32)
    ab, ac = b - a, c - a
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    towards_b = (from_x * ac[:, 1] - from_y * ac[:, 0]) / area
    towards_c = (from_y * ab[:, 0] - from_x * ab[:, 1]) / area
    # A hair's breadth more, so that no gap is left between neighbours.
    hair = -1e-4
    inside = (towards_b >= hair) & (towards_c >= hair) & (towards_b + towards_c <= 1 - hair)
    nearness = a[:, 2] + towards_b * ab[:, 2] + towards_c * ac[:, 2]
    which = np.broadcast_to(numbers[:, None, None], inside.shape)[inside].astype(np.uint64)
    depth = np.clip(nearness[inside] * 1e9, 1, 4e9).astype(np.uint64)
    np.maximum.at(nearest, (y * width + x)[inside], depth << _HIGH | which)


def _light(mesh: Mesh) -> Floats:
    """Return how bright each triangle is, (m,)."""
    bright = np.full(len(mesh.faces), AMBIENT, np.float32)
    for start in range(0, len(mesh.faces), CHUNK):
        a, b, c = mesh.vertices[mesh.faces[start : start + CHUNK]].swapaxes(0, 1)
        normal = np.cross(b - a, c - a)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-30)
        for direction, strength in LIGHTS:
            towards = np.array(direction, np.float32) / np.linalg.norm(direction)
            lit = np.maximum(normal @ towards.astype(np.float32), 0)
            bright[start : start + CHUNK] += np.float32(strength) * lit
    return bright


def _openness(nearest: NDArray[np.uint64], seen: NDArray[np.bool_], width: int) -> Floats:
    """Return 1 in the open and less in hollows, where less light of the sky arrives."""
    # Every ``FINER``th pixel is enough for what is blurred anyway.
    seen = seen[::FINER, ::FINER]
    depth = np.where(seen, (nearest[::FINER, ::FINER] >> _HIGH).astype(np.float32) * 1e-9, 0)
    depth = depth.astype(np.float32)
    blur = width / FINER / 150
    share = np.maximum(gaussian(seen.astype(np.float32), blur), 1e-3)
    hollow = np.clip((gaussian(depth, blur) / share - depth) * HOLLOW, -0.15, 0.5)
    return np.repeat(np.repeat((1 - hollow).astype(np.float32), FINER, axis=0), FINER, axis=1)
