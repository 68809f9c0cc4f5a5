"""How a slicer is packed, and what is typed to start it: bare, an AppImage, a Flatpak."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from printd.slicers.base import Packing

FLATPAK: Final = "/usr/bin/flatpak"
EXPORTS: Final = "flatpak/exports/bin"  # where Flatpak puts a launcher for each of its programs
MAGIC: Final = (b"AI\x01", b"AI\x02")  # bytes 8 to 10 of an AppImage; Source: its specification
MAGIC_AT: Final = 8


def packing_of(program: Path) -> Packing:
    """Return how a program file is packed.

    Raises:
        OSError: it cannot be read.
    """
    if str(program.parent).endswith(f"/{EXPORTS}"):
        return "flatpak"
    with program.open("rb") as stream:
        head = stream.read(MAGIC_AT + len(MAGIC[0]))
    return "appimage" if head.startswith(b"\x7fELF") and head[MAGIC_AT:] in MAGIC else "plain"


def started(program: Path, packing: Packing, folder: Path) -> list[str]:
    """Return what is typed for the program itself.

    An AppImage unpacks itself each time, because mounting it needs FUSE and rights that a service
    has not. A Flatpak sees no folder but those that it is given.

    Args:
        program: the file; of a Flatpak its launcher, which is named as its program is.
        packing: as ``packing_of`` returns it.
        folder: the private folder of the run.
    """
    if packing == "appimage":
        return [str(program), "--appimage-extract-and-run"]
    if packing == "flatpak":
        return [FLATPAK, "run", f"--filesystem={folder}", program.name]
    return [str(program)]
