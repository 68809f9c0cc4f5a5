"""PRINTABLE → SLICED: the printer's file, made for the class of printer that takes it soonest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from printd.core.compute import Limits
from printd.core.errors import GcodeRefused, ModelTooLarge, NotYet, SettingInvalid
from printd.core.files import JobFolders
from printd.core.jobs import Facts, Job
from printd.core.matching import Offer, why_never
from printd.core.prices import price_facts
from printd.core.print_settings import PrintSettings
from printd.core.shop import needs_of
from printd.gcode.safety import Level
from printd.pipeline import tasks
from printd.pipeline.tools import Tools
from printd.slicers.base import Program
from printd.slicers.cache import slice_key
from printd.slicers.profiles import Profile
from printd.slicers.recipe_keys import prepared

MEMORY_BYTES = 6 << 30  # the slicer itself gets less; its launcher says how much
OUTPUT_BYTES = 600 << 20
SLICER_S = 1800.0  # at most, where no ``timeout_s`` is configured
AROUND_S = 700.0  # reading the model, asking the slicer's version, judging what it made


def slice_limits(timeout_s: float | None) -> Limits:
    """Return what slicing may use; the slicer's own deadline (None: by the mesh) comes first."""
    wall_s = (timeout_s or SLICER_S) + AROUND_S
    return Limits(memory_bytes=MEMORY_BYTES, wall_s=wall_s, file_bytes=OUTPUT_BYTES)


def prepared_for(job: Job, profile: Profile) -> Profile:
    """Return a printer's profile as this job is sliced with it; as it is, where nothing is.

    Raises:
        SettingInvalid, ProfileInvalid: the recipe asks for what the profile cannot do.
    """
    if job.given.is_gcode:
        return profile
    return prepared(
        profile,
        asked_of(job),
        material=needs_of(job).material,
        is_lithophane=job.settings.get("relief", {}).get("surface") == "lithophane",
    )


def asked_of(job: Job) -> PrintSettings:
    """Return what the job's recipe asks of the slicing."""
    return PrintSettings.of(job.settings.get("print", {}))


def slice_model(job: Job, tools: Tools) -> Facts:
    """Slice the model and judge the result against the printer's limits; or find it made before."""
    profile = prepared_for(job, tools.profiles[_printer_for(job, tools).name])
    asked = asked_of(job).model_copy(update={"orient": None})  # the model stands as it was asked
    program = tools.programs.of(profile.kind)
    folder = tools.folders.of(job.id)
    key = slice_key(folder / JobFolders.MODEL, profile, asked, program)
    with tools.slices.alone(key):
        report = tools.slices.get(key, folder)
        is_made_before = report is not None
        if report is None:
            report = _sliced(folder, profile, asked, program, tools)
            tools.slices.put(key, folder)
    facts = {**report, "bytes": report["size_bytes"], "made_before": is_made_before}
    if report.get("container"):
        facts["packed"] = _packed(folder / report["container"], profile, tools)
    service = tools.spending.spent_on(job.number)
    return {"gcode": facts, **price_facts(job.settings, facts, service)}


def check_use(job: Job, found: Facts, tools: Tools) -> None:
    """Look, while nobody else can, whether its owner may have what it takes.

    Raises:
        LimitReached: it is more than that.
    """
    tools.check_use(job, found)


def _packed(container: Path, profile: Profile, tools: Tools) -> Facts:
    """Judge the container, for printers that take nothing else: these very bytes are sent."""
    limits = slice_limits(tools.programs.timeout_s(profile.kind))
    verdict = tools.compute.run(tasks.judge_file, container, profile, Level.OWN, limits=limits)
    if not verdict.ok:
        first = verdict.refusals[0]
        raise GcodeRefused(f"The container of the sliced file: {first.text}.", action=first.action)
    return {
        "file": container.name,
        "sha256": verdict.sha256,
        "bytes": verdict.size_bytes,
        "verdict": asdict(verdict),
    }


def _sliced(
    folder: Path, profile: Profile, asked: PrintSettings, program: Program, tools: Tools
) -> Mapping[str, Any]:
    timeout_s = tools.programs.timeout_s(profile.kind)
    return tools.compute.run(
        tasks.slice_model,
        folder / JobFolders.MODEL,
        profile,
        asked,
        folder,
        program=program,
        timeout_s=timeout_s,
        progress_file=folder / JobFolders.PROGRESS,
        limits=slice_limits(timeout_s),
    )


def _printer_for(job: Job, tools: Tools) -> Offer:
    """Return a printer of the class that takes the job soonest."""
    needs = needs_of(job)
    offers = tools.offers()
    if not offers:
        raise NotYet("no_printer", "No printer is configured.", again_s=30.0)
    offer = tools.line.printer_for(needs, offers)
    if offer is not None:
        return offer
    never = why_never(needs, offers)
    if never is None or never.code == "too_large":
        problem = never.problem if never else "The model fits no printer."
        raise ModelTooLarge(problem, action=never.action if never else None)
    raise SettingInvalid(never.problem, action=never.action)
