"""RECEIVED → ORDERED → MESHED: hand the photo to a mesher, once; fetch the mesh."""

from __future__ import annotations

from datetime import timedelta

from printd.core.clock import utc_now
from printd.core.errors import DiskError, InternalError, NotHappened
from printd.core.files import JobFolders, sha256_of
from printd.core.jobs import Facts, Job
from printd.meshers.base import Mesher, Ticket
from printd.pipeline.tools import Tools

LOOK_BACK = timedelta(minutes=1)  # clocks of services differ


def order_mesh(job: Job, tools: Tools) -> Facts:
    """Hand in the photo; runs once."""
    photo = tools.folders.of(job.id) / JobFolders.PHOTO
    if sha256_of(photo) != job.sha256:
        raise DiskError(f"The photo of #{job.number} is not what was taken.")
    ticket = _mesher(job, tools).order(photo, job.settings["relief"])
    return {"ticket": ticket.as_facts()}


def find_order(job: Job, tools: Tools) -> Facts:
    """Look for the order that an interrupted ``order_mesh`` may have left."""
    photo = tools.folders.of(job.id) / JobFolders.PHOTO
    ticket = _mesher(job, tools).find(photo, job.moved_at - LOOK_BACK)
    if ticket is None:
        raise NotHappened("The mesher has no such order.")
    return {"ticket": ticket.as_facts()}


def collect_mesh(job: Job, tools: Tools) -> Facts:
    """Write the raw mesh into the job's folder."""
    folder = tools.folders.of(job.id)
    ticket = Ticket.from_facts(job.facts["ticket"])
    began = utc_now()
    mesh = _mesher(job, tools).collect(
        ticket, folder / JobFolders.PHOTO, job.settings["relief"], folder / JobFolders.RAW
    )
    return {"raw": {**mesh, "took_s": (utc_now() - began).total_seconds()}}


def _mesher(job: Job, tools: Tools) -> Mesher:
    name = job.settings["mesher"]
    if name not in tools.meshers:
        raise InternalError(f"Job #{job.number} asks for the mesher {name!r}, which is gone.")
    return tools.meshers[name]
