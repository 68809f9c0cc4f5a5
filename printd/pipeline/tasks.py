"""What is calculated in a limited child: functions of plain values and files.

Each imports what it needs when it runs: the daemon only hands over the function's name, and
never loads an image, mesh or slicer library itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from printd.core.errors import MeshUnprintable
from printd.core.filaments import Filament
from printd.core.files import link_file, sync_folder
from printd.core.machine import Machine
from printd.core.mend_wishes import Wishes
from printd.core.print_settings import PrintSettings
from printd.gcode import sl1
from printd.gcode.contents import Contents
from printd.gcode.safety import Level, Verdict, lint_and_read
from printd.gcode.slice_info import SLICE_INFO, filaments_of
from printd.meshers.preview.draft import Views, Wanted
from printd.slicers.base import Program
from printd.slicers.find import Found, program_of
from printd.slicers.profiles import Profile

if TYPE_CHECKING:
    from printd.geometry.mesh.mesh import ClosedReport, Mesh

ON_BED_MM: Final = 1e-3
Room = tuple[float, float, float]  # width, depth, height that a printer has for models; mm
# What the nursery loads before it forks for these functions: somebody waits at a screen, or every
# job asks for them, and each worker would load the same again.
SCREEN: Final = (
    "printd.geometry.drawing.preview",
    "printd.geometry.pictures",
    "printd.geometry.shape.measure",
    "printd.geometry.shape.plastic",
    "printd.geometry.shape.view_field",
    "printd.meshers.preview.drawn",
    "printd.meshers.preview.figures",
    "printd.meshers.preview.seen",
)
READY: Final[Mapping[str, Sequence[str]]] = {
    **dict.fromkeys(
        ("preview_heights", "preview_figures", "preview_picture", "small_picture"), SCREEN
    ),
    "check_model": ("printd.geometry.drawing.preview", "printd.geometry.mesh.orient"),
    "slice_model": ("printd.slicers.slicing",),
}
LOOK_PX: Final = 512  # of a file beside a photo, when it is looked at first


def decode_photo(photo: Path, max_bytes: int) -> Mapping[str, Any]:
    """Decode a photo whole; return its facts.

    Raises:
        PhotoRefused: what is wrong with it.
    """
    from printd.geometry.decode.photo import PhotoLimits, read_facts

    return asdict(read_facts(photo, PhotoLimits(max_bytes=max_bytes)))


def decode_visitors_photo(photo: Path, max_bytes: int) -> Mapping[str, Any]:
    """Take out of a photo where and with what it was taken, then do as ``decode_photo``."""
    from printd.geometry.decode.origin import forget_origin
    from printd.geometry.decode.photo import PhotoLimits

    forget_origin(photo, PhotoLimits(max_bytes=max_bytes))
    return decode_photo(photo, max_bytes)


def small_picture(photo: Path, out: Path, longest_px: int) -> str:
    """Write a photo as a screen shows it; see ``meshers.preview.drawn.write_picture``."""
    from printd.meshers.preview.drawn import write_picture

    return write_picture(photo, out, longest_px)


def preview_heights(wanted: Wanted, cells: int) -> Mapping[str, Any]:
    """Return the surface of a draft for a browser; see ``meshers.preview.seen.heights_of``."""
    from printd.meshers.preview.seen import heights_of

    return heights_of(wanted, cells)


def preview_figures(wanted: Wanted, skin_mm: float) -> Mapping[str, Any]:
    """Return what is known of a draft's piece; see ``meshers.preview.figures.figures_of``."""
    from printd.meshers.preview.figures import figures_of

    return figures_of(wanted, skin_mm)


def preview_picture(
    wanted: Wanted, out: Path, view: Views, width_px: int, height_px: int, material: str
) -> None:
    """Draw the piece of a draft; see ``meshers.preview.drawn.draw``."""
    from printd.meshers.preview.drawn import draw

    draw(wanted, out, view, width_px, height_px, material)


def look_at_mesh(file: Path, is_sized: bool) -> Mapping[str, Any]:  # noqa: FBT001 - a plain value
    """Read a mesh whole, to see whether it can be used; return its facts.

    Raises:
        NotTaken: what is wrong with it; also that nobody says how large it is.
    """
    from printd.geometry.repair.looking import looked_at

    return looked_at(file, is_sized=is_sized)


def look_at_mask(mask: Path, max_bytes: int) -> Mapping[str, Any]:
    """Read a mask whole, to see whether it can be used.

    Raises:
        PhotoRefused: what is wrong with it.
    """
    from printd.geometry.decode.lightness import read_picture
    from printd.geometry.decode.photo import PhotoLimits

    read_picture(mask, LOOK_PX, PhotoLimits(max_bytes=max_bytes))
    return {}


def look_at_depth(file: Path, max_bytes: int) -> Mapping[str, Any]:
    """Read a depth file whole, to see whether it can be used.

    Raises:
        PhotoRefused: what is wrong with it.
    """
    from printd.geometry.decode.depthfile import DEPTH_LIMITS, read_numbers

    read_numbers(file, LOOK_PX, replace(DEPTH_LIMITS, max_bytes=max_bytes))
    return {}


def check_photo(photo: Path, max_bytes: int, mask: Path | None = None) -> Mapping[str, Any]:
    """Measure what a service could make of a photo; return the facts ``photo_check`` of a job.

    Raises:
        PhotoRefused: what is wrong with it, or with the mask.
    """
    from printd.geometry.decode.photo import PhotoLimits
    from printd.geometry.photo_check.checking import check_photo

    return asdict(check_photo(photo, PhotoLimits(max_bytes=max_bytes), mask))


def picture_for_service(
    photo: Path,
    out: Path,
    *,
    longest_px: int,
    least_px: int,
    most_bytes: int,
    format: Literal["jpeg", "png"],
    cut_background: bool = False,
    mask: Path | None = None,
) -> Mapping[str, Any]:
    """Write a photo as a service takes it; return its facts: see ``write_for_service``.

    Raises:
        PhotoRefused: the service could do nothing with it.
    """
    from printd.geometry.for_service import write_for_service

    written = write_for_service(
        photo,
        out,
        longest_px=longest_px,
        least_px=least_px,
        most_bytes=most_bytes,
        form=format,
        cut_background=cut_background,
        mask=mask,
    )
    return asdict(written)


def _on_bed(mesh: Mesh) -> ClosedReport:
    """Return how closed a mesh is; raises ``MeshUnprintable``: not one body, or not on the bed."""
    from printd.geometry.mesh.mesh import check_closed

    report = check_closed(mesh)
    if not report.is_closed:
        raise MeshUnprintable(
            f"The mesh is not one closed body: {report.open_edges} open and "
            f"{report.doubled_edges} doubled edges, {report.bow_ties} bow-ties, "
            f"{report.degenerate} triangles without area."
        )
    low, _ = mesh.bounds_mm
    if abs(low).max() > ON_BED_MM:
        raise MeshUnprintable("The mesh does not stand on the bed with its corner at the origin.")
    return report


def check_model(
    raw: Path, model: Path, preview: Path, rooms: Sequence[Room] | None = None
) -> Mapping[str, Any]:
    """Check that a raw mesh is one closed body on the bed; make it the model, with a picture.

    Args:
        raw: STL of a mesher.
        model: where the mesh that will be sliced is put.
        preview: where its shaded picture (PNG) is put.
        rooms: of the printers, if it is to be turned so that it needs the least support.

    Returns:
        ``size_mm``, ``triangles``, ``volume_mm3``, ``turned_deg``.

    Raises:
        MeshUnreadable, MeshUnprintable: it is not.
    """
    from printd.geometry.drawing.preview import write_preview
    from printd.geometry.files.meshio import OWN_LIMITS, read_stl, write_stl
    from printd.geometry.mesh.orient import least_support

    mesh = read_stl(raw, OWN_LIMITS)
    report = _on_bed(mesh)
    mesh, turn = (mesh, None) if rooms is None else least_support(mesh, rooms)
    write_preview(mesh, preview)
    if turn is not None and turn.degrees:
        write_stl(model, mesh)
    else:
        link_file(raw, model)
        sync_folder(model.parent)
    low, high = mesh.bounds_mm
    return {
        "size_mm": [float(side) for side in high - low],
        "triangles": report.triangles,
        "volume_mm3": report.volume_mm3,
        "turned_deg": turn.degrees if turn is not None else 0.0,
    }


def draw_shapes(raws: Sequence[Path], preview: Path, wishes: Wishes) -> list[str]:
    """Draw the shapes that a person chooses from; see ``shape_sheet.write_sheet``."""
    from printd.geometry.shape_sheet import write_sheet

    return write_sheet(raws, preview, wishes)


def mend_model(raw: Path, model: Path, preview: Path | None, wishes: Wishes) -> Mapping[str, Any]:
    """Make a stranger's mesh printable, with a picture; report what was mended.

    Args:
        raw: GLB, OBJ, STL, 3MF, or a ZIP of one.
        model: where the mesh that will be sliced is put, as STL.
        preview: where its shaded picture (PNG) is put, if one is wanted.
        wishes: its size, which way is up, and the like.

    Returns:
        What ``check_model`` does, ``warnings``, and ``mended``: all of ``Mended``.

    Raises:
        MeshUnreadable, MeshEmpty, MeshTooLarge, MeshCompressed: the file cannot be read.
        MeshFlat, MeshBeyondRepair, MeshUnprintable: it cannot be mended.
    """
    from printd.geometry.drawing.preview import write_preview
    from printd.geometry.files.meshio import write_stl
    from printd.geometry.repair.mend import mend
    from printd.geometry.repair.reading import read_foreign

    mesh, mended = mend(read_foreign(raw), wishes)
    if preview is not None:
        write_preview(mesh, preview)
    write_stl(model, mesh)
    return {
        "size_mm": list(mended.after.size_mm),
        "triangles": mended.after.triangles,
        "volume_mm3": mended.after.volume_mm3,
        "turned_deg": mended.turned_deg,
        "warnings": [f"{one.code}: {one.words}" for one in mended.warnings],
        "mended": mended.as_facts(),
    }


def ask_version(found: Found) -> Program:
    """Ask a slicer for its version; see ``slicers.find.program_of``."""
    return program_of(found)


def slice_model(
    model: Path,
    profile: Profile,
    asked: PrintSettings,
    out_dir: Path,
    *,
    program: Program,
    timeout_s: float | None,
    progress_file: Path,
) -> Mapping[str, Any]:
    """Slice a model and judge the result; see ``slicers.slicing.slice_model``."""
    from printd.geometry.files.meshio import OWN_LIMITS
    from printd.slicers import slicing

    report = slicing.slice_model(
        model,
        profile,
        out_dir,
        asked=asked,
        program=program,
        timeout_s=timeout_s,
        mesh_limits=OWN_LIMITS,
        progress_file=progress_file,
    )
    return report.as_dict()


def try_profile(profile: Profile, program: Program) -> str:
    """Try a profile on its slicer; see ``profile_health.tried``."""
    from printd.pipeline.profile_health import tried

    return tried(profile, program)


def judge_file(file: Path, profile: Profile, level: Level) -> Verdict:
    """Judge G-code, a container of it, or layers of resin, against the limits of a profile."""
    if profile.kind != "resin":
        return _judged(file, profile.machine, level)[0]
    limits = sl1.ResinLimits.of(dict(profile.settings))
    return sl1.judge_sl1(file, profile.machine, limits, level)


def draw_file(file: Path, profile: Profile, folder: Path) -> Mapping[str, Any]:
    """Draw what a file prints into a folder, as slicing does; what cannot be drawn is left out."""
    from printd.gcode.pictures import Pictures, lint_read_and_draw

    if profile.kind == "resin":
        pictures = Pictures(layers=sl1.strip(file))
    else:
        pictures = lint_read_and_draw(file, profile.machine)[2]
    pictures.put(folder)
    return {}


@dataclass(frozen=True, slots=True)
class GivenGcode:
    """G-code of a stranger, judged for one machine."""

    verdict: Verdict
    plates: tuple[Contents, ...]
    may_go_on: bool  # refused for nothing but what the rest of it could mend, if that still comes
    filaments: tuple[tuple[int, Filament], ...] = ()  # by slot, where the file tells


def read_given_gcode(file: Path, machine: Machine) -> GivenGcode:
    """Judge G-code of a stranger, or a container of it."""
    verdict, plates = _judged(file, machine, Level.FOREIGN)
    at_its_end = {0, _line_without_end(file)}
    may_go_on = all(one.line in at_its_end or one.of_printer for one in verdict.refusals)
    return GivenGcode(verdict, plates, may_go_on, _filaments(file) if verdict.ok else ())


def _filaments(file: Path) -> tuple[tuple[int, Filament], ...]:
    """Return what a container says of the plate that is printed."""
    from printd.gcode import container

    if not file.name.lower().endswith(container.ENDING):
        return ()
    with container.opened(file) as opened:
        return tuple(filaments_of(opened.text(SLICE_INFO), opened.plates[0].number).items())


def _line_without_end(file: Path) -> int:
    """Return the number of a last line that may be cut; 0: every line has its end."""
    ends, last = 0, b"\n"
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            ends += chunk.count(b"\n")
            last = chunk[-1:]
    return 0 if last == b"\n" else ends + 1


def _judged(file: Path, machine: Machine, level: Level) -> tuple[Verdict, tuple[Contents, ...]]:
    from printd.gcode import container

    if file.name.lower().endswith(container.ENDING):
        return container.judged(file, machine, level)
    verdict, contents = lint_and_read(file, machine, level)
    return verdict, (contents,)
