"""``.gcode.3mf`` files as slicers write them, and as nobody should."""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PLATE: Final = "Metadata/plate_1.gcode"


def packed(file: Path, entries: Mapping[str, bytes]) -> Path:
    """Write a zip of these entries."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file


def whole(file: Path, gcode: bytes) -> Path:
    """Write a container of one plate, with what printers look for."""
    digest = hashlib.md5(gcode, usedforsecurity=False).hexdigest().upper()
    return packed(
        file,
        {
            "[Content_Types].xml": b"<Types/>",
            "3D/3dmodel.model": b"<model/>",
            PLATE: gcode,
            f"{PLATE}.md5": digest.encode(),
        },
    )
