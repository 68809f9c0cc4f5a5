"""Meshy 5 and Meshy 6 by Meshy's own API: never textured, remeshed to a number of triangles."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from printd.core.errors import (
    NotYet,
    ResultUnusable,
    SettingInvalid,
)
from printd.core.files import JobFolders
from printd.core.jobs import Facts
from printd.core.mesher_models import model_of
from printd.core.service_config import MeshyMesherConfig
from printd.meshers.remote import bring, brought, no_mesh
from printd.services import meshy
from printd.services.inline import content_of, data_uri
from printd.services.lost import the_only_one
from printd.services.sent import forget, sending, sent, sent_at
from printd.services.terms import (
    Terms,
    again_s,
    age_s,
    is_overdue,
    line_to,
    price_of,
    still_working,
    terms_of,
    ticket_of,
    too_slow,
    unknown_order,
    while_in_doubt,
    while_ordered,
)
from printd.services.ticket import PictureWanted, Ticket

FORMATS: Final = ("glb", "stl")  # asked for, the best first; few make a task shorter
FIRST_S: Final = 5.0
LONGEST_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class MeshyMesher:
    """A ``Mesher`` that orders at Meshy.

    Args:
        name: as in the configuration.
        model: ``meshy-5``, ``meshy-6``; never one that moves.
        face_count: about.
        symmetry: as Meshy names it.
        shared_account: others order on it, too.
        price: of one run, in US dollars, at most.
        terms: how results come home.
    """

    name: str
    model: str
    face_count: int
    symmetry: str
    shared_account: bool
    price: Decimal
    terms: Terms

    raw = JobFolders.RAW_FOREIGN
    picture = PictureWanted()

    def price_usd(self, photo: Path, settings: Facts) -> Decimal:  # noqa: ARG002 - of the protocol
        """See ``Mesher.price_usd``."""
        return self.price

    def order(self, photo: Path, settings: Facts) -> Ticket:  # noqa: ARG002 - of the protocol
        """See ``Mesher.order``."""
        fields = self._fields(photo)
        with sending(photo, self.name):
            task = meshy.create(self.terms.line, fields)
        return ticket_of(self.name, task)

    def _fields(self, photo: Path) -> dict[str, Any]:
        """Return what is asked for; what differs from the provider's default costs or saves."""
        return {
            "image_url": data_uri(content_of(photo)),
            "ai_model": self.model,
            "should_texture": False,
            "should_remesh": True,
            "topology": "triangle",
            "target_polycount": self.face_count,
            "symmetry_mode": self.symmetry,
            "target_formats": list(FORMATS),
        }

    def find(
        self, photo: Path, since: datetime, taken: Collection[str] | None = None
    ) -> Ticket | None:
        """See ``Mesher.find``."""
        note = sent(photo, self.name)
        if note is None:
            return None
        with while_in_doubt(self.terms.line):
            listed = [task.name for task in meshy.tasks_since(self.terms.line, since)]
        is_shared = self.shared_account
        found = the_only_one(self.terms, note, listed, taken, is_shared=is_shared)
        return None if found is None else ticket_of(self.name, found, at=sent_at(note))

    def known(self, order: str) -> Ticket:
        """See ``Mesher.known``."""
        if meshy.TASK_NAME.fullmatch(order) is None:
            raise SettingInvalid(
                f"{order!r} is no task of Meshy.",
                action="Copy the ID of the task from your account at Meshy.",
            )
        return ticket_of(self.name, order)

    def collect(
        self,
        ticket: Ticket,
        photo: Path,
        settings: Facts,  # noqa: ARG002 - of the protocol
        out: Path,
    ) -> Facts:
        """See ``Mesher.collect``."""
        forget(photo)
        if (facts := brought(ticket, out)) is not None:
            return facts
        with while_ordered():
            task = meshy.task(self.terms.line, ticket.order)
        if task is None:
            raise unknown_order(self.terms, ticket)
        if task.status == meshy.SUCCEEDED:
            return bring(self.terms, ticket, self._url(task), out)
        if task.status in meshy.FAILED:
            raise no_mesh(self.terms, task.said)
        if is_overdue(self.terms, ticket):
            raise too_slow(self.terms)
        raise self._working(ticket, task)

    def _url(self, task: meshy.Task) -> str:
        for kind in FORMATS:
            if url := task.urls.get(kind):
                return url
        raise ResultUnusable(f"The answer of {self.terms.label} names no mesh.")

    def _working(self, ticket: Ticket, task: meshy.Task) -> NotYet:
        far = f"{task.ahead} before it" if task.ahead else f"{task.progress} %"
        wait_s = task.again_s or again_s(age_s(ticket), FIRST_S, LONGEST_S)
        return still_working(self.terms, ticket, far=far, wait_s=min(wait_s, LONGEST_S))


def of(name: str, config: MeshyMesherConfig) -> MeshyMesher:
    """Return the mesher of an entry of the configuration."""
    row = model_of(config.kind, config.model)
    line = line_to("Meshy", config)
    return MeshyMesher(
        name=name,
        model=config.model,
        face_count=config.face_count,
        symmetry=config.symmetry,
        shared_account=config.shared_account,
        price=price_of(config, row.price_usd),
        terms=terms_of(line, row.label, config, meshy.ASSETS),
    )
