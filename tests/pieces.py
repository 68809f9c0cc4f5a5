"""Random pieces for tests: their maps and outlines, and what is asked of their meshes."""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from printd.core.relief_settings import ReliefSize
from printd.geometry import outlines
from printd.geometry.bend import Bend
from printd.geometry.borders import border_edges
from printd.geometry.mesh import Mesh
from printd.geometry.relief import dense_top
from printd.geometry.rtin_mesh import triangles
from printd.geometry.stl import HEADER_BYTES, RECORD, write_faces

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
    vertices, numbers = np.unique(corners + np.float32(0), axis=0, return_inverse=True)
    return Mesh(vertices=vertices, faces=numbers.reshape(-1, 3).astype(np.int32))


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
