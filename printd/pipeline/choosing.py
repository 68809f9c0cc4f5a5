"""Which of the shapes that were made for a job is printed; of several a person chooses one."""

from __future__ import annotations

from collections.abc import Sequence

from printd.core.errors import NeedsChoice
from printd.core.files import JobFolders
from printd.core.jobs import Facts, Job
from printd.core.route import CHOSEN, final_route, is_asked_to_choose, shapes_of


def is_to_choose(job: Job) -> bool:
    """Return whether a person has to choose a shape, and has not yet."""
    return is_asked_to_choose(job) and CHOSEN not in job.facts


def raw_of(job: Job) -> tuple[str, Facts]:
    """Return the name of the raw mesh in the job's folder, and what is known of it.

    Args:
        job: whose shape has been chosen, if there is a choice.
    """
    if not is_asked_to_choose(job):
        raw: Facts = job.facts.get("raw", {})
        return str(raw.get("file", JobFolders.RAW)), raw
    raw = shapes_of(job)[int(job.facts[CHOSEN]) - 1]
    return str(raw["file"]), raw


def choice_of(job: Job, faults: Sequence[str]) -> NeedsChoice:
    """Return what a person is asked.

    Args:
        job: with shapes to choose from.
        faults: why each of them cannot be printed; "": it can.
    """
    bad = [f"Shape {n} cannot be printed: {fault}" for n, fault in enumerate(faults, 1) if fault]
    if final_route(job):
        words = " ".join(["This is the draft of a shape.", *bad])
        action = "Run `printd final JOB` for the real one, or `printd choose JOB 1` to print it."
        return NeedsChoice(words, action=action)
    return NeedsChoice(" ".join([f"There are {len(faults)} shapes to choose from.", *bad]))
