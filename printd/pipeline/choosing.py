"""Which of the shapes that were made for a job is printed; of several a person chooses one."""

from __future__ import annotations

from printd.core.files import JobFolders
from printd.core.jobs import Facts, Job
from printd.core.route import CHOSEN, final_route, is_asked_to_choose, shapes_of
from printd.core.service_errors import NeedsChoice


def raw_of(job: Job) -> tuple[str, Facts]:
    """Return the name of the raw mesh in the job's folder, and what is known of it.

    Raises:
        NeedsChoice: a person has to choose one.
    """
    if not is_asked_to_choose(job):
        raw: Facts = job.facts.get("raw", {})
        return str(raw.get("file", JobFolders.RAW)), raw
    shapes, chosen = shapes_of(job), job.facts.get(CHOSEN)
    if chosen is None:
        raise _needs_choice(job, len(shapes))
    raw = shapes[int(chosen) - 1]
    return str(raw["file"]), raw


def _needs_choice(job: Job, count: int) -> NeedsChoice:
    if final_route(job):
        words = "This is the draft of a shape."
        action = "Run `printd final JOB` for the real one, or `printd choose JOB 1` to print it."
        return NeedsChoice(words, action=action)
    return NeedsChoice(f"There are {count} shapes to choose from.")
