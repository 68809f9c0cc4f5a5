"""Meshes as OBJ with the photo on top: a ZIP of shape, materials and texture, for colour printers.

The photo lies on the picture's surface; walls and back are of a second, plain material. The same
piece and colours give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from printd.core.files import new_file
from printd.geometry.build import Piece
from printd.geometry.digits import text_rows
from printd.geometry.mesh import Mesh
from printd.geometry.meshio import obj_vertices

LEVEL: Final = 1  # of deflate: 6 takes several times as long for a tenth less (relief meshes)
JPEG_QUALITY: Final = 92
UV_DECIMALS: Final = 6  # a texture may have some thousand pixels a side
MTL: Final = "relief.mtl"
PICTURE: Final = "texture.jpg"  # named without a folder: it lies beside the others
PHOTO: Final = f"newmtl photo\nKd 1 1 1\nKs 0 0 0\nillum 1\nmap_Kd {PICTURE}\n\n"
CORNERS: Final = (b"f ", b" ", b" ", b"\n")
HEAD: Final = f"# printd, mm\nmtllib {MTL}\no relief\n".encode()
PLAIN: Final = "newmtl plain\nKd 0.8 0.8 0.8\nKs 0 0 0\nillum 1\n"


def write_obj_zip(path: Path, piece: Piece, colours: NDArray[np.uint8] | None = None) -> None:
    """Write ``relief.obj``, ``relief.mtl`` and ``texture.jpg`` as ZIP, whole or not at all.

    Args:
        path: the file; an older one is replaced.
        piece: in millimetres.
        colours: of the picture, (rows, cols, 3), sRGB, row 0 at the top. Without them all faces
            are of the plain material, and there is no texture.

    Raises:
        DiskFull, DiskFailed: the file cannot be written.
    """
    with new_file(path) as out, ZipFile(out, "w", ZIP_DEFLATED, compresslevel=LEVEL) as package:
        # Opened by name, a part has no time of its own: the same piece gives the same bytes.
        with package.open("relief.obj", "w", force_zip64=_is_huge(piece.mesh)) as part:
            for rows in _plain(piece.mesh) if colours is None else _textured(piece):
                part.write(rows)
        with package.open(MTL, "w") as part:
            part.write(f"# printd\n{'' if colours is None else PHOTO}{PLAIN}".encode())
        if colours is not None:
            with package.open(PICTURE, "w") as part:
                Image.fromarray(colours).save(part, "JPEG", quality=JPEG_QUALITY)


def _plain(mesh: Mesh) -> Iterator[bytes]:
    yield HEAD
    yield from obj_vertices(mesh)
    yield b"usemtl plain\n"
    yield from text_rows(mesh.faces + 1, CORNERS)


def _textured(piece: Piece) -> Iterator[bytes]:
    yield HEAD
    yield from obj_vertices(piece.mesh)
    yield from text_rows(piece.uv, (b"vt ", b" ", b"\n"), UV_DECIMALS)
    yield b"usemtl photo\n"
    top, rest = np.split(piece.mesh.faces + 1, [piece.top_faces])
    both = np.stack([top, piece.uv_faces + 1], axis=-1)
    yield from text_rows(both.reshape(-1, 6), (b"f ", b"/", b" ", b"/", b" ", b"/", b"\n"))
    yield b"usemtl plain\n"
    yield from text_rows(rest, CORNERS)


def _is_huge(mesh: Mesh) -> bool:
    """Return whether the text may be too long for plain ZIP."""
    return 80 * len(mesh.vertices) + 60 * len(mesh.faces) > 2_000_000_000
