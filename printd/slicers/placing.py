"""A model made ready for a slicer: read, checked, standing in the middle of the bed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from printd.core.errors import MeshUnprintable, MeshUnreadable, ModelTooLarge, NoSuchFile
from printd.core.machine import Machine
from printd.geometry.files.meshio import MeshLimits, read_stl
from printd.geometry.mesh.mesh import ClosedReport, Mesh, check_closed

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


def standing(model: Path, machine: Machine, limits: MeshLimits) -> Standing:
    """Read a model and put it into the middle of the bed, as it stands.

    Raises:
        NoSuchFile, MeshUnreadable, MeshUnprintable, ModelTooLarge: it cannot be sliced.
    """
    mesh = _placed(_read(model, limits), machine)
    return Standing(mesh, _checked(mesh, machine))


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


def _checked(mesh: Mesh, machine: Machine) -> ClosedReport:
    """Refuse what a slicer would crash on, print in the air, or make nothing of."""
    low, high = mesh.bounds_mm.astype(float)
    width_mm, depth_mm, height_mm = (high - low).tolist()
    size = f"{width_mm:.2f} x {depth_mm:.2f} x {height_mm:.2f} mm"
    if min(width_mm, depth_mm, height_mm) < SHORTEST_MM - ROUNDING_MM:
        raise MeshUnprintable(
            f"The model measures {size}; each side needs at least {SHORTEST_MM:g} mm."
        )
    if not machine.fits(width_mm, depth_mm, height_mm):
        raise ModelTooLarge(
            f"The model measures {size}; {machine.name} has "
            f"{machine.bed_w_mm - 2 * machine.margin_mm:g} x "
            f"{machine.bed_d_mm - 2 * machine.margin_mm:g} x {machine.height_mm:g} mm."
        )
    shape = check_closed(mesh)
    if not shape.volume_mm3 > 0:
        raise MeshUnprintable(f"The model has a volume of {shape.volume_mm3:.3f} mm³.")
    return shape
