"""The whole work of a relief as one function: picture, height map, surface, mesh, file, pictures.

Runs in a limited child, for the daemon and for the command line alike, and answers with plain
values. What needs numpy or Pillow is imported when it runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from printd.core.beside import check_mask
from printd.core.crop import Box, crop_box, crop_px
from printd.core.errors import SettingInvalid
from printd.core.progress import write_progress
from printd.core.relief_hints import (
    Hint,
    idle_hints,
    made_hints,
    outline_hints,
    size_hints,
)
from printd.core.relief_settings import ReliefSettings, ReliefSize
from printd.depth.base import DepthMap, DepthSource
from printd.depth.builtin import BuiltinDepth
from printd.depth.kept import asked_once

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from printd.geometry.decode.photo import PhotoFacts
    from printd.geometry.mesh.build import Piece
    from printd.geometry.pieces import Written
    from printd.geometry.shape.measure import Measured
    from printd.geometry.shape.milling import Milled
    from printd.geometry.shape.surface import Surface

# What the nursery loads before it forks: each worker would load the same again.
READY: Final[Mapping[str, Sequence[str]]] = {
    "make_relief": (
        "printd.geometry.heights.height",
        "printd.geometry.pieces",
        "printd.geometry.shape.measure",
        "printd.geometry.shape.milling",
        "printd.geometry.shape.surface",
    )
}
TEXTURE_PX: Final = 2048  # longest side of the picture in a file with texture


@dataclass(frozen=True, slots=True)
class Beside:
    """What else is at hand, and what else is wanted."""

    mask: Path | None = None  # a picture of the subject, white or opaque
    kept: Path | None = None  # folder of this photo, where its height map is kept
    preview: Path | None = None  # a shaded picture of the piece, PNG
    material: str = "white-pla"  # of that picture
    light_on: Path | None = None  # a picture of the plate lit from behind, PNG
    progress: Path | None = None  # replaced with ``0.45 stage`` as the work goes on
    measure: bool = False  # also look how fine, how steep, how closed it is


NOTHING: Final = Beside()


@dataclass(frozen=True, slots=True)
class ReliefReport:
    """What was made."""

    width_mm: float
    height_mm: float  # along y; of a flat piece the picture's height
    thickness_mm: float  # along z
    base_mm: float
    triangles: int  # 0 of a height map alone
    bytes: int
    volume_mm3: float  # 0 of a surface alone
    photo_px: tuple[int, int] | None  # None: made of no photo
    depth: str  # where the heights come from, in words
    warnings: tuple[str, ...]  # "code: sentence"
    hints: tuple[Hint, ...]
    measured: Measured | None = None  # if it was asked for

    def as_facts(self) -> dict[str, Any]:
        """Return plain values, as the store and ``--json`` want them."""
        return asdict(self) | {
            "photo_px": None if self.photo_px is None else list(self.photo_px),
            "warnings": list(self.warnings),
            "hints": [hint.as_facts() for hint in self.hints],
        }


def make_relief(
    photo: Path,
    settings: ReliefSettings,
    out: Path,
    depth: DepthSource | None = None,
    most_triangles: int | None = None,
    beside: Beside = NOTHING,
) -> ReliefReport:
    """Turn a photo into a relief, a file in millimetres of the kind that its name asks for.

    The same photo and settings give the same bytes.

    Args:
        photo: a file; links are not followed.
        settings: size, heights, smoothing, quality.
        out: of one of ``pieces.KINDS``, written whole or not at all; an older one is replaced.
        depth: where the height map comes from; the built-in way by default.
        most_triangles: for a mesh that is to be sliced; None: as many as the settings ask for.
        beside: what else is at hand and wanted.

    Raises:
        PhotoRefused: the photo, or a file beside it, cannot be used.
        SettingInvalid: the settings contradict the picture, or ask for too much.
        DepthMissing, DepthUnfit: the source of the height map cannot work.
        DiskFull, DiskFailed: ``out`` cannot be written.
        OSError: the photo cannot be opened.
    """
    from printd.geometry.shape.surface import surface_of

    _check_wishes(out, beside)
    check_mask(settings.mask, beside.mask)
    whole = _header(photo)
    box = crop_box(settings.crop, whole.width_px, whole.height_px)
    facts = part_that_counts(whole, box)
    size = _size_for(facts, settings, most_triangles)
    write_progress(beside.progress, 0.05, "Looking at the picture")
    found = heights_for(photo, settings, depth or BuiltinDepth(), box, beside)
    write_progress(beside.progress, 0.5, "Shaping the surface")
    surface = surface_of(found.heights, found.mask, settings, size)
    colours = _texture(photo, settings, box, out)
    written, figures = write_all(surface, settings, size, out, beside, colours, most_triangles)
    return ReliefReport(
        *written.bbox_mm,
        base_mm=size.base_mm,
        triangles=written.triangles,
        bytes=written.bytes,
        volume_mm3=written.volume_mm3,
        photo_px=(whole.width_px, whole.height_px),
        depth=found.source,
        warnings=(*facts.warnings, *found.warnings),
        hints=_hints(settings, size, written, figures),
        measured=figures,
    )


def _size_for(
    facts: PhotoFacts, settings: ReliefSettings, most_triangles: int | None
) -> ReliefSize:
    """Return the size of the piece; a mesh that would be too large is refused at once."""
    size = settings.resolve(facts.aspect)
    if settings.triangulation == "dense":
        _check_triangles(2 * size.cells, settings, most_triangles)
    return size


def write_all(
    surface: Surface,
    settings: ReliefSettings,
    size: ReliefSize,
    out: Path,
    beside: Beside,
    colours: NDArray[np.uint8] | None = None,
    most_triangles: int | None = None,
) -> tuple[Written, Measured | None]:
    """Write a surface and the pictures of it that are wanted; arguments as ``make_relief``."""
    from printd.geometry.shape.measure import measured
    from printd.geometry.shape.milling import milled

    write_progress(beside.progress, 0.6, "Building the mesh")
    written, piece = _write(surface, settings, size, out, colours, most_triangles)
    tooled = None
    if settings.ball_mm > 0 and (beside.measure or beside.preview):
        tooled = milled(surface, size, settings.ball_mm)
    figures = None
    if beside.measure:
        figures = measured(
            surface.heights_mm,
            size,
            None if piece is None else piece.mesh,
            settings.ball_mm,
            keep=surface.keep,
            cutoff_mm=surface.cutoff_mm,
            tooled=tooled,
        )
    _draw(piece, surface, settings, size, beside, tooled)
    write_progress(beside.progress, 1.0, "Done")
    return written, figures


def _write(
    surface: Surface,
    settings: ReliefSettings,
    size: ReliefSize,
    out: Path,
    colours: NDArray[np.uint8] | None,
    most_triangles: int | None,
) -> tuple[Written, Piece | None]:
    """Write the file; return what is in it, and the piece, where one was built for it."""
    from printd.geometry import pieces

    if pieces.is_plain_dense(surface, settings, out):
        return pieces.write_dense(surface, size, out), None
    if pieces.kind_of(out) == pieces.HEIGHTS:
        return pieces.write_heights(surface, size, out), None
    piece = pieces.piece_of(surface, settings, size)
    _check_triangles(len(piece.mesh.faces), settings, most_triangles)
    return pieces.write_piece(piece, colours, out), piece


def _check_wishes(out: Path, beside: Beside) -> None:
    """Refuse before anything is calculated what could not be written or drawn in the end."""
    from printd.geometry.drawing.materials import material_named
    from printd.geometry.pieces import kind_of

    kind_of(out)
    if beside.preview is not None:
        material_named(beside.material)


def _header(photo: Path) -> PhotoFacts:
    """Return what the file says of itself; a depth array may stand for a photo."""
    from printd.geometry.decode.depthfile import is_npy, read_depth_header
    from printd.geometry.decode.photo import read_header

    return read_depth_header(photo) if is_npy(photo) else read_header(photo)


def part_that_counts(facts: PhotoFacts, box: Box | None) -> PhotoFacts:
    """Return what is known of the part that counts; the limits of a photo are its limits too."""
    from printd.geometry.decode.photo import part_facts

    if box is None:
        return facts
    left, top, right, bottom = crop_px(box, facts.width_px, facts.height_px)
    return part_facts(facts, right - left, bottom - top)


def heights_for(
    photo: Path, settings: ReliefSettings, depth: DepthSource, box: Box | None, beside: Beside
) -> DepthMap:
    """Return the map that a surface is made of: how near each point is, or how bright.

    Args:
        photo: a file; links are not followed.
        settings: what is to be made.
        depth: where heights come from; a lithophane has tones instead.
        box: the part of the photo that counts; None: all of it.
        beside: the mask at hand, and where a map is kept.

    Raises:
        PhotoRefused, SettingInvalid, DepthMissing, DepthUnfit: as ``make_relief``.
    """
    longest_px = settings.mesh_quality
    if settings.surface == "relief":
        return asked_once(depth, photo, settings, longest_px, beside.mask, beside.kept)
    from printd.geometry.heights.depthfit import subject_of, tones_of

    tones = tones_of(photo, longest_px, box)
    if settings.outline != "mask":
        return DepthMap(tones, source="the photo's tones")
    subject = subject_of(photo, settings, longest_px, beside.mask)
    return DepthMap(tones, subject.warnings, "the photo's tones", subject.values)


def _texture(
    photo: Path, settings: ReliefSettings, box: Box | None, out: Path
) -> NDArray[np.uint8] | None:
    """Return the photo as it lies on the piece, for files that take it along."""
    if out.suffix.lower() != ".zip" or not settings.texture:
        return None
    from printd.geometry.decode.depthfile import is_npy
    from printd.geometry.decode.lightness import read_picture

    if is_npy(photo):
        return None  # numbers have no colours
    colours = read_picture(photo, TEXTURE_PX, crop=box).colours
    return colours[:, ::-1] if settings.mirror else colours


def _check_triangles(count: int, settings: ReliefSettings, most: int | None) -> None:
    if most is not None and count > most:
        raise SettingInvalid(
            f"mesh_quality: {settings.mesh_quality} makes about {count:,} triangles of "
            f"this picture; a print may have {most:,}.",
            action="Use a lower quality; `printd relief` makes larger files.",
        )


def _hints(
    settings: ReliefSettings, size: ReliefSize, written: Written, measured: Measured | None
) -> tuple[Hint, ...]:
    made = made_hints(
        settings,
        triangles=written.triangles,
        smallest_mm=measured.smallest_mm if measured else None,
        steep_share=measured.steep_share if measured else 0.0,
    )
    return (*wish_hints(settings, size, written.bbox_mm[0]), *made)


def wish_hints(
    settings: ReliefSettings, size: ReliefSize, made_width_mm: float
) -> tuple[Hint, ...]:
    """Return what the settings tell, and what an outline has left of the width."""
    outlined = outline_hints(settings, size, made_width_mm)
    return (*size_hints(settings, size), *idle_hints(settings), *outlined)


def _draw(
    piece: Piece | None,
    surface: Surface,
    settings: ReliefSettings,
    size: ReliefSize,
    beside: Beside,
    tooled: Milled | None,
) -> None:
    """Draw the pictures that are wanted; a milled piece as its tool leaves it."""
    if beside.preview is None and beside.light_on is None:
        return
    from printd.geometry import pictures

    write_progress(beside.progress, 0.8, "Drawing it")
    if beside.preview is not None:
        pictures.draw_piece(beside.preview, piece, surface, settings, size, beside.material, tooled)
    if beside.light_on is not None:
        pictures.draw_light_on(beside.light_on, surface, settings, size)
