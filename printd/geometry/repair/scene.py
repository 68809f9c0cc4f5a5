"""The scene of a glTF file: which mesh it shows where, and how often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from printd.core.errors import MeshTooLarge, MeshUnreadable
from printd.geometry.repair.raw import ReadLimits

Matrix = NDArray[np.float64]


def instances(described: Mapping[str, Any], limits: ReadLimits) -> Iterator[tuple[int, Matrix]]:
    """Yield the number and the place, (4, 4), of every mesh that is shown, along all paths.

    Raises:
        MeshUnreadable: the tree of nodes is none.
        MeshTooLarge: too many nodes, too deep, too many meshes.
    """
    nodes = described.get("nodes", [])
    if len(nodes) > limits.max_nodes:
        raise MeshTooLarge(f"The scene has {len(nodes):,} nodes; at most {limits.max_nodes:,}.")
    shown = visited = 0
    todo = [(root, np.eye(4), 1) for root in reversed(_roots(described))]
    while todo:
        number, above, depth = todo.pop()
        visited += 1
        if depth > limits.max_depth:
            raise MeshTooLarge(f"The scene is nested deeper than {limits.max_depth} nodes.")
        if visited > limits.max_nodes:
            raise MeshTooLarge(f"The scene shows more than {limits.max_nodes:,} nodes.")
        node = _node(nodes, number)
        place = above @ _matrix(node)
        if "mesh" in node:
            shown += 1
            if shown > limits.max_instances:
                raise MeshTooLarge(f"The scene shows more than {limits.max_instances:,} meshes.")
            yield int(node["mesh"]), place
        todo += [(child, place, depth + 1) for child in reversed(node.get("children", []))]


def _roots(described: Mapping[str, Any]) -> list[int]:
    scenes = described.get("scenes", [])
    if scenes:
        return list(scenes[described.get("scene", 0)].get("nodes", []))
    nodes = described.get("nodes", [])
    below = {child for node in nodes for child in node.get("children", [])}
    return [number for number in range(len(nodes)) if number not in below]


def _node(nodes: Any, number: Any) -> Mapping[str, Any]:
    if not isinstance(number, int) or not 0 <= number < len(nodes):
        raise MeshUnreadable("The scene names a node that is not there.")
    node: Mapping[str, Any] = nodes[number]
    return node


def _matrix(node: Mapping[str, Any]) -> Matrix:
    """Return the place of a node in the one above it."""
    matrix = np.eye(4)
    if "matrix" in node:
        matrix = np.array(node["matrix"], np.float64).reshape(4, 4).T
    else:
        if "rotation" in node:
            matrix[:3, :3] = Rotation.from_quat(np.array(node["rotation"], np.float64)).as_matrix()
        if "scale" in node:
            matrix[:3, :3] *= np.array(node["scale"], np.float64).reshape(3)
        if "translation" in node:
            matrix[:3, 3] = np.array(node["translation"], np.float64).reshape(3)
    if not np.isfinite(matrix).all():
        raise MeshUnreadable("A node of the scene has a place that is no number.")
    return matrix
