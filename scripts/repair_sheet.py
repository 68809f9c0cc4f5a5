"""Draw ``docs/repair.png``: damaged meshes before and after their repair, with their volumes."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from printd.core.mend_wishes import LONGEST_MM, Wishes
from printd.geometry.drawing.camera import STANDING, View
from printd.geometry.drawing.preview import shade
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.repair.mend import mend
from printd.geometry.repair.raw import RawMesh
from printd.geometry.repair.reading import read_foreign
from printd.geometry.repair.solid import built, mesh_of

HOME: Final = Path(__file__).resolve().parents[1]
OUT: Final = HOME / "docs" / "repair.png"
TILE: Final = (230, 250)
MARGIN, LINE, GAP, FONT_PX = 8, 17, 18, 13
PAPER, INK, FAINT = (246, 245, 242), (40, 40, 38), (110, 110, 106)
COLOURS: Final = 200  # of the sheet's palette
ACROSS: Final = 3  # pairs in a row
TRIANGLES: Final = 12_000
CUT_OPEN: Final = View(azimuth_deg=16.0, elevation_deg=12.0)
FIXTURES: Final[tuple[tuple[str, str, bool], ...]] = (  # name, its defect, shown cut open
    ("F2", "patches that only look joined", False),
    ("F3", "parts, one of them a mirror image", False),
    ("F4", "six bits float around it", False),
    ("F5", "a second skin inside", True),
    ("F6", "... joined to the first by tunnels", True),
    ("F7", "a fifth of its faces turned", False),
    ("F8", "holes, gaps, faces twice", False),
    ("F10", "an STL in metres", False),
    ("", "it runs through itself: a new skin", False),
)


@dataclass(frozen=True)
class Pair:
    """One fixture, before and after."""

    heading: str
    before: Image.Image
    after: Image.Image
    words: tuple[str, str]


def main() -> int:
    """Draw the sheet; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        pairs = list(_pairs(Path(name)))
    whole = sheet(pairs).quantize(COLOURS, dither=Image.Dither.NONE)
    whole.save(args.out, optimize=True)
    print(f"{args.out}: {args.out.stat().st_size / 1000:.0f} kB")
    return 0


def _pairs(folder: Path) -> Iterator[Pair]:
    sys.path.insert(0, str(HOME))  # the fixtures are those of the tests
    from tests.peers.mesh_fixtures import fixture
    from tests.peers.mesh_shapes import crossing_tube
    from tests.peers.mesh_writers import stl

    file = folder / "raw.mesh"
    for name, defect, is_cut in FIXTURES:
        content = fixture(name, TRIANGLES) if name else stl(crossing_tube())
        file.write_bytes(content)
        raw = read_foreign(file)
        mesh, mended = mend(raw, Wishes())
        before, after = mended.before, mended.after
        yield Pair(
            f"{name}: {defect}" if name else defect,
            picture(as_given(raw), is_cut),
            picture(mesh, is_cut),
            (
                f"{before.volume_mm3 / 1000:.1f} ml by its faces",
                f"{after.volume_mm3 / 1000:.1f} ml, closed",
            ),
        )
        print(f"{name or defect}: {before.volume_mm3:.0f} to {after.volume_mm3:.0f} mm³")


def as_given(raw: RawMesh) -> Mesh:
    """Return a mesh as it was read, upright and as large as the mended one."""
    x, y, z = raw.vertices.T
    points = raw.vertices if raw.up == "z" else np.stack([x, -z, y], axis=1)
    points = points - points.min(axis=0)
    return Mesh((points * (LONGEST_MM / points.max())).astype(np.float32), raw.faces)


def picture(mesh: Mesh, is_cut: bool) -> Image.Image:  # noqa: FBT001 - a column of the table
    """Draw a mesh, or the rear half of a closed one."""
    solid = built(mesh) if is_cut else None
    if solid is None:
        return Image.fromarray(shade(mesh, *TILE, STANDING))
    middle = float(mesh.bounds_mm[:, 1].mean())
    half = mesh_of(solid.trim_by_plane((0.0, 1.0, 0.0), middle))
    return Image.fromarray(shade(half, *TILE, CUT_OPEN))


def sheet(pairs: list[Pair]) -> Image.Image:
    """Return the pairs side by side, each with its heading and its volumes."""
    width, height = TILE
    wide, high = 2 * width + MARGIN + GAP, height + 2 * LINE + 2 * MARGIN
    rows = -(-len(pairs) // ACROSS)
    whole = Image.new("RGB", (GAP + ACROSS * wide, MARGIN + rows * high), PAPER)
    draw, font = ImageDraw.Draw(whole), ImageFont.load_default(FONT_PX)
    for number, pair in enumerate(pairs):
        left, top = GAP + number % ACROSS * wide, MARGIN + number // ACROSS * high
        draw.text((left, top), pair.heading, INK, font)
        for place, (drawn, words) in enumerate(
            zip((pair.before, pair.after), pair.words, strict=True)
        ):
            x = left + place * (width + MARGIN // 2)
            whole.paste(drawn, (x, top + LINE))
            draw.text((x + width / 2, top + LINE + height + 2), words, FAINT, font, anchor="ma")
    return whole


if __name__ == "__main__":
    raise SystemExit(main())
