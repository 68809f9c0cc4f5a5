"""Random pieces for tests: their maps and outlines, and what is asked of their meshes."""

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from printd.core.errors import SettingInvalid
from printd.core.relief_settings import THINNEST_BASE_MM, ReliefSize
from printd.geometry.mesh.bend import Bend, Side, chords, seamless, with_columns
from printd.geometry.mesh.borders import border_edges
from printd.geometry.mesh.build import Shape, Triangulation
from printd.geometry.mesh.cutoff import without_islands
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.mesh.relief import dense_top
from printd.geometry.mesh.rtin_mesh import triangles
from printd.geometry.mesh.stl import HEADER_BYTES, RECORD, write_faces
from printd.geometry.shape import furniture, outlines

Floats = NDArray[np.float32]
KINDS = ["rectangle", "circle", "ellipse", "rounded", "heart", "mask", "slivers"]


def piece(rows: int, cols: int, width_mm: float = 80.0) -> ReliefSize:
    return ReliefSize(width_mm, width_mm * rows / cols, 5.0, 2.0, cols, rows)


def random_map(
    rows: int, cols: int, sigma: float | None, seed: int, low_mm: float = 2.0, depth_mm: float = 5.0
) -> Floats:
    """Return hills or noise, or a slope if ``sigma`` is None, with plateaus at both ends."""
    rng = np.random.default_rng(seed)
    if sigma is None:
        down, across = np.indices((rows + 1, cols + 1)) * rng.random((2, 1, 1))
        smooth = down + across
    else:
        smooth = ndimage.gaussian_filter(rng.normal(size=(rows + 1, cols + 1)), sigma)
    spread = (smooth - smooth.min()) / max(np.ptp(smooth), 1e-9)
    heights: Floats = (low_mm + depth_mm * (1.4 * spread - 0.2).clip(0, 1)).astype(np.float32)
    return heights


def outline_of(kind: str, size: ReliefSize, seed: int) -> Floats | None:
    rng = np.random.default_rng(seed)
    makers: dict[str, Callable[[], Floats | None]] = {
        "rectangle": lambda: None,
        "circle": lambda: outlines.circle(size),
        "ellipse": lambda: outlines.ellipse(size),
        "rounded": lambda: outlines.rounded(size, radius_mm=0.1 * size.width_mm),
        "heart": lambda: outlines.heart(size),
        "mask": lambda: outlines.from_mask(rng.random((7, 9)).round().astype(np.float32), size),
        "slivers": lambda: slivers(size, rng),
    }
    return makers[kind]()


def slivers(size: ReliefSize, rng: np.random.Generator) -> Floats:
    """Return a field that changes within a cell and comes near 0, or is 0, at many samples."""
    field = rng.normal(size=(size.rows + 1, size.cols + 1)).astype(np.float32)
    field[rng.random(field.shape) < 0.1] = 0
    field *= np.float32(10) ** rng.integers(-6, 2, field.shape).astype(np.float32)
    return field


def parts(mesh: Mesh) -> int:
    """Count what hangs together."""
    starts, ends = mesh.faces.ravel(), np.roll(mesh.faces, 1, axis=1).ravel()
    count = len(mesh.vertices)
    edges = sparse.coo_matrix((np.ones(len(starts)), (starts, ends)), shape=(count, count))
    return int(sparse.csgraph.connected_components(edges, directed=False)[0])


def as_read_back(mesh: Mesh) -> Mesh:
    """Write a mesh as STL, and find its vertices again by their coordinates alone."""
    out = io.BytesIO()
    write_faces(out, mesh.vertices, mesh.faces)
    corners = np.frombuffer(out.getvalue()[HEADER_BYTES:], RECORD)["corners"].reshape(-1, 3)
    corners = np.ascontiguousarray(corners + np.float32(0))  # -0 and 0 are one number
    bits = corners.view(np.uint32).astype(np.uint64)
    _, across = np.unique(bits[:, 0] << np.uint64(32) | bits[:, 1], return_inverse=True)
    key = across.astype(np.uint64) << np.uint64(32) | bits[:, 2]
    _, first, numbers = np.unique(key, return_index=True, return_inverse=True)
    return Mesh(vertices=corners[first], faces=numbers.reshape(-1, 3).astype(np.int32))


def volume_over(top: Mesh, bend: Bend | None, size: ReliefSize) -> float:
    """Return the volume between a flat top and the back under it, once both are bent.

    The sides are folded from the start of each edge below to its end above, where not plane.

    Args:
        top: an open surface, all above 0.
        bend: of the piece that becomes of it.
        size: of the flat piece.
    """
    tops = top.vertices.astype(np.float64)
    feet = tops * [1, 1, 0]
    if bend is not None:
        radius = bend.radius_mm(size.width_mm, float(tops[:, 2].max()))
        tops, feet = (_round(points, radius, bend.side == "outer") for points in (tops, feet))
    middle = tops.mean(axis=0)
    tops, feet = tops - middle, feet - middle
    start, end = border_edges(top.faces).T
    six = _triples(*tops[top.faces.T]) - _triples(*feet[top.faces.T])
    six += _triples(tops[end], tops[start], feet[start]) + _triples(
        tops[end], feet[start], feet[end]
    )
    return six / 6


def _round(points: NDArray[np.float64], radius: float, is_outer: bool) -> NDArray[np.float64]:
    x, y, z = points.T
    outwards = 1 if is_outer else -1
    r, angle = radius + outwards * z, x / radius
    return np.stack([r * np.sin(angle), y, outwards * r * np.cos(angle)], axis=1)


def _triples(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]) -> float:
    return float((a * np.cross(b, c)).sum())


def cells_of(heights_mm: Floats, size: ReliefSize, *, alternate: bool) -> Mesh:
    """Return two triangles for each cell; their diagonals may alternate like a chessboard."""
    y_mm, x_mm = np.meshgrid(
        np.linspace(size.height_mm, 0, heights_mm.shape[0], dtype=np.float32),
        np.linspace(0, size.width_mm, heights_mm.shape[1], dtype=np.float32),
        indexing="ij",
    )
    everywhere = np.ones(heights_mm.shape, bool)
    return Mesh(
        vertices=np.stack([x_mm, y_mm, heights_mm], axis=-1).reshape(-1, 3),
        faces=triangles(everywhere, 1) if alternate else dense_top(*heights_mm.shape),
    )


def what_stays(heights: Floats, size: ReliefSize, shape: Shape) -> tuple[Floats, Floats | None]:
    """Return the map with all its columns, and 0 or more where it stays; None: everywhere."""
    fields = [] if shape.outline is None else [shape.outline]
    is_ring = shape.bend is not None and shape.bend.is_ring
    if shape.bend is not None:
        times, _ = chords(shape.bend, size.width_mm, heights, shape.tolerance_mm, is_solid=True)
        heights, *fields = (with_columns(field, times) for field in (heights, *fields))
    if is_ring:
        heights, *fields = (seamless(field) for field in (heights, *fields))
    if shape.cutoff_mm is not None:
        fields.append(heights - np.float32(shape.cutoff_mm))
    if all((field >= 0).all() for field in fields):
        return heights, None
    cells = (heights.shape[0] - 1) * (heights.shape[1] - 1)
    least = shape.island_mm2 * cells / (size.width_mm * size.height_mm)
    return heights, without_islands(np.minimum.reduce(fields), least, is_ring=is_ring)


@dataclass(frozen=True)
class Wish:
    """What is asked for; what does not fit is left out."""

    rows: int
    cols: int
    longest_mm: float
    base: float  # of the longest side
    sigma: float | None
    seed: int
    tolerance_mm: float
    kind: str
    cutoff: float | None
    triangulation: Triangulation
    islands: float  # of the area
    bend: tuple[Side, float] | None
    holes: int
    has_rim: bool
    has_feet: bool

    def size(self) -> ReliefSize:
        unit_mm = self.longest_mm / max(self.rows, self.cols)
        width_mm, height_mm = unit_mm * self.cols, unit_mm * self.rows
        relief_mm, base_mm = (
            0.1 * self.longest_mm,
            max(THINNEST_BASE_MM, self.base * self.longest_mm),
        )
        return ReliefSize(width_mm, height_mm, relief_mm, base_mm, self.cols, self.rows)

    def made(self, size: ReliefSize) -> tuple[Floats, Shape]:
        heights = random_map(
            self.rows, self.cols, self.sigma, self.seed, size.base_mm, size.relief_mm
        )
        keep = outline_of(self.kind, size, self.seed)
        with suppress(SettingInvalid):
            if self.has_rim:
                top_mm = size.base_mm + size.relief_mm / 2
                heights = furniture.with_rim(heights, size, keep, 0.04 * size.longest_mm, top_mm)
        with suppress(SettingInvalid):
            if self.holes:
                across_mm = 0.06 * size.longest_mm
                holes = furniture.hole(size, keep, across_mm, across_mm / 2, self.holes)
                keep = holes if keep is None else np.minimum(keep, holes)
        with suppress(SettingInvalid):
            if self.has_feet:
                heights = furniture.with_feet(heights, size, 0.2 * size.longest_mm, keep)
        cutoff_mm = None if self.cutoff is None else size.base_mm + size.relief_mm * self.cutoff
        return heights, Shape(
            triangulation=self.triangulation,
            # The chords of a bend get shorter with the tolerance: a million triangles take long.
            tolerance_mm=max(
                self.tolerance_mm, 0.0 if self.bend is None else 2e-5 * size.longest_mm
            ),
            cutoff_mm=cutoff_mm,
            outline=keep,
            island_mm2=self.islands * size.width_mm * size.height_mm,
            bend=self.fitting_bend(size, float(heights.max())),
        )

    def fitting_bend(self, size: ReliefSize, highest_mm: float) -> Bend | None:
        if self.bend is None:
            return None
        try:
            Bend(*self.bend).radius_mm(size.width_mm, highest_mm)
        except SettingInvalid:
            return Bend("outer", self.bend[1])
        return Bend(*self.bend)
