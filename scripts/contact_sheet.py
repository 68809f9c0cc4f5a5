"""Draw ``docs/relief.png``: what the relief mesher makes of public-domain photos, side by side."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import skimage
from PIL import Image, ImageDraw, ImageFont

from printd.core.relief_presets import PRESETS
from printd.core.relief_settings import ReliefSettings
from printd.meshers.making import Beside, make_relief

OUT: Final = Path(__file__).resolve().parents[1] / "docs" / "relief.png"
DATA: Final = Path(skimage.__file__).parent / "data"
TILE: Final = (264, 208)
MARGIN, LINE, FONT_PX = 8, 20, 14
PAPER, INK = (246, 245, 242), (60, 60, 58)
COLOURS: Final = 256  # of the sheet's palette
SIZE: Final = {"longest_mm": 100, "relief_mm": 6, "base_mm": 3, "mesh_quality": 640}
LAMP: Final = {"longest_mm": 160, "bend": "outer", "bend_deg": 330}
PHOTOS: Final = ("astronaut.png", "camera.png", "coffee.png", "chelsea.png")
# Heading, settings, material of the picture; no material: lit from behind.
COLUMNS: Final[tuple[tuple[str, Mapping[str, Any], str], ...]] = (
    ("detailed", SIZE, "white-pla"),
    ("organic", {**SIZE, "style": "organic"}, "white-pla"),
    ("lithophane, light on", {**PRESETS["lithophane"], "mesh_quality": 512}, ""),
    ("mould", {**PRESETS["mould"], "longest_mm": 100}, "terracotta"),
)
PIECES: Final[tuple[tuple[str, str, Mapping[str, Any], str], ...]] = (
    ("logo", "logo", {"longest_mm": 80}, "white-pla"),
    ("stamp", "logo", {"longest_mm": 80}, "wood"),
    ("coin", "astronaut.png", {"longest_mm": 40, "crop": "0.2,0,0.7,0.5"}, "bronze"),
    ("lithophane", "camera.png", {**LAMP, "mesh_quality": 512}, "white-pla"),
)


def main() -> int:
    """Draw the sheet; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        rows = [*_photo_rows(Path(name)), _piece_row(Path(name))]
        sheet(rows).quantize(COLOURS, dither=Image.Dither.FLOYDSTEINBERG).save(
            args.out, optimize=True
        )
    print(f"{args.out}: {args.out.stat().st_size / 1000:.0f} kB")
    return 0


Row = list[tuple[str, Image.Image]]


def _photo_rows(folder: Path) -> Iterator[Row]:
    for name in PHOTOS:
        photo = DATA / name
        with Image.open(photo) as picture:
            row: Row = [("photo", picture.convert("RGB"))]
        for heading, settings, material in COLUMNS:
            row.append((heading, made(photo, settings, material, folder)))
        print(f"{name} done")
        yield row


def _piece_row(folder: Path) -> Row:
    logo = folder / "logo.png"
    drawing().save(logo)
    row: Row = [("drawing", drawing())]
    for preset, name, settings, material in PIECES:
        photo = logo if name == "logo" else DATA / name
        row.append((preset, made(photo, {**PRESETS[preset], **settings}, material, folder)))
    return row


def made(photo: Path, settings: Mapping[str, Any], material: str, folder: Path) -> Image.Image:
    """Make a piece and return its picture."""
    picture = folder / "piece.png"
    beside = Beside(preview=picture, material=material) if material else Beside(light_on=picture)
    make_relief(photo, ReliefSettings.of(settings), folder / "piece.stl", beside=beside)
    with Image.open(picture) as drawn:
        return drawn.convert("RGB")


def drawing() -> Image.Image:
    """Return a drawing of two inks that belongs to nobody."""
    picture = Image.new("RGB", (800, 600), "white")
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((60, 60, 740, 540), 90, fill=(30, 70, 150))
    draw.text((400, 255), "print", "white", ImageFont.load_default(230), anchor="mm")
    draw.ellipse((330, 395, 470, 475), fill=(230, 120, 30))
    return picture


def sheet(rows: list[Row]) -> Image.Image:
    """Return the rows below each other, each picture with its heading."""
    width, height = TILE
    across = max(len(row) for row in rows)
    whole = Image.new(
        "RGB",
        (MARGIN + across * (width + MARGIN), MARGIN + len(rows) * (height + LINE + MARGIN)),
        PAPER,
    )
    draw, font = ImageDraw.Draw(whole), ImageFont.load_default(FONT_PX)
    for down, row in enumerate(rows):
        top = MARGIN + down * (height + LINE + MARGIN)
        for right, (heading, picture) in enumerate(row):
            left = MARGIN + right * (width + MARGIN)
            picture.thumbnail(TILE, Image.Resampling.LANCZOS)
            free = width - picture.width, height - picture.height
            whole.paste(picture, (left + free[0] // 2, top + free[1] // 2))
            draw.text((left + width / 2, top + height + 2), heading, INK, font, anchor="ma")
    return whole


if __name__ == "__main__":
    raise SystemExit(main())
