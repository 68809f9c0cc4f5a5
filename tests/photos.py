"""Pictures for tests: public-domain ones that scikit-image carries, and small ones made here."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image

ASTRONAUT = Path(skimage.__file__).parent / "data" / "astronaut.png"  # public domain (NASA)
CAT = Path(skimage.__file__).parent / "data" / "chelsea.png"  # CC0


def quarters(width: int = 96, height: int = 64) -> Image.Image:
    """Return a grey picture whose four quarters are 0, 80, 160 and 255, by rows."""
    pixels = np.zeros((height, width), np.uint8)
    pixels[: height // 2, width // 2 :] = 80
    pixels[height // 2 :, : width // 2] = 160
    pixels[height // 2 :, width // 2 :] = 255
    return Image.fromarray(pixels)


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def textured(width: int, height: int, seed: int = 1) -> Image.Image:
    """Return a colour picture with some tens of kilobytes of content."""
    coarse = np.random.default_rng(seed).integers(
        0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8
    )
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def png(width: int, height: int, rows: bytes, bits: int = 8, colour: int = 0) -> bytes:
    """Return a PNG with this header, whatever the rows hold."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", header),
            png_chunk(b"IDAT", zlib.compress(rows)),
            png_chunk(b"IEND", b""),
        )
    )


def jpeg_with_size(content: bytes, width: int, height: int) -> bytes:
    """Return a JPEG whose header states another size than its data have."""
    at = content.index(b"\xff\xc0")
    return content[: at + 5] + struct.pack(">HH", height, width) + content[at + 9 :]


def levels(grey: NDArray[np.float32]) -> list[float]:
    """Return the middles of the four quarters, row by row."""
    rows, cols = grey.shape
    places = [(1, 1), (1, 3), (3, 1), (3, 3)]
    return [round(float(grey[rows * r // 4, cols * c // 4]), 2) for r, c in places]
