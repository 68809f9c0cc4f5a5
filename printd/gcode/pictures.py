"""What a file prints, drawn in the same pass in which it is read and judged.

Drawing has no say: what cannot be drawn gives no picture, and the verdict is what it is without.
"""

from __future__ import annotations

import io
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from printd.core.errors import DiskError, GcodeRefused
from printd.core.files import JobFolders, replace_unsynced
from printd.core.machine import Machine
from printd.gcode.contents import Contents, Thumbnail
from printd.gcode.safety import lint_and_read
from printd.gcode.thumbnails import png_of
from printd.gcode.verdict import Level, Verdict

if TYPE_CHECKING:
    from PIL.Image import Image

# Runs of equal bytes alone: half the time of the usual search, and the file is as small.
PNG: Final = {"compress_level": 1, "compress_type": zlib.Z_RLE}


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures of one file, as PNG; None: there is none."""

    toolpath: bytes | None = None  # the print on its plate, from above
    layers: bytes | None = None  # some of its layers
    thumbnail: bytes | None = None  # the slicer's own

    def put(self, folder: Path) -> dict[str, Path]:
        """Write those that there are into a folder; return them by name.

        Raises:
            DiskFull, DiskFailed: they cannot be written.
        """
        drawn = {
            JobFolders.TOOLPATH: self.toolpath,
            JobFolders.STRIP: self.layers,
            JobFolders.THUMBNAIL: self.thumbnail,
        }
        made = {name: png for name, png in drawn.items() if png is not None}
        for name, png in made.items():
            replace_unsynced(folder / name, png)
        return {name: folder / name for name in made}


def lint_read_and_draw(
    path: Path, machine: Machine, level: Level = Level.FOREIGN
) -> tuple[Verdict, Contents, Pictures]:
    """Judge a file, say what is in it and draw it, in one pass.

    Raises:
        DiskError: it cannot be read.
    """
    from printd.gcode.drawing.strip import draw_strip
    from printd.gcode.drawing.toolpath import Toolpath
    from printd.gcode.drawing.top import draw_top

    toolpath = Toolpath(machine)
    verdict, contents = lint_and_read(path, machine, level, (toolpath,))
    plastic = toolpath.end()
    thumbnail = slicers_own(path, contents)
    if plastic.is_empty:
        return verdict, contents, Pictures(None, None, thumbnail)
    with ThreadPoolExecutor(1) as beside:
        layers = beside.submit(_png, draw_strip(plastic, machine))
        plastic.layers.forget()
        top = _png(draw_top(plastic, machine))
    return verdict, contents, Pictures(top, layers.result(), thumbnail)


def slicers_own(path: Path, contents: Contents) -> bytes | None:
    """Return the largest whole picture that the slicer has put into a file, as PNG."""

    def size(thumbnail: Thumbnail) -> int:
        return thumbnail.width_px * thumbnail.height_px

    for thumbnail in sorted(contents.thumbnails, key=size, reverse=True):
        try:
            return png_of(path, thumbnail)
        except (GcodeRefused, DiskError):
            continue  # a smaller one may be whole
    return None


def _png(picture: Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", **PNG)
    return out.getvalue()
