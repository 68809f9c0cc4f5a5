"""From a stranger's triangles to a closed body in millimetres that stands on the bed.

The gentlest way that works is taken. What is closed already keeps its skin; holes are capped; a
second skin inside is dropped; only what cannot be mended so gets a new skin. A repair counts when
the volume is right, for no count of edges sees a hollow figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import manifold3d
import numpy as np
from numpy.typing import NDArray

from printd.core.errors import MeshBeyondRepair, MeshFlat
from printd.core.mend_wishes import Room, Wishes
from printd.geometry.mesh.mesh import Mesh, check_closed, volume_mm3
from printd.geometry.mesh.orient import least_support
from printd.geometry.repair.edges import Edges
from printd.geometry.repair.fans import apart
from printd.geometry.repair.foot import Foot, on_a_foot
from printd.geometry.repair.holes import closed, face_areas
from printd.geometry.repair.mended import Done, Figures, Mended, Warned, some
from printd.geometry.repair.partings import parted
from printd.geometry.repair.parts import part_numbers, without_bits
from printd.geometry.repair.raw import RawMesh
from printd.geometry.repair.remesh import remeshed
from printd.geometry.repair.seams import clustered, sewn, used
from printd.geometry.repair.skin import hollowness, outer_skin
from printd.geometry.repair.solid import built, mesh_of, overlap_of, simplified, solid_of
from printd.geometry.repair.walls import walls_of
from printd.geometry.repair.winding import of_one_winding, skin_volumes, turned_outwards

FLAT: Final = 0.002  # of the longest side: a thinner mesh is a sheet
FULL: Final = 0.002  # of the room that it takes: less volume is a sheet, too
MOST_WORKED_ON: Final = 2_000_000  # triangles; beyond, small ones are made one first
MOST_OVERLAP: Final = 0.004  # of the volume: more of it is resolved by a new skin
NEW_SKIN: Final = "a new skin made around it, for its own could not be mended"
LARGE_HOLE: Final = 0.05  # of the skin: so large a cap may not be what was meant
SHEET_MM: Final = 0.02  # mean thickness of a part that is none
SHEETS_SEEN: Final = 0.001  # of the skin: less of them is dust
THIN_SHARE: Final = 0.01  # of the skin that may be over thin walls before it is told
AIR_MM: Final = 0.5  # a part that begins so high hangs in the air


@dataclass(slots=True)
class _Notes:
    """What was done so far, and what there is to know."""

    done: list[Done] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)

    def did(self, code: str, count: float, words: str) -> None:
        """Write down what was done, if it was."""
        if count:
            self.done.append(Done(code, count, words))

    def warn(self, code: str, words: str) -> None:
        self.warnings.append(Warned(code, words))


def mend(raw: RawMesh, wishes: Wishes | None = None) -> tuple[Mesh, Mended]:
    """Make a mesh printable.

    Returns:
        A closed mesh, its lowest corner at the origin, and the report.

    Raises:
        MeshFlat: it has no inside.
        MeshBeyondRepair: nothing helped.
    """
    wishes = wishes or Wishes()
    notes = _Notes()
    mesh, owners = _few(_upright(raw, wishes.up or raw.up), raw.owners, notes)
    mesh, scale, before = _tidied(mesh, owners, wishes.longest_mm, notes)
    solid = _solid(mesh, notes)
    solid, turned_deg = _turned(solid, wishes.rooms, notes) if wishes.turn else (solid, 0.0)
    solid, factor = _of_size(solid, wishes)
    solid, foot = _footed(solid, notes)
    result = _writable(solid, wishes, notes)
    thinnest_mm = _thinnest_mm(result, wishes.nozzle_mm, notes)
    _warn_of_parts(result, notes)
    report = Mended(
        raw.kind,
        scale * factor,
        before,
        _figures(result),
        tuple(notes.done),
        tuple(notes.warnings),
        thinnest_mm,
        foot.area_mm2,
        turned_deg,
    )
    return result, report


def _upright(raw: RawMesh, up: str) -> Mesh:
    if up == "z":
        return Mesh(raw.vertices, raw.faces)
    x, y, z = raw.vertices.T
    return Mesh(np.stack([x, -z, y], axis=1), raw.faces)


def _few(mesh: Mesh, owners: NDArray[np.int32], notes: _Notes) -> tuple[Mesh, NDArray[np.int32]]:
    """Return a mesh of as many triangles as can be worked on, and whose each vertex is."""
    before = len(mesh.faces)
    if before > MOST_WORKED_ON:
        mesh, owners = clustered(mesh, owners, MOST_WORKED_ON)
        gone = before - len(mesh.faces)
        notes.did("clustered", gone, f"{some(gone, 'triangle')} too small to print joined")
    return mesh, owners


def _tidied(
    mesh: Mesh, owners: NDArray[np.int32], longest_mm: float, notes: _Notes
) -> tuple[Mesh, float, Figures]:
    """Return a mesh sewn up, without bits, in millimetres; its scale; and what it was."""
    found = len(mesh.faces)
    mesh, seams = sewn(mesh, owners)
    notes.did("welded", seams.welded, f"{some(seams.welded, 'repeated point')} joined")
    notes.did("dropped", seams.dropped, f"{some(seams.dropped, 'empty or repeated face')} dropped")
    if not len(mesh.faces):
        raise MeshFlat("None of its triangles has an area.")
    whole = mesh
    mesh, loose = without_bits(mesh)
    notes.did("bits", loose.bits, f"{some(loose.bits, 'loose bit')} dropped")
    low, high = mesh.bounds_mm.astype(np.float64)
    longest = float((high - low).max())
    if float((high - low).min()) < FLAT * longest or longest <= 0:
        raise MeshFlat("The mesh is a flat sheet; it has no inside.")
    scale = longest_mm / longest
    before = _figures(_scaled(whole, low, scale), found)
    return _scaled(mesh, low, scale), scale, before


def _scaled(mesh: Mesh, low: NDArray[np.float64], scale: float) -> Mesh:
    return Mesh(((mesh.vertices - low) * scale).astype(np.float32), mesh.faces)


def _figures(mesh: Mesh, triangles: int | None = None) -> Figures:
    low, high = mesh.bounds_mm.astype(np.float64)
    edges = Edges.of(mesh.faces)
    return Figures(
        triangles=len(mesh.faces) if triangles is None else triangles,
        volume_mm3=abs(volume_mm3(mesh)),
        size_mm=tuple((high - low).tolist()),
        bodies=part_numbers(mesh)[0],
        open_edges=int((edges.counts % 2).sum()),
    )


def _solid(mesh: Mesh, notes: _Notes) -> manifold3d.Manifold:
    """Return what a mesh means as a solid."""
    mesh = _without_holes(mesh, notes)
    hollow = hollowness(mesh)
    if hollow.is_hollow:
        mesh = _without_holes(outer_skin(mesh, hollow.cells), notes)
        notes.did("hollow", round(hollow.share, 3), "an inner skin dropped: it was a hollow shell")
        hollow = hollowness(mesh)
    solid = None if hollow.is_hollow else solid_of(mesh)
    if solid is not None and _is_sound(solid, notes):
        return solid
    if volume_mm3(mesh) <= FULL * float(np.prod(np.ptp(mesh.vertices, axis=0))):
        raise MeshFlat("The mesh is a sheet; it has no inside.")
    notes.did("remeshed", 1, NEW_SKIN)
    return _from_new_skin(mesh)


def _from_new_skin(mesh: Mesh) -> manifold3d.Manifold:
    skin, _ = without_bits(remeshed(mesh), touching=False)
    solid = built(skin)  # its parts never overlap
    if solid is None:
        raise MeshBeyondRepair("Neither its own skin nor a new one around it is closed.")
    if hollowness(mesh_of(solid)).is_hollow:
        raise MeshBeyondRepair("It is a hollow shell with gaps; nothing tells what is inside.")
    return solid


def _without_holes(mesh: Mesh, notes: _Notes) -> Mesh:
    """Return a mesh of one winding without holes, turned outwards."""
    if not Edges.of(mesh.faces).are_closed:
        mesh, turned = of_one_winding(mesh)
        notes.did("winding", turned, f"{some(turned, 'face')} turned the right way round")
        mesh, caps = closed(mesh)
        notes.did("cut", caps.cut, f"{some(caps.cut, 'face')} cut out where more than two met")
        notes.did("holes", caps.holes, f"{some(caps.holes, 'hole')} closed")
        if caps.share > LARGE_HOLE:
            notes.warn(
                "large_hole",
                f"{caps.share:.0%} of its skin was missing and is a flat cap now: look at it.",
            )
    mesh, number, count = _without_sheets(parted(mesh), notes)
    mesh, skins = turned_outwards(mesh, number, count)
    notes.did("outwards", skins, f"{some(skins, 'skin')} turned outwards")
    return mesh


def _without_sheets(mesh: Mesh, notes: _Notes) -> tuple[Mesh, NDArray[np.int32], int]:
    """Drop parts without thickness beside others; return the parts, as ``part_numbers``."""
    count, number = part_numbers(mesh)
    if count == 1:
        return mesh, number, count
    areas = np.bincount(number, face_areas(mesh), count)
    is_sheet = 2 * np.abs(skin_volumes(mesh, number, count)) < SHEET_MM * areas
    if not is_sheet.any() or is_sheet.all():
        return mesh, number, count
    if areas[is_sheet].sum() > SHEETS_SEEN * areas.sum():
        sheets = some(int(is_sheet.sum()), "sheet")
        notes.warn("sheets", f"Left out: {sheets} without thickness.")
    mesh = used(Mesh(mesh.vertices, mesh.faces[~is_sheet[number]]))
    count, number = part_numbers(mesh)
    return mesh, number, count


def _is_sound(solid: manifold3d.Manifold, notes: _Notes) -> bool:
    """Return whether a solid does not lie within itself, by more than slicers pass over."""
    overlap = overlap_of(mesh_of(solid))
    if overlap.total > MOST_OVERLAP:
        notes.did(
            "overlap", round(overlap.total, 4), f"{overlap.total:.1%} of it cut through itself"
        )
        return False
    return True


def _turned(
    solid: manifold3d.Manifold, rooms: Sequence[Room], notes: _Notes
) -> tuple[manifold3d.Manifold, float]:
    mesh, turn = least_support(mesh_of(solid), rooms)
    if not turn.degrees:
        return solid, 0.0
    turned = solid_of(mesh)
    if turned is None:
        return solid, 0.0
    notes.did("turned", turn.degrees, f"turned by {turn.degrees:.0f}°, to need less support")
    return turned, turn.degrees


def _of_size(solid: manifold3d.Manifold, wishes: Wishes) -> tuple[manifold3d.Manifold, float]:
    """Return a solid as large as wanted, its lowest corner at the origin; and the factor."""
    box = np.array(solid.bounding_box())
    sides = box[3:] - box[:3]
    factor = wishes.longest_mm / float(sides.max())
    if wishes.width_mm is not None:
        factor = wishes.width_mm / float(sides[0])
    return solid.translate(-box[:3]).scale((factor,) * 3), factor


def _footed(solid: manifold3d.Manifold, notes: _Notes) -> tuple[manifold3d.Manifold, Foot]:
    """Return a solid that stands flat, as far as little is cut off for it."""
    solid, foot = on_a_foot(solid)
    notes.did("foot", foot.cut_mm, f"{foot.cut_mm:g} mm cut off below, so that it stands flat")
    if foot.is_small:
        notes.warn("small_foot", f"It stands on {foot.area_mm2:.0f} mm² only: use a brim.")
    return solid, foot


def _writable(solid: manifold3d.Manifold, wishes: Wishes, notes: _Notes) -> Mesh:
    """Return the skin of a solid, or a new one around it where its own is none when written.

    Raises:
        MeshBeyondRepair: nor is that.
    """
    result = _finished(solid, wishes, notes)
    if result is None:
        notes.did("remeshed", 1, NEW_SKIN)
        result = _finished(_from_new_skin(mesh_of(solid)), wishes, notes)
    if result is None:
        raise MeshBeyondRepair("Neither its own skin nor a new one can be written as one.")
    return result


def _finished(solid: manifold3d.Manifold, wishes: Wishes, notes: _Notes) -> Mesh | None:
    """Return the skin of a solid, of few triangles, on the bed; None: some edge is there twice."""
    before = solid.num_tri()
    simple, tolerance_mm = simplified(solid, wishes.tolerance_mm, wishes.most_triangles)
    saved = before - simple.num_tri()
    notes.did("decimated", saved, f"{some(saved, 'triangle')} saved within {tolerance_mm:.2g} mm")
    mesh = apart(parted(mesh_of(simple)))  # two sheets may share both ends of an edge
    mesh = Mesh(mesh.vertices - mesh.vertices.min(axis=0), mesh.faces)
    return mesh if check_closed(mesh).is_closed else None


def _thinnest_mm(mesh: Mesh, nozzle_mm: float, notes: _Notes) -> float | None:
    walls = walls_of(mesh, nozzle_mm)
    if walls.thin_share > THIN_SHARE:
        notes.warn(
            "thin_walls",
            f"{walls.thin_share:.0%} of its walls are thinner than the {nozzle_mm:g} mm of the "
            "nozzle, and may not print.",
        )
    return walls.thinnest_mm


def _warn_of_parts(mesh: Mesh, notes: _Notes) -> None:
    count, number = part_numbers(mesh)
    if count == 1:
        return
    lows = np.full(count, np.inf)
    np.minimum.at(lows, number, mesh.vertices[mesh.faces][:, :, 2].min(axis=1))
    bodies = skin_volumes(mesh, number, count) > 0  # the others are walls of cavities
    floating = int((lows[bodies] > AIR_MM).sum())
    if floating:
        notes.warn("in_the_air", f"Hanging in the air: {some(floating, 'part')}; use support.")
    elif bodies.sum() > 1:
        notes.warn("several_parts", f"It falls into {bodies.sum()} parts.")
