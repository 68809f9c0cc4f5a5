"""A model made ready for a slicer: read, checked, standing in the middle of the bed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from printd.core.bed_layout import beside_brim, layout_of, most_places
from printd.core.errors import MeshUnprintable, MeshUnreadable, ModelTooLarge, NoSuchFile
from printd.core.machine import Machine
from printd.core.print_settings import PrintSettings
from printd.geometry.files.meshio import MeshLimits, read_stl
from printd.geometry.mesh.arrange import arranged
from printd.geometry.mesh.mesh import ClosedReport, Mesh, check_closed
from printd.geometry.mesh.orient import least_support

SHORTEST_MM: Final = 0.4
ROUNDING_MM: Final = 1e-3  # of single precision, far from the origin


@dataclass(frozen=True, slots=True)
class Standing:
    """A model as a slicer is given it: on the bed, where it is to be printed."""

    mesh: Mesh
    shape: ClosedReport

    @property
    def size_mm(self) -> tuple[float, float, float]:
        """Return width, depth, height."""
        low, high = self.mesh.bounds_mm.astype(float)
        width_mm, depth_mm, height_mm = (high - low).tolist()
        return width_mm, depth_mm, height_mm


def on_bed(model: Path, machine: Machine, limits: MeshLimits, asked: PrintSettings) -> Mesh:
    """Read a model and put it into the middle of the bed, as often and as turned as it is asked.

    It is turned by a quarter where it fits only so.

    Raises:
        NoSuchFile, MeshUnreadable, MeshUnprintable, ModelTooLarge: it cannot be sliced.
    """
    machine = beside_brim(machine, asked.brim_mm)
    mesh = _read(model, limits)
    _check_sides(mesh)
    if asked.orient == "least_support":
        mesh, _ = least_support(mesh, [(*machine.room_mm, machine.height_mm)])
    copies = asked.copies_on_bed or 1
    _check_triangles(mesh, copies, limits)
    return _placed(_laid_out(mesh, machine, copies), machine)


def standing(mesh: Mesh) -> Standing:
    """Look at the skin of a mesh that stands on the bed.

    Raises:
        MeshUnprintable: it is inside out, or holds nothing.
    """
    shape = check_closed(mesh)
    if not shape.volume_mm3 > 0:
        raise MeshUnprintable(f"The model has a volume of {shape.volume_mm3:.3f} mm³.")
    return Standing(mesh, shape)


def _read(model: Path, limits: MeshLimits) -> Mesh:
    if model.suffix.lower() != ".stl":
        raise MeshUnreadable(f"{model.name} is no STL file.")
    try:
        return read_stl(model, limits)
    except FileNotFoundError as error:
        raise NoSuchFile(f"There is no file {model}.") from error
    except OSError as error:
        raise MeshUnreadable(f"{model.name} cannot be read: {error.strerror or error}.") from error


def _placed(mesh: Mesh, machine: Machine) -> Mesh:
    """Return the mesh standing in the middle of the bed."""
    low, high = mesh.bounds_mm.astype(float)
    shift = [
        machine.bed_w_mm / 2 - (low[0] + high[0]) / 2,
        machine.bed_d_mm / 2 - (low[1] + high[1]) / 2,
        -low[2],
    ]
    return Mesh((mesh.vertices + shift).astype(mesh.vertices.dtype), mesh.faces)


def _check_sides(mesh: Mesh) -> None:
    """Refuse what a slicer would make nothing of."""
    sides_mm = np.ptp(mesh.bounds_mm.astype(float), axis=0)
    if sides_mm.min() < SHORTEST_MM - ROUNDING_MM:
        raise MeshUnprintable(
            f"The model measures {_words(*sides_mm)}; each side needs at least {SHORTEST_MM:g} mm."
        )


def _check_triangles(mesh: Mesh, copies: int, limits: MeshLimits) -> None:
    """Refuse more copies than a slicer is given as one mesh."""
    if copies * len(mesh.faces) > limits.max_triangles:
        raise ModelTooLarge(
            f"{copies} copies of {len(mesh.faces)} triangles are more than the "
            f"{limits.max_triangles} that are sliced together.",
            action=f"Set copies_on_bed to {limits.max_triangles // len(mesh.faces)}, or choose a "
            "coarser mesh.",
        )


def _laid_out(mesh: Mesh, machine: Machine, copies: int) -> Mesh:
    """Return the copies side by side, turned if they fit only so."""
    width_mm, depth_mm, height_mm = np.ptp(mesh.bounds_mm.astype(float), axis=0).tolist()
    layout = layout_of(machine, (width_mm, depth_mm, height_mm), copies)
    if layout is not None:
        return arranged(mesh, copies, layout)
    size = _words(width_mm, depth_mm, height_mm)
    most = most_places(machine, (width_mm, depth_mm, height_mm))
    if most:
        raise ModelTooLarge(
            f"{copies} copies of {size} do not fit on {machine.name}: there is room for {most}.",
            action=f"Set copies_on_bed to {most}, or choose a smaller width.",
        )
    raise ModelTooLarge(
        f"The model measures {size}; {machine.name} has "
        f"{machine.room_mm[0]:g} x {machine.room_mm[1]:g} x {machine.height_mm:g} mm."
    )


def _words(width_mm: float, depth_mm: float, height_mm: float) -> str:
    return f"{width_mm:.2f} x {depth_mm:.2f} x {height_mm:.2f} mm"
