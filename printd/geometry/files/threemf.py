"""Meshes as 3MF: shared vertices, millimetres by name, a quarter of the size of STL.

The core of the specification and nothing more, which every reader takes. The same meshes give the
same bytes.

Source: 3D Manufacturing Format, Core Specification, 1.3.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZipFile

from printd.core.files import new_file
from printd.geometry.files.digits import text_rows
from printd.geometry.mesh.mesh import Mesh

DECIMALS: Final = 5  # of the millimetres: as fine as float32 is at 100 mm
# Of deflate: 1 is a quarter quicker and 14 % larger, 6 twice as slow and 3 % smaller (measured).
LEVEL: Final = 4
MOST_BYTES: Final = 2_000_000_000  # of the model; beyond, ZIP needs an extension few readers know
VERTEX: Final = (b'<vertex x="', b'" y="', b'" z="', b'"/>\n')
TRIANGLE: Final = (b'<triangle v1="', b'" v2="', b'" v3="', b'"/>\n')
MODEL: Final = "3D/3dmodel.model"
HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
KIND: Final = "http://schemas.microsoft.com/3dmanufacturing/"
PARTS: Final = {
    "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" '
    'ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>\n',
    "_rels/.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="model" Target="/{MODEL}" Type="{KIND}2013/01/3dmodel"/>'
    "</Relationships>\n",
}


def write_3mf(path: Path, mesh: Mesh | Sequence[Mesh], *, title: str = "relief") -> None:
    """Write a mesh, or several bodies where they lie, as 3MF; whole or not at all.

    Args:
        path: the file; an older one is replaced.
        mesh: closed; several are objects of their own, in one place.
        title: of the model, any text.

    Raises:
        DiskFull, DiskFailed: the file cannot be written.
    """
    bodies = [mesh] if isinstance(mesh, Mesh) else list(mesh)
    with new_file(path) as out, ZipFile(out, "w", ZIP_DEFLATED, compresslevel=LEVEL) as package:
        # Opened by name, a part has no time of its own: the same meshes give the same bytes.
        for name, content in PARTS.items():
            with package.open(name, "w") as part:
                part.write(content.encode())
        large = sum(map(_most_bytes, bodies)) > MOST_BYTES
        with package.open(MODEL, "w", force_zip64=large) as part:
            _write_model(part, bodies, title)


def _write_model(out: IO[bytes], bodies: Sequence[Mesh], title: str) -> None:
    named = html.escape("".join(letter for letter in title if letter.isprintable()))
    out.write(
        f'{HEAD}<model unit="millimeter" xml:lang="en-US" xmlns="{KIND}core/2015/02">\n'
        f'<metadata name="Title">{named}</metadata>\n'
        '<metadata name="Application">printd</metadata>\n<resources>\n'.encode()
    )
    for number, body in enumerate(bodies, start=1):
        out.write(f'<object id="{number}" type="model" name="{named}"><mesh>\n'.encode())
        for rows in _mesh_text(body):
            out.write(rows)
        out.write(b"</mesh></object>\n")
    items = "".join(f'<item objectid="{number + 1}"/>' for number in range(len(bodies)))
    out.write(f"</resources>\n<build>{items}</build>\n</model>\n".encode())


def _mesh_text(mesh: Mesh) -> Iterator[bytes]:
    yield b"<vertices>\n"
    yield from text_rows(mesh.vertices, VERTEX, DECIMALS)
    yield b"</vertices>\n<triangles>\n"
    yield from text_rows(mesh.faces, TRIANGLE)
    yield b"</triangles>\n"


def _most_bytes(mesh: Mesh) -> int:
    """Return how long the text may be, roughly and at most."""
    return 80 * len(mesh.vertices) + 70 * len(mesh.faces)
