"""RECEIVED, DRAWN → ORDERED → MESHED: hand the photo to a mesher, once; fetch the mesh.

A mesher may be a service that is paid. What it costs is agreed to and reserved before anything is
sent; a result is fetched before anything else is done; when an order comes to nothing, the next
mesher of the route is asked, or a person.
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from printd.core.clock import utc_now
from printd.core.compute import Limits
from printd.core.errors import DiskError, GoBack, InternalError, NotHappened, SettingInvalid
from printd.core.files import JobFolders, sha256_of
from printd.core.jobs import Facts, Job
from printd.core.prices import Money
from printd.core.recipe_config import CUT
from printd.core.route import (
    AWAY,
    BACKGROUND,
    DEPTH_RETRIES,
    DEPTH_TRIES,
    SHAPES,
    before_order,
    candidate_file,
    is_asked_to_choose,
    is_to_be_drawn,
    shapes_of,
    shapes_wanted,
    turn,
)
from printd.depth.judged import UNUSABLE
from printd.meshers.base import Mesher, Ticket
from printd.pipeline import drawing, tasks
from printd.pipeline.photo_checking import check_before_paying, found_before
from printd.pipeline.tools import Tools

log = logging.getLogger(__name__)
LOOK_BACK = timedelta(minutes=1)  # clocks of services differ
PICTURE = Limits(memory_bytes=1 << 30, wall_s=60.0)


def may_order(job: Job, tools: Tools) -> None:
    """Make the picture that the service wants, and look whether the order is agreed to.

    Raises:
        NeedsPriceConsent: a person has to agree to the price.
        BudgetReached: it waits for the next day or month.
        PhotoRefused: the service could do nothing with this photo.
        PhotoDoubtful: it could do little with it, and a person looks first.
        SettingInvalid: the mesher is not configured any more.
    """
    _check_photo(job, tools)
    if turn(job) not in tools.meshers:
        raise SettingInvalid(
            f"#{job.number} asks for the mesher {turn(job)!r}, which is not configured any more.",
            action="Put it back under `meshers` and restart printd, then run `printd retry JOB`.",
        )
    mesher, price = _priced(job, tools)
    if mesher.picture is not None:
        mask = _folder(job, tools) / JobFolders.MASK
        made = tools.compute.run(
            tasks.picture_for_service,
            _seen(job, tools),
            _folder(job, tools) / JobFolders.FOR_SERVICE,
            **asdict(mesher.picture),
            cut_background=job.settings.get(BACKGROUND) == CUT,
            mask=mask if mask.is_file() else None,
            limits=PICTURE,
        )
        for warning in made["warnings"]:
            log.warning("%s", warning)
    if price.amount and _is_away(mesher):
        check_before_paying(job, _seen(job, tools), tools)
    tools.spending.check(job, mesher.name, price)


def quote(job: Job, tools: Tools) -> Money:
    """Return what the next order of a job costs at most."""
    if is_to_be_drawn(job):
        return drawing.price_of(job, tools)
    return _priced(job, tools)[1]


def ticket_of(job: Job, tools: Tools, order: str) -> Facts:
    """Return the ticket of an order whose number a person has found at the service.

    Raises:
        SettingInvalid: that cannot be such a number.
    """
    if is_to_be_drawn(job):
        return drawing.known(job, tools, order)
    return _mesher(job, tools).known(order).as_facts()


def reserve_price(job: Job, tools: Tools) -> None:
    """Reserve what the order costs, in the transaction of its mark; raises as ``may_order``."""
    mesher, price = _priced(job, tools)
    tools.spending.reserve(job, mesher.name, price)


def order_mesh(job: Job, tools: Tools) -> Facts:
    """Hand in the photo; runs once."""
    mesher = _mesher(job, tools)
    known = found_before(job, tools)  # first: nothing that could fail comes after the order
    ticket = mesher.order(_handed_in(job, mesher, tools), job.settings["relief"])
    return {**_ordered(mesher, ticket), **known}


def find_order(job: Job, tools: Tools) -> Facts:
    """Look for the order that an interrupted ``order_mesh`` may have left."""
    mesher = _mesher(job, tools)
    began = job.mark.began_at if job.mark else job.moved_at
    taken = tools.spending.known_orders(job)
    ticket = mesher.find(_handed_in(job, mesher, tools), began - LOOK_BACK, taken)
    if ticket is None:
        raise NotHappened("The mesher has no such order.")
    return _ordered(mesher, ticket)


def collect_mesh(job: Job, tools: Tools) -> Facts:
    """Write the raw mesh into the job's folder.

    Raises:
        GoBack: one more shape is wanted, so that a person can choose; or a better depth picture.
    """
    ticket = Ticket.from_facts(job.facts["ticket"])
    mesher = _named(ticket.mesher, job, tools)
    began = utc_now()
    number = len(shapes_of(job)) + 1
    name = candidate_file(number, mesher.raw) if is_asked_to_choose(job) else mesher.raw
    mesh = mesher.collect(
        ticket,
        _handed_in(job, mesher, tools),
        job.settings["relief"],
        _folder(job, tools) / name,
    )
    _ask_for_a_better_depth(job, mesh, tools)
    raw = {
        **mesh,
        "file": name,
        "mesher": mesher.name,
        "took_s": (utc_now() - began).total_seconds(),
    }
    if not is_asked_to_choose(job):
        return {"raw": raw, AWAY: False}
    shapes = [*shapes_of(job), raw]
    facts = {"raw": raw, SHAPES: shapes, AWAY: False}
    if len(shapes) < shapes_wanted(job):
        words = f"Shape {number} of {shapes_wanted(job)} is there."
        raise GoBack(before_order(job), words, facts)
    return facts


def _ask_for_a_better_depth(job: Job, mesh: Facts, tools: Tools) -> None:
    """Order another depth picture when this one was of no use, as often as that was agreed to.

    Raises:
        GoBack: to the order; its price counts, and is looked at, like that of any other.
    """
    tries = int(job.facts.get(DEPTH_TRIES, 0))
    is_unfit = any(str(one).startswith(f"{UNUSABLE}: ") for one in mesh.get("warnings", ()))
    if not is_unfit or tries >= int(job.settings.get(DEPTH_RETRIES, 0)):
        return
    for name in JobFolders.DEPTH_SERVICE:
        (_folder(job, tools) / name).unlink(missing_ok=True)
    words = "The depth picture was of no use; another one is asked for."
    raise GoBack(before_order(job), words, {DEPTH_TRIES: tries + 1})


def _ordered(mesher: Mesher, ticket: Ticket) -> Facts:
    return {"ticket": ticket.as_facts(), AWAY: _is_away(mesher)}


def _is_away(mesher: Mesher) -> bool:
    """Return whether it makes whole figures, somewhere else."""
    return mesher.raw == JobFolders.RAW_FOREIGN


def _priced(job: Job, tools: Tools) -> tuple[Mesher, Money]:
    mesher = _mesher(job, tools)
    photo = _seen(job, tools)
    return mesher, tools.spending.price(mesher.price_usd(photo, job.settings["relief"]))


def _check_photo(job: Job, tools: Tools) -> None:
    if sha256_of(_seen(job, tools)) != drawing.picture_of(job)[1]:
        raise DiskError(f"The photo of #{job.number} is not what was taken, or drawn.")


def _seen(job: Job, tools: Tools) -> Path:
    """Return the picture that the mesher is to see."""
    return _folder(job, tools) / drawing.picture_of(job)[0]


def _handed_in(job: Job, mesher: Mesher, tools: Tools) -> Path:
    if mesher.picture is None:
        return _seen(job, tools)
    return _folder(job, tools) / JobFolders.FOR_SERVICE


def _folder(job: Job, tools: Tools) -> Path:
    return tools.folders.of(job.id)


def _mesher(job: Job, tools: Tools) -> Mesher:
    return _named(turn(job), job, tools)


def _named(name: str, job: Job, tools: Tools) -> Mesher:
    if name not in tools.meshers:
        raise InternalError(f"Job #{job.number} asks for the mesher {name!r}, which is gone.")
    return tools.meshers[name]
