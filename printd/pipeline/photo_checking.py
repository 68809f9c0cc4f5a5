"""What a service could make of a photo, looked at before anything is paid for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from printd.core.compute import Limits
from printd.core.errors import PhotoDoubtful
from printd.core.files import JobFolders, write_file
from printd.core.jobs import Facts, Job
from printd.core.recipes import PHOTO_CHECK
from printd.core.route import loses_background
from printd.pipeline import tasks
from printd.pipeline.tools import Tools

LIMITS: Final = Limits(memory_bytes=1 << 30, wall_s=60.0)
MOST_BYTES: Final = 60_000_000  # larger photos are not taken
BAD: Final = "bad"
HOLD: Final = "hold"
GROUND: Final = "background"  # the rule of which one that is cut away is free


def check_before_paying(job: Job, photo: Path, tools: Tools) -> None:
    """Measure a photo, once; let a person look first when a service can hardly use it.

    Raises:
        PhotoDoubtful: it is such a one, and nobody has said that it is ordered all the same.
        PhotoRefused: it cannot be read.
    """
    kept = tools.folders.of(job.id) / JobFolders.PHOTO_CHECK
    if not kept.is_file():
        mask = kept.with_name(JobFolders.MASK)
        beside = mask if mask.is_file() else None
        found = tools.compute.run(tasks.check_photo, photo, MOST_BYTES, beside, limits=LIMITS)
        write_file(kept, json.dumps(found).encode())
    verdict: Facts = json.loads(kept.read_bytes())
    is_held = job.settings.get(PHOTO_CHECK, HOLD) == HOLD
    is_released = PhotoDoubtful.code in job.facts.get("waived", ())
    mended = {GROUND} if loses_background(job) else set()
    is_bad = any(one["verdict"] == BAD and one["code"] not in mended for one in verdict["checks"])
    if is_bad and is_held and not is_released:
        raise PhotoDoubtful(str(verdict["sentence"]))


def found_before(job: Job, tools: Tools) -> Facts:
    """Return the facts of a photo that has been measured; nothing if none has."""
    kept = tools.folders.of(job.id) / JobFolders.PHOTO_CHECK
    return {"photo_check": json.loads(kept.read_bytes())} if kept.is_file() else {}
