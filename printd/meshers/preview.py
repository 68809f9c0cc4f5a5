"""The surface of a relief for a screen: what ``making`` does, quick enough to follow a slider.

A photo that is looked at is kept in a folder of its own, a *draft*. The slow half of the work, from
the photo to its height map, is done once for each part, style and size and kept in that folder, at
the size of the screen's grid; so is the map without noise, which costs most of the rest. From there
on the very functions run that the mesh is made by, on the mesh's own grid or one that is evenly
coarser (``view_field.grid_for``), so that what is seen is what is made.

Runs in limited children; answers are plain values. What needs numpy is imported when it runs, but
for ``READY`` of ``pipeline.tasks`` it is at hand by then.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from printd import __version__
from printd.core.compute import Limits
from printd.core.crop import crop_box
from printd.core.errors import SettingInvalid
from printd.core.files import disk_problem
from printd.core.relief_hints import Hint, made_hints
from printd.core.relief_settings import ReliefSettings, ReliefSize
from printd.depth.base import DepthMap, DepthSource
from printd.depth.builtin import LATER
from printd.meshers.making import Beside, heights_for, part_that_counts, wish_hints

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from printd.geometry.drawing.camera import View
    from printd.geometry.shape.surface import Surface

Views = Literal["front", "tilted", "side", "back", "light-on"]

DRAFTS: Final = "drafts"  # in the data folder; each draft has a folder of its own there
PHOTO: Final = "photo.bin"
LOCK: Final = "lock"
MAP_PX: Final = 1024  # of the height map at most: a finer one looks the same on a screen
MEMORY_PER_PIXEL: Final = 100
WALL_S: Final = 60.0
KEPT: Final = 8  # maps of a draft; a slider that is drawn leaves many
MOST_PICTURE_BYTES: Final = 8_000_000
# Angles to the right of the front, and above the bed, of a piece that lies and of one that stands.
LYING: Final[Mapping[str, tuple[float, float]]] = {
    "front": (0.0, 90.0),
    "tilted": (9.0, 62.0),
    "side": (90.0, 12.0),
    "back": (0.0, -90.0),
}
UPRIGHT: Final[Mapping[str, tuple[float, float]]] = {
    "front": (0.0, 4.0),
    "tilted": (30.0, 18.0),
    "side": (90.0, 8.0),
    "back": (180.0, 8.0),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a draft is to be seen."""

    folder: Path  # of the draft
    photo: Mapping[str, Any]  # its facts, as ``decode_photo`` returns them
    settings: ReliefSettings
    depth: DepthSource


@dataclass(frozen=True, slots=True, eq=False)
class Shaped:
    """A surface for a screen."""

    surface: Surface
    size: ReliefSize  # of the piece, on the grid of ``surface``
    mesh_size: ReliefSize  # on that of the final mesh
    found: DepthMap  # its warnings and source
    photo_warnings: tuple[str, ...]
    raw_s: float  # what making or reading the height map took
    shape_s: float


def limits_for(source: DepthSource) -> Limits:
    """Return what each of these functions may use; somebody waits for it at a screen."""
    return Limits(
        memory_bytes=source.memory_bytes + MEMORY_PER_PIXEL * MAP_PX**2,
        wall_s=WALL_S + source.wall_s,
        is_watched=True,
    )


def shaped(wanted: Wanted) -> Shaped:
    """Make the surface that a draft has with some settings.

    Raises:
        PhotoRefused, SettingInvalid, DepthMissing, DepthUnfit: as ``make_relief``.
    """
    from printd.geometry.decode.photo import PhotoFacts
    from printd.geometry.shape.surface import surface_of
    from printd.geometry.shape.view_field import grid_for

    began_s = time.perf_counter()
    settings = wanted.settings
    whole = PhotoFacts(**wanted.photo)
    part = part_that_counts(whole, crop_box(settings.crop, whole.width_px, whole.height_px))
    mesh_size = settings.resolve(part.aspect)
    size = grid_for(mesh_size, settings)
    found, key = _height_map(wanted, max(size.cols, size.rows))
    had_s = time.perf_counter()
    heights = _quiet(wanted, found, key)
    # The noise is gone already; for the rest the map is what a source of depth has made.
    without = settings.model_copy(update={"noise_reduction": 0.0})
    surface = surface_of(heights, found.mask, without, size)
    done_s = time.perf_counter()
    return Shaped(surface, size, mesh_size, found, part.warnings, had_s - began_s, done_s - had_s)


def heights_of(wanted: Wanted, cells: int) -> dict[str, Any]:
    """Return what a browser bends and lights: ``content`` is its body, the rest its headers.

    Args:
        wanted: what is to be seen.
        cells: along the longest side, about.

    Raises:
        PhotoRefused, SettingInvalid, DepthMissing, DepthUnfit: as ``make_relief``.
    """
    from printd.geometry.mesh.bend import Bend
    from printd.geometry.shape.view_field import settings_exact, view_field

    made = shaped(wanted)
    settings, size = wanted.settings, made.size
    began_s = time.perf_counter()
    seen = view_field(made.surface, settings, size, cells)
    bend = "none"
    if settings.bend != "none":
        radius_mm = Bend(settings.bend, settings.bend_deg).radius_mm(
            size.width_mm, seen.low_mm + seen.span_mm
        )
        bend = f"{settings.bend},{settings.bend_deg:g},{radius_mm:.4f}"
    return {
        "content": seen.content,
        "grid": [seen.heights.shape[1], seen.heights.shape[0]],
        "size_mm": [size.width_mm, size.height_mm],
        "bounds_mm": list(seen.bounds_mm),
        "base_mm": size.base_mm,
        "relief_mm": size.relief_mm,
        "z_mm": [seen.low_mm, seen.span_mm],
        "has_keep": seen.keep is not None,
        "bend": bend,
        "uniforms": list(settings_exact(settings, size)),
        "mesh_grid": [made.mesh_size.cols, made.mesh_size.rows],
        "warnings": [word.partition(":")[0] for word in _warnings(made)],
        "raw_ms": made.raw_s * 1000,
        "shape_ms": (made.shape_s + time.perf_counter() - began_s) * 1000,
        "cpu_ms": time.process_time() * 1000,  # of this child, since it was forked
    }


def figures_of(wanted: Wanted, skin_mm: float) -> dict[str, Any]:
    """Return what is known of the piece before it is made, as plain values.

    Args:
        wanted: what is looked at.
        skin_mm: how much of every place a slicer makes solid.

    Raises:
        PhotoRefused, SettingInvalid, DepthMissing, DepthUnfit: as ``make_relief``.
    """
    from printd.geometry.mesh.mesh import volume_mm3
    from printd.geometry.pieces import piece_of
    from printd.geometry.shape.plastic import plastic_of
    from printd.geometry.shape.view_field import what_stays

    made = shaped(wanted)
    settings = wanted.settings
    piece = piece_of(made.surface, settings, made.size)
    low, high = piece.mesh.bounds_mm
    sides_mm = [float(side) for side in high - low]
    triangles = len(piece.mesh.faces)
    if settings.triangulation == "dense":  # adaptive ones hardly grow in number with the grid
        triangles = round(triangles * made.mesh_size.cells / made.size.cells)
    field = what_stays(made.surface, settings, made.size)
    plastic = plastic_of(made.surface.heights_mm, field, made.size, skin_mm)
    hints = _hints(made, settings, sides_mm[0], triangles)
    return {
        "size_mm": sides_mm,
        "picture_mm": [made.size.width_mm, made.size.height_mm],
        "relief_mm": made.size.relief_mm,
        "base_mm": made.size.base_mm,
        "mesh_grid": [made.mesh_size.cols, made.mesh_size.rows],
        "triangles": triangles,
        "volume_mm3": volume_mm3(piece.mesh) if settings.mode == "solid" else 0.0,
        "plastic": asdict(plastic),
        "hints": [hint.as_facts() for hint in hints],
        "warnings": list(_warnings(made)),
        "depth": made.found.source,
    }


def _hints(
    made: Shaped, settings: ReliefSettings, made_width_mm: float, triangles: int
) -> tuple[Hint, ...]:
    from printd.geometry.shape.measure import measured

    surface = made.surface
    found = measured(
        surface.heights_mm, made.size, None, keep=surface.keep, cutoff_mm=surface.cutoff_mm
    )
    of_shape = made_hints(
        settings,
        triangles=triangles,
        smallest_mm=found.smallest_mm,
        steep_share=found.steep_share,
    )
    return (*wish_hints(settings, made.mesh_size, made_width_mm), *of_shape)


def draw(
    wanted: Wanted, out: Path, view: Views, width_px: int, height_px: int, material: str
) -> None:
    """Draw the piece as PNG, for browsers that cannot do it themselves.

    Args:
        wanted: what is to be seen.
        out: the file, whole or not at all.
        view: where it is seen from, or lit from behind.
        width_px: of the picture; one that is lit has the size of the surface.
        height_px: likewise.
        material: a name of ``drawing.materials``.

    Raises:
        SettingInvalid: no such material, or a view that the piece has not.
        PhotoRefused, DepthMissing, DepthUnfit: as ``make_relief``.
    """
    from printd.geometry.drawing.materials import material_named
    from printd.geometry.drawing.preview import write_preview
    from printd.geometry.pictures import draw_light_on
    from printd.geometry.pieces import piece_of

    material_named(material)
    settings = wanted.settings
    if view == "light-on" and settings.surface != "lithophane":
        raise SettingInvalid(
            "view: light-on shows a lithophane with a lamp behind it, and this is a relief.",
            action="Set surface to lithophane, or choose another view.",
        )
    made = shaped(wanted)
    if view == "light-on":
        draw_light_on(out, made.surface, settings, made.size)
        return
    piece = piece_of(made.surface, settings, made.size)
    write_preview(
        piece.mesh,
        out,
        width_px=width_px,
        height_px=height_px,
        material=material,
        view=_view(settings, view),
    )


def write_picture(photo: Path, out: Path, longest_px: int) -> str:
    """Write a photo for a screen: upright, small, nothing but its pixels; return its media type.

    Args:
        photo: a file that was checked before.
        out: the file, whole or not at all.
        longest_px: the longest side at most.

    Raises:
        PhotoRefused: it cannot be read.
    """
    from printd.geometry.decode.lightness import read_picture
    from printd.geometry.files.plainpicture import plain_picture

    picture = read_picture(photo, longest_px)
    form: Literal["png", "jpeg"] = "jpeg" if picture.alpha is None else "png"
    made = plain_picture(
        picture.colours, picture.alpha, form, most_bytes=MOST_PICTURE_BYTES, least_px=1
    )
    assert made is not None  # noqa: S101  one pixel fits
    _put(out, lambda part: part.write_bytes(made.content))
    return f"image/{form}"


def _height_map(wanted: Wanted, longest_px: int) -> tuple[DepthMap, str]:
    """Return the height map at the size of a grid, and the word that it is kept by."""
    key = _key(wanted, longest_px)
    kept = _kept(wanted.folder, f"map-{key}")
    if kept is not None:
        return kept, key
    settings = wanted.settings
    of_screen = settings.model_copy(update={"mesh_quality": min(settings.mesh_quality, MAP_PX)})
    photo = wanted.folder / PHOTO
    box = crop_box(settings.crop, wanted.photo["width_px"], wanted.photo["height_px"])
    # What is slow, as a network is, is asked once for each photo, whatever part of it counts.
    beside = Beside(kept=wanted.folder if wanted.depth.wall_s > 0 else None)
    with _alone(wanted.folder):
        kept = _kept(wanted.folder, f"map-{key}")
        if kept is not None:
            return kept, key
        found = heights_for(photo, of_screen, wanted.depth, box, beside)
        small = _kept_small(wanted.folder, key, found, longest_px)
    return small, key


def _kept_small(folder: Path, key: str, found: DepthMap, longest_px: int) -> DepthMap:
    import numpy as np

    mask = None if found.mask is None else _smaller(found.mask, longest_px)
    small = replace(found, heights=_smaller(found.heights, longest_px), mask=mask)
    layers = [small.heights] if small.mask is None else [small.heights, small.mask]
    note = {"warnings": list(small.warnings), "source": small.source}
    _keep(folder, f"map-{key}", np.stack(layers), note)
    return small


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one child at a time make a map of a draft; the others find it kept afterwards."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _key(wanted: Wanted, longest_px: int) -> str:
    """Return a word for all that a height map depends on."""
    settings = wanted.settings
    of_map = settings.model_dump(mode="json", exclude={*LATER, "outline"})
    if settings.surface == "lithophane":
        of_map = {"crop": settings.crop, "mask": settings.mask, "of": "tones"}
    said = {
        "printd": __version__,
        "px": longest_px,
        "depth": repr(wanted.depth),
        "map": of_map,
        "outlined": settings.outline == "mask",
    }
    return hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=12).hexdigest()


def _quiet(wanted: Wanted, found: DepthMap, key: str) -> NDArray[np.float32]:
    """Return the height map without its noise, kept like the map itself."""
    from printd.geometry.shape.finish import noise_reduced

    strength = wanted.settings.noise_reduction
    if strength <= 0:
        return found.heights
    name = f"quiet-{key}-{strength:g}"
    kept = _kept(wanted.folder, name)
    if kept is not None:
        return kept.heights
    quiet = noise_reduced(found.heights, strength)
    _keep(wanted.folder, name, quiet[None], {"warnings": [], "source": ""})
    return quiet


def _smaller(values: NDArray[np.float32], longest_px: int) -> NDArray[np.float32]:
    """Return the means of a map over a grid whose longest side is no longer than asked."""
    import numpy as np
    from PIL import Image

    scale = longest_px / max(values.shape)
    if scale >= 1:
        return values
    rows, cols = (max(1, round(side * scale)) for side in values.shape)
    return np.array(Image.fromarray(values).resize((cols, rows), Image.Resampling.BOX))


def _keep(folder: Path, name: str, layers: NDArray[np.float32], note: Mapping[str, Any]) -> None:
    """Keep maps until others push them out. Nothing is synced: a draft does not outlive a start."""
    import numpy as np

    words = json.dumps(note).encode()

    def write(part: Path) -> None:
        with part.open("wb") as stream:
            stream.write(len(words).to_bytes(4, "little") + words)
            np.save(stream, layers, allow_pickle=False)

    _put(folder / f"{name}.kept", write)
    kept = sorted(folder.glob("*.kept"), key=_used_ns)
    for old in kept[:-KEPT]:
        old.unlink(missing_ok=True)


def _kept(folder: Path, name: str) -> DepthMap | None:
    """Return what was kept under a name; it counts as used now."""
    import numpy as np

    path = folder / f"{name}.kept"
    try:
        with path.open("rb") as stream:
            note = json.loads(stream.read(int.from_bytes(stream.read(4), "little")))
            layers = np.load(stream, allow_pickle=False)
        os.utime(path)
    except FileNotFoundError:  # never made, or pushed out a moment ago
        return None
    mask = layers[1] if len(layers) == 2 else None
    return DepthMap(layers[0], tuple(note["warnings"]), note["source"], mask)


def _put(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place and move it there; several children may do so at once."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        write(part)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise disk_problem(error, path) from error


def _used_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:  # another child has pushed it out
        return 0


def _view(settings: ReliefSettings, view: Views) -> View:
    from printd.geometry.drawing.camera import View

    stands = settings.standing or settings.bend != "none"
    return View(*(UPRIGHT if stands else LYING)[view])


def _warnings(made: Shaped) -> tuple[str, ...]:
    return (*made.photo_warnings, *made.found.warnings)
