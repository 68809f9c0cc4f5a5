"""Closed bodies of any number of triangles for the mesh fixtures, and how they are damaged.

Each is made by arithmetic, the same every time; y is up, as in GLB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Faces = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Body:
    """Triangles over vertices, (n, 3) and (m, 3); counter-clockwise seen from outside."""

    points: Points
    faces: Faces

    @property
    def volume(self) -> float:
        a, b, c = self.points[self.faces].swapaxes(0, 1)
        return float(np.einsum("ij,ij->", a, np.cross(b, c))) / 6

    @property
    def longest(self) -> float:
        return float(np.ptp(self.points, axis=0).max())

    def moved(self, *, times: float | Points = 1.0, by: Points | float = 0.0) -> Body:
        return Body(self.points * times + by, self.faces)

    def inside_out(self) -> Body:
        return Body(self.points, self.faces[:, ::-1])


def together(*bodies: Body) -> Body:
    starts = np.cumsum([0, *(len(body.points) for body in bodies[:-1])])
    return Body(
        np.concatenate([body.points for body in bodies]),
        np.concatenate([body.faces + start for body, start in zip(bodies, starts, strict=True)]),
    )


def grid_box(cells: int) -> Body:
    """Return the cube from -1 to 1, each side of ``cells`` by ``cells`` squares."""
    steps = np.linspace(-1, 1, cells + 1)
    u, v = (axis.ravel() for axis in np.meshgrid(steps, steps, indexing="ij"))
    sides: list[Points] = []
    quads: list[Faces] = []
    for axis in range(3):
        for end in (-1.0, 1.0):
            points = np.empty((len(u), 3))
            points[:, axis] = end
            points[:, (axis + 1) % 3], points[:, (axis + 2) % 3] = u, v
            row = np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)
            ring = np.stack([row, row + cells + 1, row + cells + 2, row + 1], axis=-1)
            ring = ring.reshape(-1, 4) + len(sides) * len(u)
            quads.append(ring if end > 0 else ring[:, ::-1])
            sides.append(points)
    loose = np.concatenate(quads)
    points, number = np.unique(np.concatenate(sides), axis=0, return_inverse=True)
    ring = number.ravel()[loose]
    return Body(points, np.concatenate([ring[:, [0, 1, 2]], ring[:, [0, 2, 3]]]))


def figure(triangles: int = 5000) -> Body:
    """Return a figure with waves on it, 1 high and upright along y, standing on a flat foot."""
    box = grid_box(max(4, round((triangles / 12) ** 0.5)))
    way = box.points / np.linalg.norm(box.points, axis=1, keepdims=True)
    x, y, z = way.T
    out = 1 + 0.12 * np.sin(5 * x + 2 * y) * np.cos(4 * z) + 0.08 * np.sin(9 * y + 3 * z)
    points = way * out[:, None] * (0.6, 1.0, 0.5)
    foot = -0.8
    points[:, 1] = np.maximum(points[:, 1], foot)
    points /= np.ptp(points[:, 1])
    points[:, 1] -= points[:, 1].min()
    return Body(points, box.faces)


def ball(triangles: int, radius: float, middle: tuple[float, float, float]) -> Body:
    box = grid_box(max(2, round((triangles / 12) ** 0.5)))
    way = box.points / np.linalg.norm(box.points, axis=1, keepdims=True)
    return Body(way * radius + np.array(middle), box.faces)


def shell(body: Body, wall: float) -> Body:
    """Return a body with a closed inner skin, ``wall`` of the way to its middle."""
    return together(body, inner_of(body, wall).inside_out())


def inner_of(body: Body, wall: float) -> Body:
    middle = body.points.mean(axis=0)
    return Body((body.points - middle) * (1 - wall) + middle, body.faces)


def tunnelled(body: Body, wall: float, tunnels: int = 4, width: float = 0.008) -> Body:
    """Return such a double shell, its skins joined by tunnels: one body without a border."""
    high = np.flatnonzero(body.points[body.faces][:, :, 1].min(axis=1) > 0.5)
    places = high[np.linspace(0, len(high) - 1, tunnels).astype(int)]
    outer, outer_rims = _pierced(body, places, width)
    inner, inner_rims = _pierced(inner_of(body, wall), places, width)
    a, b = outer_rims.reshape(-1), np.roll(outer_rims, -1, axis=1).reshape(-1)
    start = len(outer.points)
    a_in, b_in = inner_rims.reshape(-1) + start, np.roll(inner_rims, -1, axis=1).reshape(-1) + start
    walls = np.concatenate([np.stack([a, b, b_in], axis=1), np.stack([a, b_in, a_in], axis=1)])
    skins = together(outer, inner.inside_out())
    return Body(skins.points, np.concatenate([skins.faces, walls]))


def _pierced(body: Body, places: Faces, width: float) -> tuple[Body, Faces]:
    """Cut a small triangle out of some faces; return the body and the rims, (n, 3)."""
    faces = body.faces[places]
    corners = body.points[faces]
    middles = corners.mean(axis=1, keepdims=True)
    size = np.linalg.norm(corners - middles, axis=2).max(axis=1)[:, None, None]
    rims = middles + (corners - middles) * np.minimum(width / size, 0.7)
    numbers = len(body.points) + np.arange(3 * len(places)).reshape(-1, 3)
    kept = np.delete(body.faces, places, axis=0)
    ring = []
    for one, other in ((0, 1), (1, 2), (2, 0)):
        ring.append(np.stack([faces[:, one], faces[:, other], numbers[:, other]], axis=1))
        ring.append(np.stack([faces[:, one], numbers[:, other], numbers[:, one]], axis=1))
    points = np.concatenate([body.points, rims.reshape(-1, 3)])
    return Body(points, np.concatenate([kept, *ring])), numbers


def near_spots(body: Body, spots: int, width: float) -> NDArray[np.bool_]:
    """Return the faces that are near some spots of a body's upper half, (m,)."""
    middles = body.points[body.faces].mean(axis=1)
    rng = np.random.default_rng(7)
    high = np.flatnonzero(middles[:, 1] > 0.5 * body.points[:, 1].max())
    chosen = [middles[rng.choice(high)]]
    while len(chosen) < spots:  # far from each other
        far = np.min([np.linalg.norm(middles[high] - one, axis=1) for one in chosen], axis=0)
        chosen.append(middles[high[far.argmax()]])
    return np.asarray(
        np.any([np.linalg.norm(middles - one, axis=1) < width for one in chosen], axis=0)
    )


def borders(faces: Faces) -> Faces:
    """Return the directed edges of faces that have no reverse, (n, 2)."""
    edges = np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2)
    span = faces.max() + 1
    keys, back = edges[:, 0] * span + edges[:, 1], edges[:, 1] * span + edges[:, 0]
    return edges[~np.isin(keys, back)]


def some_flipped(body: Body, share: float) -> Body:
    """Return a body with a share of its faces turned inside out."""
    faces = body.faces.copy()
    turned = np.random.default_rng(5).random(len(faces)) < share
    faces[turned] = faces[turned, ::-1]
    return Body(body.points, faces)


def with_holes(body: Body, holes: int = 3, width: float = 0.05) -> Body:
    return Body(body.points, body.faces[~near_spots(body, holes, width)])


def with_t_junctions(body: Body, count: int = 20) -> Body:
    """Return a body in which some faces are cut at a middle that their neighbour lacks."""
    places = np.linspace(0, len(body.faces) - 1, count).astype(int)
    a, b, c = body.faces[places].T
    middle = len(body.points) + np.arange(count)
    points = np.concatenate([body.points, (body.points[a] + body.points[b]) / 2])
    faces = body.faces.copy()
    faces[places] = np.stack([a, middle, c], axis=1)
    return Body(points, np.concatenate([faces, np.stack([middle, b, c], axis=1)]))


def with_litter(body: Body, count: int = 20) -> Body:
    """Return a body with some faces twice, and some that have no area."""
    places = np.linspace(0, len(body.faces) - 1, count).astype(int)
    a, b, _ = body.faces[places].T
    flat = np.stack([a, b, b], axis=1)
    return Body(body.points, np.concatenate([body.faces, body.faces[places[::2]], flat]))


def crossing_tube() -> Body:
    """Return a tube like an 8, which runs through itself."""
    around, along = 16, 120
    t = np.linspace(0, 2 * np.pi, along, endpoint=False)
    s = np.linspace(0, 2 * np.pi, around, endpoint=False)
    middle = np.stack([np.sin(t), np.sin(2 * t) / 2, 0 * t], axis=1)
    ahead = np.roll(middle, -1, axis=0) - np.roll(middle, 1, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    up = np.array([0, 0, 1.0])
    side = np.cross(ahead, up)
    ring = np.cos(s)[None, :, None] * side[:, None] + np.sin(s)[None, :, None] * up
    i, j = (axis.ravel() for axis in np.meshgrid(np.arange(along), np.arange(around)))
    a, b = i * around + j, (i + 1) % along * around + j
    c, d = (i + 1) % along * around + (j + 1) % around, i * around + (j + 1) % around
    faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    body = Body((middle[:, None] + 0.15 * ring).reshape(-1, 3), faces)
    return body if body.volume > 0 else body.inside_out()
