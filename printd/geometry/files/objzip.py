"""Meshes as OBJ with the photo on top: a ZIP of shape, materials and texture, for colour printers.

The photo lies on the faces of the top; walls and back are of a second, plain material. The same
mesh and texture give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from printd.core.files import new_file
from printd.geometry.files.digits import text_rows
from printd.geometry.files.meshio import obj_vertices
from printd.geometry.mesh.mesh import Mesh

LEVEL: Final = 1  # of deflate: 6 takes several times as long for a tenth less (relief meshes)
JPEG_QUALITY: Final = 92
UV_DECIMALS: Final = 6  # a texture may have some thousand pixels a side
MTL: Final = "relief.mtl"
PICTURE: Final = "texture.jpg"  # named without a folder: it lies beside the others
PHOTO: Final = f"newmtl photo\nKd 1 1 1\nKs 0 0 0\nillum 1\nmap_Kd {PICTURE}\n\n"
PLAIN: Final = "newmtl plain\nKd 0.8 0.8 0.8\nKs 0 0 0\nillum 1\n"


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """A picture, and how it lies on the first faces of a mesh."""

    picture: NDArray[np.uint8]  # (rows, cols, 3), sRGB, row 0 at the top
    uv: NDArray[np.float32]  # (n, 2) places in it, 0 to 1, from its lower left corner
    top_faces: int  # so many faces show it
    uv_faces: NDArray[np.int32] | None = None  # (top_faces, 3) into ``uv``; None: as the mesh's own


def write_obj_zip(path: Path, mesh: Mesh, texture: Texture | None = None) -> None:
    """Write ``relief.obj``, ``relief.mtl`` and ``texture.jpg`` as ZIP, whole or not at all.

    Args:
        path: the file; an older one is replaced.
        mesh: in millimetres.
        texture: without one all faces are of the plain material, and there is no picture.

    Raises:
        DiskFull, DiskFailed: the file cannot be written.
    """
    with new_file(path) as out, ZipFile(out, "w", ZIP_DEFLATED, compresslevel=LEVEL) as package:
        # Opened by name, a part has no time of its own: the same piece gives the same bytes.
        with package.open("relief.obj", "w", force_zip64=_is_huge(mesh)) as part:
            for rows in _shape(mesh, texture):
                part.write(rows)
        with package.open(MTL, "w") as part:
            part.write(f"# printd\n{PHOTO if texture else ''}{PLAIN}".encode())
        if texture:
            with package.open(PICTURE, "w") as part:
                Image.fromarray(texture.picture).save(part, "JPEG", quality=JPEG_QUALITY)


def _shape(mesh: Mesh, texture: Texture | None) -> Iterator[bytes]:
    """Yield the OBJ file: the top with its places in the picture, then the rest."""
    yield f"# printd, mm\nmtllib {MTL}\no relief\n".encode()
    yield from obj_vertices(mesh)
    if texture:
        yield from text_rows(texture.uv, (b"vt ", b" ", b"\n"), UV_DECIMALS)
        yield b"usemtl photo\n"
        top = mesh.faces[: texture.top_faces]
        both = np.stack([top, top if texture.uv_faces is None else texture.uv_faces], axis=-1) + 1
        yield from text_rows(both.reshape(-1, 6), (b"f ", b"/", b" ", b"/", b" ", b"/", b"\n"))
    yield b"usemtl plain\n"
    rest = mesh.faces[texture.top_faces if texture else 0 :] + 1
    yield from text_rows(rest, (b"f ", b" ", b" ", b"\n"))


def _is_huge(mesh: Mesh) -> bool:
    """Return whether the text may be too long for plain ZIP."""
    return 80 * len(mesh.vertices) + 60 * len(mesh.faces) > 2_000_000_000
