"""Draw the finished objects that the kiosk shows on its first screens, from drawings of our own."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from printd.core.relief_presets import PRESETS
from printd.core.relief_settings import ReliefSettings
from printd.daemon.demo_pictures import draw_all
from printd.geometry.drawing.camera import View
from printd.geometry.drawing.preview import write_preview
from printd.geometry.mesh.mesh import Mesh
from printd.meshers.making import Beside, make_relief

OUT: Final = Path(__file__).resolve().parents[1] / "printd" / "web" / "static" / "img" / "kiosk"
SIZE_PX: Final = (640, 480)
PAPER: Final = (238, 239, 235)
QUALITY: Final = 82
AROUND: Final = 96  # corners of a ring of the figure
# Radius and height in mm, from the floor to the top of the head: a figure that was turned.
PROFILE: Final = (
    *((0.0, 0.0), (11.0, 0.0), (12.0, 1.2), (11.6, 3.0), (8.8, 4.6), (7.0, 8.0), (5.2, 14.0)),
    *((4.4, 19.0), (5.4, 21.0), (7.4, 22.2), (7.2, 23.6), (4.6, 24.6)),
)
HEAD_MM: Final = (7.4, 31.0)  # radius, height of its middle
PIECES: Final[Mapping[str, tuple[str, Mapping[str, Any], str]]] = {
    "relief": ("landscape", {"longest_mm": 80, "relief_mm": 5, "rim_mm": 2}, "white-pla"),
    "light": ("moon", {**PRESETS["lithophane"], "longest_mm": 80, "mesh_quality": 512}, ""),
    "keychain": (
        "smiley",
        {
            **PRESETS["coin"],
            "longest_mm": 40,
            "holes": 1,
            "hole_mm": 4,
            "relief_mm": 2.4,
            "flat_artwork": "yes",
        },
        "gold",
    ),
}


def main() -> int:
    """Draw them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw_all(folder)
        for piece, (picture, settings, material) in PIECES.items():
            photo = folder / f"{picture}.png"
            _keep(out / f"{piece}.jpg", partial(_made, photo, settings, material))
        _keep(out / "figure.jpg", _figure)
    return 0


def _keep(place: Path, draw: Callable[[Path], None]) -> None:
    """Keep a picture small, on the paper of all of them."""
    with tempfile.NamedTemporaryFile(suffix=".png") as made:
        draw(Path(made.name))
        with Image.open(made.name) as drawn:
            drawn.thumbnail(SIZE_PX, Image.Resampling.LANCZOS)
            paper = Image.new("RGB", SIZE_PX, _ground(drawn))
            at = (SIZE_PX[0] - drawn.width) // 2, (SIZE_PX[1] - drawn.height) // 2
            paper.paste(drawn.convert("RGB"), at)
    paper.save(place, quality=QUALITY, optimize=True, progressive=True)
    print(f"{place}: {place.stat().st_size / 1000:.0f} kB")


def _ground(drawn: Image.Image) -> tuple[int, int, int]:
    """Return the colour of a picture's corner, so that its edge is not seen."""
    red, green, blue = np.asarray(drawn.convert("RGB"))[1, 1].tolist()
    return red, green, blue


def _made(photo: Path, settings: Mapping[str, Any], material: str, to: Path) -> None:
    beside = Beside(preview=to, material=material) if material else Beside(light_on=to)
    with tempfile.TemporaryDirectory() as folder:
        make_relief(photo, ReliefSettings.of(settings), Path(folder) / "piece.stl", beside=beside)


def _figure(to: Path) -> None:
    radius, middle = HEAD_MM
    angles = np.linspace(-0.9, np.pi / 2, 24)
    head = np.column_stack([radius * np.cos(angles), middle + radius * np.sin(angles)])
    rings = np.vstack([np.array(PROFILE), head])
    turn = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    x = rings[:, :1] * np.cos(turn)
    y = rings[:, :1] * np.sin(turn)
    z = np.repeat(rings[:, 1:], AROUND, axis=1)
    vertices = np.stack([x, y, z], axis=2).reshape(-1, 3)
    at = np.arange(len(rings) * AROUND).reshape(len(rings), AROUND)
    next_at = np.roll(at, -1, axis=1)
    a, b, c, d = at[:-1], next_at[:-1], next_at[1:], at[1:]
    faces = np.concatenate(
        [np.stack([a, b, c], axis=2).reshape(-1, 3), np.stack([a, c, d], axis=2).reshape(-1, 3)]
    )
    mesh = Mesh(vertices.astype(np.float32), faces.astype(np.int32))
    write_preview(
        mesh,
        to,
        width_px=SIZE_PX[0],
        height_px=SIZE_PX[1],
        material="terracotta",
        view=View(25, 20),
    )


if __name__ == "__main__":
    raise SystemExit(main())
