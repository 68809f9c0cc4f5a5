"""From a height map in millimetres to a mesh: the top, and what makes it a body.

An uncut piece is a box with a relief for a top: one edge at the bottom of each wall, two
triangles for the back. A piece with an outline of its own, or cut off below a height, gets walls
down from every outline, and a back of the same outlines in as few right triangles as they allow.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import SettingInvalid
from printd.core.relief_settings import ReliefSize
from printd.geometry.borders import border_edges
from printd.geometry.close import walls_and_back
from printd.geometry.cutoff import Cut, cut, without_islands
from printd.geometry.mesh import Mesh
from printd.geometry.relief import axes, dense_top, without_needless
from printd.geometry.rtin import LARGEST_ROOT, Flags, Floats, needed, root_square
from printd.geometry.rtin_mesh import Faces, triangles, whole

Triangulation = Literal["adaptive", "dense"]
Mode = Literal["solid", "planar"]

TOLERANCE_MM: Final = 0.02
ISLAND_MM2: Final = 1.0


def build(
    heights_mm: Floats,
    size: ReliefSize,
    *,
    triangulation: Triangulation = "adaptive",
    tolerance_mm: float = TOLERANCE_MM,
    mode: Mode = "solid",
    cutoff_mm: float | None = None,
    outline: Floats | None = None,
    island_mm2: float = ISLAND_MM2,
    largest_cells: int = LARGEST_ROOT,
) -> Mesh:
    """Return the mesh of a relief; x to the right, y up in the picture, z up.

    Args:
        heights_mm: (rows + 1, cols + 1) float32; for a solid over its back and all above 0.
        size: gives width and height.
        triangulation: as few triangles as the tolerance allows, or two for each cell.
        tolerance_mm: largest vertical distance from the map, at each of its samples.
        mode: a closed body, or the open surface alone.
        cutoff_mm: what is lower goes; measured as ``heights_mm``.
        outline: (rows + 1, cols + 1) of ``outlines``; what is below 0 goes.
        island_mm2: of what stays, parts smaller than this go as well.
        largest_cells: see ``rtin_mesh.adaptive``.

    Raises:
        SettingInvalid: nothing is left.
    """
    root = root_square(heights_mm.shape[0] - 1, heights_mm.shape[1] - 1, largest_cells)
    tolerance = tolerance_mm if triangulation == "adaptive" else None
    field = _field(heights_mm, size, cutoff_mm, outline, island_mm2)
    if field is None:
        return _box(heights_mm, size, tolerance, root, mode)
    return _cut_out(heights_mm, size, tolerance, root, mode, cut(field))


def _field(
    heights_mm: Floats,
    size: ReliefSize,
    cutoff_mm: float | None,
    outline: Floats | None,
    island_mm2: float,
) -> Floats | None:
    """Return what stays, as ``cutoff.cut`` wants it; None if that is everything."""
    fields = [] if outline is None else [outline]
    if cutoff_mm is not None:
        fields.append(heights_mm - np.float32(cutoff_mm))
    if all((field >= 0).all() for field in fields):
        return None
    cells = (heights_mm.shape[0] - 1) * (heights_mm.shape[1] - 1)
    least = island_mm2 * cells / (size.width_mm * size.height_mm)
    field = without_islands(np.minimum.reduce(fields), least)
    if (field < 0).all():
        raise SettingInvalid(
            "Cut-off and outline leave nothing of the surface.",
            action="Use a lower cut-off, or another mask.",
        )
    return field


def _box(
    heights_mm: Floats, size: ReliefSize, tolerance_mm: float | None, root: int, mode: Mode
) -> Mesh:
    few = without_needless(heights_mm)
    x_mm, y_mm = axes(few, size)
    if tolerance_mm is None or few is not heights_mm:
        used = np.ones(few.shape, bool)
        faces = dense_top(*few.shape)
    else:
        used = needed(few, tolerance_mm, root)
        used.ravel()[few.argmax()] = True  # the piece is exactly as high as was asked
        faces = triangles(whole(used, root), root)
    feet = np.empty((0, 3), np.float32)
    if mode == "solid":
        faces = np.concatenate([faces, walls_and_back(x_mm, y_mm, few, used)])
        right, far = x_mm[-1], y_mm[0]
        feet = np.array([(0, 0, 0), (right, 0, 0), (right, far, 0), (0, far, 0)], np.float32)
    vertices = np.concatenate([_points(few, x_mm, y_mm, np.flatnonzero(used)), feet])
    chosen = np.concatenate([used.ravel(), np.ones(len(feet), bool)])
    return Mesh(vertices=vertices, faces=_renumbered(faces, chosen))


def _cut_out(
    heights_mm: Floats,
    size: ReliefSize,
    tolerance_mm: float | None,
    root: int,
    mode: Mode,
    line: Cut,
) -> Mesh:
    if tolerance_mm is None:
        used, top_root = np.ones(heights_mm.shape, bool), 1
    else:
        used, top_root = needed(heights_mm, tolerance_mm, root), root
        used.ravel()[np.where(line.inside, heights_mm, -np.inf).argmax()] = True
        whole(_along(used, line), root)
    faces = _kept(used, top_root, line)
    x_mm, y_mm = axes(heights_mm, size)
    total = heights_mm.size + len(line.shares)
    chosen = _used_by(faces, total)
    on_grid, on_line = chosen[: heights_mm.size], chosen[heights_mm.size :]
    new = line.between(
        *(_points(heights_mm, x_mm, y_mm, numbers) for numbers in (line.starts, line.ends))
    )
    top = np.concatenate([_points(heights_mm, x_mm, y_mm, np.flatnonzero(on_grid)), new[on_line]])
    if mode == "planar":
        return Mesh(vertices=top, faces=_renumbered(faces, chosen))
    rim = np.concatenate([_border(heights_mm.shape), np.ones(len(line.shares), bool)])
    back = _kept(_coarsest(used, root, line), root, line)
    edges = border_edges(faces, rim).astype(np.int32)
    above, below = edges.T, edges.T + np.int32(total)
    sides = [
        np.stack([above[1], above[0], below[0]], axis=1),
        np.stack([above[1], below[0], below[1]], axis=1),
    ]
    chosen_below = _used_by(back, total)
    # Whatever the back uses, the top uses: it is as coarse as the same outlines allow.
    bottom = top[chosen_below[chosen]] * np.array([1, 1, 0], np.float32)
    faces = np.concatenate([faces, *sides, back[:, ::-1] + np.int32(total)])
    return Mesh(
        vertices=np.concatenate([top, bottom]),
        faces=_renumbered(faces, np.concatenate([chosen, chosen_below])),
    )


def _along(used: Flags, line: Cut) -> Flags:
    """Add the corners of the cells along the line, so that these are divided to the last."""
    row, col = np.nonzero(line.crossed)
    for down in (0, 1):
        for right in (0, 1):
            used[row + down, col + right] = True
    return used


def _coarsest(used: Flags, root: int, line: Cut) -> Flags:
    """Return the fewest samples that meet the line, and the border as ``used`` does."""
    few = used & _border(used.shape).reshape(used.shape) & line.inside
    return whole(_along(few, line), root)


def _kept(used: Flags, root: int, line: Cut) -> Faces:
    """Return the triangles on the inner side of the line."""
    uncut = triangles(used, root, line.crossed)
    return np.concatenate([uncut[line.inside.ravel()[uncut[:, 0]]], line.faces])


def _border(shape: tuple[int, ...]) -> Flags:
    """Mark the samples on the four sides, (n,)."""
    border = np.ones(shape, bool)
    border[1:-1, 1:-1] = False
    return border.ravel()


def _points(
    heights_mm: Floats, x_mm: Floats, y_mm: Floats, numbers: NDArray[np.integer[Any]]
) -> NDArray[np.float32]:
    row, col = np.divmod(numbers, len(x_mm))
    return np.stack([x_mm[col], y_mm[row], heights_mm.ravel()[numbers]], axis=1)


def _used_by(faces: Faces, total: int) -> Flags:
    used = np.zeros(total, bool)
    used[faces.ravel()] = True
    return used


def _renumbered(faces: Faces, chosen: Flags) -> Faces:
    """Number the chosen vertices alone, in their order."""
    number = np.cumsum(chosen, dtype=np.int32) - np.int32(1)
    return number[faces]
