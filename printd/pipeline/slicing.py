"""PRINTABLE → SLICED: the printer's file, made for the class of printer that takes it soonest."""

from __future__ import annotations

from printd.core.compute import Limits
from printd.core.errors import ModelTooLarge, NotYet
from printd.core.files import JobFolders
from printd.core.jobs import Facts, Job
from printd.core.matching import best, why_never
from printd.core.shop import needs_of
from printd.pipeline import tasks
from printd.pipeline.tools import Tools

MEMORY_BYTES = 6 << 30  # the slicer itself gets less; its launcher says how much
OUTPUT_BYTES = 600 << 20
SLICER_S = 1800.0  # at most, where no ``timeout_s`` is configured
AROUND_S = 700.0  # reading the model, asking the slicer's version, judging what it made


def slice_limits(timeout_s: float | None) -> Limits:
    """Return what slicing may use; the slicer's own deadline (None: by the mesh) comes first."""
    wall_s = (timeout_s or SLICER_S) + AROUND_S
    return Limits(memory_bytes=MEMORY_BYTES, wall_s=wall_s, file_bytes=OUTPUT_BYTES)


def slice_model(job: Job, tools: Tools) -> Facts:
    """Slice the model and judge the result against the printer's limits."""
    needs = needs_of(job)
    offers = tools.offers()
    if not offers:
        raise NotYet("no_printer", "No printer is configured.", again_s=30.0)
    offer = best(needs, offers)
    if offer is None:
        reason = why_never(needs, offers)
        raise ModelTooLarge(reason.problem if reason else "The model fits no printer.")
    profile = tools.profiles[offer.profile]
    slicer = tools.slicer(profile.kind)
    folder = tools.folders.of(job.id)
    report = tools.compute.run(
        tasks.slice_model,
        folder / JobFolders.MODEL,
        profile,
        folder,
        program=slicer.program,
        timeout_s=slicer.timeout_s,
        progress_file=folder / JobFolders.PROGRESS,
        limits=slice_limits(slicer.timeout_s),
    )
    return {"gcode": {**report, "profile": profile.name, "profile_hash": profile.hash}}
