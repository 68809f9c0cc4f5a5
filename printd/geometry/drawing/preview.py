"""A shaded picture of a mesh, drawn by array arithmetic: no graphics card, no display.

``look_at`` finds what each pixel shows, ``lit`` colours it, ``shade`` does both. The view is a flat
projection; the light stands beside the viewer. A piece lies on paper, on which it throws a soft
shadow. Memory is bounded by the size of the picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from printd.core.files import new_file
from printd.geometry.drawing.camera import FRONT, View, natural_view
from printd.geometry.drawing.light import lit
from printd.geometry.drawing.materials import material_named
from printd.geometry.drawing.sight import AT_A_TIME, Sight, look_at
from printd.geometry.files.meshio import OWN_LIMITS, read_stl
from printd.geometry.mesh.mesh import Mesh

Floats = NDArray[np.float32]

PAPER: Final = np.array([[0.36, 0.39, 0.43], [0.19, 0.21, 0.24]], np.float32)  # top, bottom
SHADOW: Final = 0.5  # of the paper's light that goes
MATERIAL: Final = "white-pla"
PNG_LEVEL: Final = 3  # half the time of 6, and not larger (measured, shaded reliefs)


def write_preview(
    mesh: Mesh | Path,
    out_png: Path,
    *,
    width_px: int = 1200,
    height_px: int = 900,
    material: str = MATERIAL,
    view: View | None = None,
) -> None:
    """Write a shaded picture of a mesh, or of an STL file, as PNG; whole or not at all.

    Seen from ``camera.natural_view`` if no view is given; other arguments are those of ``shade``.

    Raises:
        MeshUnreadable: the file is no STL file.
        SettingInvalid: no such material.
    """
    material_named(material)
    if isinstance(mesh, Path):
        mesh = read_stl(mesh, OWN_LIMITS)
    view = view or natural_view(mesh)
    picture = Image.fromarray(shade(mesh, width_px, height_px, view, material))
    with new_file(out_png) as stream:
        picture.save(stream, format="PNG", compress_level=PNG_LEVEL)


def shade(
    mesh: Mesh, width_px: int, height_px: int, view: View = FRONT, material: str = MATERIAL
) -> NDArray[np.uint8]:
    """Draw a mesh.

    Args:
        mesh: need not be closed; faces turned away are not drawn.
        width_px: of the picture.
        height_px: of the picture.
        view: where it is seen from.
        material: one of ``MATERIALS``.

    Returns:
        (height_px, width_px, 3) uint8, sRGB.

    Raises:
        SettingInvalid: no such material.
    """
    return in_light(look_at(mesh, width_px, height_px, view), material)


def in_light(sight: Sight, material: str) -> NDArray[np.uint8]:
    """Return the picture of what is seen, made of a material; results and errors of ``shade``."""
    made_of = material_named(material)
    height, width = sight.shadow.shape
    paper = np.linspace(PAPER[0], PAPER[1], height, dtype=np.float32)[:, None]
    picture = _bytes(paper * (1 - SHADOW * sight.shadow[..., None])).reshape(-1, 3)
    for start in range(0, len(sight.pixels), AT_A_TIME):
        part = slice(start, start + AT_A_TIME)
        place = sight.places(part) if made_of.grain else None
        colours = lit(made_of, sight.facing[:, part], sight.hollow[part], place).T
        behind = picture[sight.pixels[part]] / np.float32(255)
        mixed = behind + (colours - behind) * sight.cover[part, None]
        picture[sight.pixels[part]] = _bytes(mixed)
    shaped: NDArray[np.uint8] = picture.reshape(height, width, 3)
    return shaped


def _bytes(colours: NDArray[Any]) -> NDArray[np.uint8]:
    """Return colours of 0 to 1 as bytes."""
    return np.asarray(colours * np.float32(255) + np.float32(0.5), np.uint8)
