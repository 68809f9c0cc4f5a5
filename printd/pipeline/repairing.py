"""MESHED → PRINTABLE: is the mesh one closed body in millimetres, and what does it look like."""

from __future__ import annotations

from printd.core.compute import Limits
from printd.core.files import JobFolders
from printd.core.jobs import Facts, Job
from printd.pipeline import tasks
from printd.pipeline.choosing import raw_of
from printd.pipeline.slicing import asked_of
from printd.pipeline.tools import Tools

MEMORY_BYTES = 2 << 30
TIMEOUT_S = 300.0


def make_printable(job: Job, tools: Tools) -> Facts:
    """Check the raw mesh, turn it if the recipe asks for that, draw its picture.

    Raises:
        NeedsChoice: there are several, and a person chooses one.
    """
    folder = tools.folders.of(job.id)
    name, _ = raw_of(job)
    rooms = [(*offer.machine.room_mm, offer.machine.height_mm) for offer in tools.offers()]
    report = tools.compute.run(
        tasks.check_model,
        folder / name,
        folder / JobFolders.MODEL,
        folder / JobFolders.PREVIEW,
        rooms if asked_of(job).orient == "least_support" else None,
        limits=Limits(memory_bytes=MEMORY_BYTES, wall_s=TIMEOUT_S),
    )
    return {"model": report}
