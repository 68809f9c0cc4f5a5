"""The local mesher: photo to height map to a closed relief, in a limited child process.

An order costs nothing and leaves nothing behind, so it is answered at once, and all the work is
in ``collect``. ``make_relief`` is the whole work as one function, for the command line as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from printd.core.compute import Limits
from printd.core.errors import SettingInvalid
from printd.core.files import new_file
from printd.core.jobs import Facts
from printd.core.relief_settings import ReliefSettings, ReliefSize
from printd.depth.base import DepthSource
from printd.meshers.base import Ticket

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from printd.geometry.relief import MeshFacts

T = TypeVar("T")

MOST_JOB_TRIANGLES: Final = 2_500_000  # a slicer takes minutes for more; files alone may be larger
MEMORY_BYTES: Final = 1 << 30  # for the photo
MEMORY_PER_CELL: Final = 100
WALL_S: Final = 120.0
WALL_S_PER_CELL: Final = 20e-6


class Runs(Protocol):
    """What runs the work; ``core.compute.Compute`` does."""

    def run(self, fn: Callable[..., T], /, *args: object, limits: Limits) -> T:
        """Run a module-level function on plain values, and return its result."""
        ...


@dataclass(frozen=True, slots=True)
class ReliefReport:
    """What was made."""

    width_mm: float
    height_mm: float  # along y, the picture's height
    thickness_mm: float  # from the back to the highest point
    base_mm: float
    triangles: int
    bytes: int
    volume_mm3: float
    photo_px: tuple[int, int]
    warnings: tuple[str, ...]

    def as_facts(self) -> dict[str, Any]:
        """Return plain values, as the store and ``--json`` want them."""
        facts = asdict(self)
        return facts | {"photo_px": list(self.photo_px), "warnings": list(self.warnings)}


def relief_limits(settings: ReliefSettings) -> Limits:
    """Return what ``make_relief`` may use."""
    cells = settings.mesh_quality**2
    return Limits(
        memory_bytes=MEMORY_BYTES + MEMORY_PER_CELL * cells,
        wall_s=WALL_S + WALL_S_PER_CELL * cells,
    )


def make_relief(
    photo: Path,
    settings: ReliefSettings,
    out: Path,
    depth: DepthSource | None = None,
    most_triangles: int | None = None,
) -> ReliefReport:
    """Turn a photo into a closed relief, a binary STL file in millimetres.

    The same photo and settings give the same bytes.

    Args:
        photo: a file; links are not followed.
        settings: size, heights, smoothing, quality.
        out: the STL file, written whole or not at all; an older one is replaced.
        depth: where the height map comes from; the built-in way by default.
        most_triangles: for a mesh that is to be sliced; None: as many as the settings ask for.

    Raises:
        PhotoRefused: the photo cannot be used.
        SettingInvalid: the settings contradict the picture's shape, or ask for too much.
        DiskFull, DiskFailed: ``out`` cannot be written.
        OSError: the photo cannot be opened.
    """
    # Loads Pillow, which the daemon process must not hold; so do the two below.
    from printd.geometry.photo import read_header

    facts = read_header(photo)
    size = settings.resolve(facts.aspect)
    if settings.triangulation == "dense":
        _check_triangles(2 * size.cells, settings, most_triangles)
    heights_mm, seen = _surface(photo, settings, size, depth)
    made = _written(heights_mm, settings, size, out, most_triangles)
    return ReliefReport(
        width_mm=made.bbox_mm[0],
        height_mm=made.bbox_mm[1],
        thickness_mm=made.bbox_mm[2],
        base_mm=size.base_mm,
        triangles=made.triangles,
        bytes=made.bytes,
        volume_mm3=made.volume_mm3,
        photo_px=(facts.width_px, facts.height_px),
        warnings=(*facts.warnings, *seen),
    )


def _surface(
    photo: Path, settings: ReliefSettings, size: ReliefSize, depth: DepthSource | None
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Return the heights over the back, (rows + 1, cols + 1) in mm, and what is to be said."""
    from printd.geometry.finish import finished
    from printd.geometry.height import height_map_of
    from printd.geometry.relief import heights_in_mm

    if depth is None:
        found = height_map_of(photo, settings, settings.mesh_quality)
        heights, seen = found.heights, found.found.warnings
    else:
        given = depth.height_map(photo, settings, settings.mesh_quality)
        heights, seen = given.heights, given.warnings
    return heights_in_mm(finished(heights, settings, size.rows, size.cols), size), seen


def _written(
    heights_mm: NDArray[np.float32],
    settings: ReliefSettings,
    size: ReliefSize,
    out: Path,
    most_triangles: int | None,
) -> MeshFacts:
    from printd.geometry.build import build
    from printd.geometry.relief import write_mesh_stl, write_relief_stl

    if settings.triangulation == "dense":
        with new_file(out) as stream:
            return write_relief_stl(stream, heights_mm, size)
    mesh = build(heights_mm, size, tolerance_mm=settings.tolerance_mm)
    _check_triangles(len(mesh.faces), settings, most_triangles)
    with new_file(out) as stream:
        return write_mesh_stl(stream, mesh)


def _check_triangles(count: int, settings: ReliefSettings, most: int | None) -> None:
    if most is not None and count > most:
        raise SettingInvalid(
            f"mesh_quality: {settings.mesh_quality} makes about {count:,} triangles of "
            f"this picture; a print may have {most:,}.",
            action="Use a lower quality; `printd relief` makes larger files.",
        )


class ReliefMesher:
    """A ``Mesher`` that works on this machine."""

    name = "relief"

    def __init__(self, compute: Runs, depth: DepthSource | None = None) -> None:
        self._compute = compute
        self._depth = depth

    def order(self, photo: Path, settings: Facts) -> Ticket:
        """See ``Mesher.order``; nothing is sent anywhere."""
        ReliefSettings.of(settings)
        return Ticket(mesher=self.name, order=photo.name)

    def find(self, photo: Path, since: datetime) -> Ticket | None:  # noqa: ARG002 - of the protocol
        """See ``Mesher.find``; an order that left nothing can be given again."""
        return Ticket(mesher=self.name, order=photo.name)

    def collect(
        self,
        ticket: Ticket,  # noqa: ARG002 - of the protocol; photo and settings say it all
        photo: Path,
        settings: Facts,
        out: Path,
    ) -> Facts:
        """See ``Mesher.collect``."""
        chosen = ReliefSettings.of(settings)
        report = self._compute.run(
            make_relief,
            photo,
            chosen,
            out,
            self._depth,
            MOST_JOB_TRIANGLES,
            limits=relief_limits(chosen),
        )
        facts: Mapping[str, Any] = report.as_facts()
        return facts
