"""Mesh files with one defect each, F1 to F14, as image-to-3D services and people hand them in.

``fixture`` returns the bytes, small and quickly made unless more triangles are asked for; the same
every time. ``truth_mm3`` is the volume of what was meant, with its longest side at 100 mm.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np

from tests.peers import mesh_writers as write
from tests.peers.mesh_shapes import (
    Body,
    ball,
    figure,
    grid_box,
    shell,
    some_flipped,
    together,
    tunnelled,
    with_holes,
    with_litter,
    with_t_junctions,
)

TRIANGLES: Final = 5000
LONGEST_MM: Final = 100.0
WALL: Final = 0.013  # of a double shell: 4 % of the volume of the solid
Y_UP_TO_Z_UP: Final = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], float)
SUFFIXES: Final = {"F9": ".zip", "F10": ".stl", "F10-unit": ".stl"}
WHOLE: Final = ("F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10", "F10-unit", "F12")
HOSTILE: Final = {  # and the code of the error that says so
    "F11": "mesh_compressed",
    "F11-draco": "mesh_compressed",
    "F13": "mesh_unreadable",
    "F13-html": "mesh_unreadable",
    "F14": "mesh_empty",
    "F14-zero": "mesh_empty",
}


@cache
def fixture(name: str, triangles: int = TRIANGLES) -> bytes:
    """Return the bytes of a fixture, of about so many triangles.

    F12 is the clean one again, to be asked for with 1 500 000.
    """
    return _MAKERS[name](triangles)


def suffix(name: str) -> str:
    """Return what the file's name ends in."""
    return SUFFIXES.get(name, ".glb")


def truth_mm3(name: str, triangles: int = TRIANGLES) -> float:
    """Return the volume that was meant, with a longest side of 100 mm; only of ``WHOLE``."""
    if name not in WHOLE:
        raise KeyError(name)
    if name == "F3":
        return _SCENE_VOLUME * (LONGEST_MM / _SCENE_LONGEST) ** 3
    body = figure(triangles)
    return body.volume * (LONGEST_MM / body.longest) ** 3


def z_up(body: Body) -> Body:
    return Body(body.points @ Y_UP_TO_Z_UP.T, body.faces)


# A body of 2 x 4 x 1 with an arm of 2 x 1 x 1 on each side, half a unit of it within the body.
_SCENE_VOLUME: Final = 2 * 4 * 1 + 2 * (1.5 * 1 * 1)
_SCENE_LONGEST: Final = 5.0


def _scene(triangles: int) -> bytes:
    made = write.Glb()
    box = made.mesh(grid_box(max(1, round((triangles / 36) ** 0.5))))
    small = made.mesh(grid_box(max(1, round((triangles / 36) ** 0.5))).moved(times=0.5))
    body = made.node(root=False, mesh=box, scale=[1, 2, 0.5])
    left = made.node(root=False, mesh=small, scale=[2, 1, 1], translation=[1.5, 0, 0])
    # A mirror, turned by a quarter: its own y is the x of the scene.
    matrix = [0, -1, 0, 0, 2, 0, 0, 0, 0, 0, -1, 0, -1.5, 0, 0, 1]
    right = made.node(root=False, mesh=small, matrix=matrix)
    made.node(children=[body, left, right], translation=[10, 3, -2], scale=[3, 3, 3])
    return made.bytes()


def _islands(triangles: int) -> bytes:
    body = figure(triangles)
    rng = np.random.default_rng(3)
    ways = rng.normal(size=(6, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    middles = body.points.mean(axis=0) + 0.85 * ways
    bits = [ball(100, 0.012, (x, y, z)) for x, y, z in middles]
    return write.glb(together(body, *bits))


def _damaged(triangles: int) -> bytes:
    return write.glb(with_litter(with_t_junctions(with_holes(figure(triangles)))))


def _packed(name: str, *, draco: bool) -> bytes:
    """Return what such files look like from outside; there is nothing to unpack in it."""
    extension = {"bufferView": 0, "attributes": {"POSITION": 0}} if draco else {}
    view = {"buffer": 0, "byteLength": 32}
    primitive = {"attributes": {"POSITION": 0}, "indices": 1}
    return write.glb_of(
        {
            "asset": {"version": "2.0"},
            "extensionsUsed": [name],
            "extensionsRequired": [name],
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0}],
            "meshes": [{"primitives": [primitive | {"extensions": {name: extension}}]}],
            "accessors": [
                {"componentType": 5126, "count": 100, "type": "VEC3"},
                {"componentType": 5125, "count": 300, "type": "SCALAR"},
            ],
            "bufferViews": [view if draco else view | {"extensions": {name: {}}}],
            "buffers": [{"byteLength": 32}],
        },
        b"\x07" * 32,
    )


def _empty_scene(_triangles: int) -> bytes:
    return write.glb_of({"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": []}]})


def _no_faces(_triangles: int) -> bytes:
    return write.glb(Body(figure(500).points, np.empty((0, 3), np.int64)))


def _web_page(_triangles: int) -> bytes:
    return b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head></html>\n"


_MAKERS: Final[dict[str, Callable[[int], bytes]]] = {
    "F1": lambda n: write.glb(figure(n)),
    "F2": lambda n: write.glb(figure(n), seams=True),
    "F3": _scene,
    "F4": _islands,
    "F5": lambda n: write.glb(shell(figure(n), WALL)),
    "F6": lambda n: write.glb(tunnelled(figure(n), WALL)),
    "F7": lambda n: write.glb(some_flipped(figure(n), 0.2)),
    "F8": _damaged,
    "F9": lambda n: write.obj_zip(z_up(figure(n))),
    "F10": lambda n: write.stl(z_up(figure(n)).moved(times=0.1)),
    "F10-unit": lambda n: write.stl(z_up(figure(n))),
    "F11": lambda _: _packed("EXT_meshopt_compression", draco=False),
    "F11-draco": lambda _: _packed("KHR_draco_mesh_compression", draco=True),
    "F12": lambda n: write.glb(figure(n)),
    "F13": lambda n: write.glb(figure(n))[: 4 * n],
    "F13-html": _web_page,
    "F14": _empty_scene,
    "F14-zero": _no_faces,
}
