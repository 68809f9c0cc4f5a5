"""Random pieces for tests: their maps and outlines, and what is asked of their meshes."""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from printd.core.relief_settings import ReliefSize
from printd.geometry import outlines
from printd.geometry.bend import Bend
from printd.geometry.mesh import Mesh
from printd.geometry.relief import dense_top
from printd.geometry.rtin_mesh import triangles
from printd.geometry.stl import HEADER_BYTES, RECORD, write_faces

Floats = NDArray[np.float32]
KINDS = ["rectangle", "circle", "ellipse", "rounded", "heart", "mask", "slivers"]


def piece(rows: int, cols: int, width_mm: float = 80.0) -> ReliefSize:
    return ReliefSize(width_mm, width_mm * rows / cols, 5.0, 2.0, cols, rows)


def random_map(
    rows: int, cols: int, sigma: float, seed: int, low_mm: float = 2.0, depth_mm: float = 5.0
) -> Floats:
    """Return hills or noise with plateaus at both ends."""
    noise = np.random.default_rng(seed).normal(size=(rows + 1, cols + 1))
    smooth = ndimage.gaussian_filter(noise, sigma)
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


def volume_over(corners: Floats, bend: Bend | None, size: ReliefSize) -> float:
    """Return the volume of the prisms under all triangles of a flat top, bent if need be.

    Args:
        corners: (n, 3, 3).
        bend: of the piece that becomes of it.
        size: of the flat piece.
    """
    x, y, z = np.moveaxis(corners.astype(np.float64), -1, 0)
    if bend is None:
        return prisms(np.stack([x, y, z], axis=-1), np.stack([x, y, 0 * z], axis=-1))
    radius = bend.radius_mm(size.width_mm, float(z.max()))
    outwards = 1 if bend.side == "outer" else -1

    def bent(height: NDArray[np.float64]) -> NDArray[np.float64]:
        r, angle = radius + outwards * height, x / radius
        return np.stack([r * np.sin(angle), y, outwards * r * np.cos(angle)], axis=-1)

    return prisms(bent(z), bent(0 * z))


def prisms(tops: NDArray[np.float64], feet: NDArray[np.float64]) -> float:
    """Return the volume between triangles and their feet, (n, 3, 3); counter-clockwise tops.

    Sides that are not quite plane count as the mean of both ways to fold them.
    """
    middle = tops.mean(axis=1, keepdims=True)
    a, b, c = (tops - middle).swapaxes(0, 1)
    d, e, f = (feet - middle).swapaxes(0, 1)
    six = _triple(a, b, c) - _triple(d, e, f)
    for over, under, next_over, next_under in ((a, d, b, e), (b, e, c, f), (c, f, a, d)):
        six += (_triple(over, under, next_under) + _triple(over, next_under, next_over)) / 2
        six += (_triple(over, under, next_over) + _triple(under, next_under, next_over)) / 2
    return float(six.sum()) / 6


def _triple(
    a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]
) -> NDArray[np.float64]:
    product: NDArray[np.float64] = (a * np.cross(b, c)).sum(axis=1)
    return product


def cells_of(heights_mm: Floats, size: ReliefSize, *, alternate: bool) -> Floats:
    """Return the corners of two triangles a cell, (n, 3, 3); diagonals may alternate."""
    y_mm, x_mm = np.meshgrid(
        np.linspace(size.height_mm, 0, heights_mm.shape[0], dtype=np.float32),
        np.linspace(0, size.width_mm, heights_mm.shape[1], dtype=np.float32),
        indexing="ij",
    )
    points = np.stack([x_mm, y_mm, heights_mm], axis=-1).reshape(-1, 3)
    everywhere = np.ones(heights_mm.shape, bool)
    faces = triangles(everywhere, 1) if alternate else dense_top(*heights_mm.shape)
    corners: Floats = points[faces]
    return corners
