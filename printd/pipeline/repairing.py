"""MESHED → PRINTABLE: one closed body in millimetres, and what it looks like.

Our own reliefs are made so, and only checked; what a service or a person has made is mended.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from printd.core.compute import Limits
from printd.core.errors import NeedsChoice
from printd.core.files import JobFolders
from printd.core.jobs import Facts, Job
from printd.core.mend_wishes import LONGEST_MM, Room, Wishes
from printd.core.route import shapes_of
from printd.pipeline import tasks
from printd.pipeline.choosing import choice_of, is_to_choose, raw_of
from printd.pipeline.slicing import asked_of
from printd.pipeline.tools import Tools

LIMITS: Final = Limits(memory_bytes=2 << 30, wall_s=300.0)
MEND_LIMITS: Final = Limits(memory_bytes=2 << 30, wall_s=300.0, file_bytes=200_000_000)


def make_printable(job: Job, tools: Tools) -> Facts:
    """Check or mend the raw mesh, turn it if the recipe asks for that, draw its picture.

    Raises:
        NeedsChoice: there are several, and a person chooses one.
    """
    folder = tools.folders.of(job.id)
    if is_to_choose(job):
        raise _needs_choice(job, tools)
    name, raw = raw_of(job)
    rooms = [(*offer.machine.room_mm, offer.machine.height_mm) for offer in tools.offers()]
    files = folder / name, folder / JobFolders.MODEL, folder / JobFolders.PREVIEW
    if is_foreign(raw):
        wishes = _wishes(job, raw, rooms, tools)
        return {"model": tools.compute.run(tasks.mend_model, *files, wishes, limits=MEND_LIMITS)}
    turned = rooms if _is_turned(job) else None
    return {"model": tools.compute.run(tasks.check_model, *files, turned, limits=LIMITS)}


def _needs_choice(job: Job, tools: Tools) -> NeedsChoice:
    """Draw the shapes beside each other; return what a person is asked."""
    folder = tools.folders.of(job.id)
    shapes = shapes_of(job)
    faults = tools.compute.run(
        tasks.draw_shapes,
        [folder / str(shape["file"]) for shape in shapes],
        folder / JobFolders.PREVIEW,
        _wishes(job, shapes[0], (), tools),
        limits=MEND_LIMITS,
    )
    return choice_of(job, faults)


def is_foreign(raw: Facts) -> bool:
    """Return whether a raw mesh was made by a service or a person, and has to be mended."""
    return bool(raw.get("foreign", False))


def _is_turned(job: Job) -> bool:
    return asked_of(job).orient == "least_support"


def _wishes(job: Job, raw: Facts, rooms: Sequence[Room], tools: Tools) -> Wishes:
    """Return how a stranger's mesh is wanted: as large as the recipe says."""
    size = job.settings.get("relief", {})
    nozzles = [offer.machine.nozzle_mm for offer in tools.offers()]
    return Wishes(
        longest_mm=size.get("longest_mm") or raw.get("longest_mm") or LONGEST_MM,
        width_mm=size.get("width_mm"),
        up=raw.get("up"),
        nozzle_mm=min((nozzle for nozzle in nozzles if nozzle > 0), default=Wishes().nozzle_mm),
        turn=_is_turned(job),
        rooms=tuple(rooms),
    )
