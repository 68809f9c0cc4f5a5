"""Rodin Gen-2 by Hyper3D's own API: triangles, an STL from the service."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from printd.core.errors import (
    OrderInDoubt,
    ResultUnusable,
    ServiceFailed,
    ServiceFailure,
    SettingInvalid,
)
from printd.core.files import JobFolders
from printd.core.jobs import Facts
from printd.core.mesher_models import model_of
from printd.core.service_config import RodinMesherConfig
from printd.meshers.remote import bring, brought
from printd.services import rodin
from printd.services.inline import content_of, mime_of
from printd.services.sent import forget, sending, sent
from printd.services.terms import (
    Terms,
    is_overdue,
    line_to,
    price_of,
    still_working,
    terms_of,
    ticket_of,
    too_slow,
    while_ordered,
)
from printd.services.ticket import PictureWanted, Ticket

FORMATS: Final = ("stl", "glb", "obj")  # the best first; the rest are textures and pictures
AGAIN_S: Final = 10.0  # it asks not to be asked often


@dataclass(frozen=True, slots=True)
class RodinMesher:
    """A ``Mesher`` that orders at Hyper3D.

    Args:
        name: as in the configuration.
        fields: of the form, without the picture.
        price: of one run, in US dollars, at most.
        terms: how results come home.
    """

    name: str
    fields: Mapping[str, str]
    price: Decimal
    terms: Terms

    raw = JobFolders.RAW_FOREIGN
    picture = PictureWanted()

    def price_usd(self, photo: Path, settings: Facts) -> Decimal:  # noqa: ARG002 - of the protocol
        """See ``Mesher.price_usd``."""
        return self.price

    def order(self, photo: Path, settings: Facts) -> Ticket:  # noqa: ARG002 - of the protocol
        """See ``Mesher.order``."""
        content = content_of(photo)
        mime = mime_of(content) or "image/jpeg"
        name = "picture.png" if mime == "image/png" else "picture.jpg"
        with sending(photo, self.name):
            names = rodin.create(self.terms.line, (name, content, mime), self.fields)
        return ticket_of(self.name, names.as_text())

    def find(
        self,
        photo: Path,
        since: datetime,  # noqa: ARG002 - of the protocol
        taken: Collection[str] | None = None,  # noqa: ARG002
    ) -> Ticket | None:
        """See ``Mesher.find``; this service has no list."""
        if sent(photo, self.name) is None:
            return None
        raise OrderInDoubt(
            f"{self.terms.label} may have accepted the order, and has no list of orders.",
            action="Look into your account at Hyper3D: was this picture accepted? Then run "
            "`printd resolve JOB accepted --order UUID`, `lost` or `not-accepted`.",
        )

    def known(self, order: str) -> Ticket:
        """See ``Mesher.known``; the task's name, or ``uuid:subscription_key``."""
        names = rodin.Names.of(order)
        if names is None:
            raise SettingInvalid(
                f"{order!r} is no order of Rodin.",
                action="Copy the UUID of the task from your account at Hyper3D.",
            )
        return ticket_of(self.name, names.as_text())

    def collect(
        self,
        ticket: Ticket,
        photo: Path,
        settings: Facts,  # noqa: ARG002 - of the protocol
        out: Path,
    ) -> Facts:
        """See ``Mesher.collect``; a link that has expired is asked for anew each time."""
        forget(photo)
        if (facts := brought(ticket, out)) is not None:
            return facts
        names = rodin.Names.of(ticket.order)
        assert names is not None  # noqa: S101  ``order`` and ``known`` see to it
        with while_ordered():
            states = rodin.states(self.terms.line, names.key) if names.key else []
            if rodin.FAILED in states:
                raise ServiceFailed(f"{self.terms.label} could not make a mesh.")
            done = states.count(rodin.DONE)
            is_ready = done == len(states) and bool(states or not names.key)
            files = rodin.files(self.terms.line, names.task) if is_ready else []
        if url := _mesh_among(files):
            return bring(self.terms, ticket, url, out)
        if is_overdue(self.terms, ticket):
            raise self._given_up(is_ready=bool(states) and is_ready)
        far = f"{done} of {len(states)} parts" if states else ""
        raise still_working(self.terms, ticket, far=far, wait_s=AGAIN_S)

    def _given_up(self, *, is_ready: bool) -> ServiceFailure:
        if is_ready:
            return ResultUnusable(f"The answer of {self.terms.label} names no mesh.")
        return too_slow(self.terms)


def of(name: str, config: RodinMesherConfig) -> RodinMesher:
    """Return the mesher of an entry of the configuration."""
    row = model_of(config.kind, config.model)
    line = line_to("Rodin", config)
    return RodinMesher(
        name=name,
        fields=_fields(config),
        price=price_of(config, row.price_usd),
        terms=terms_of(line, row.label, config, rodin.ASSETS),
    )


def _fields(config: RodinMesherConfig) -> dict[str, str]:
    """Return what a print wants; the service knows the mesh modes Quad and Raw only."""
    fields = {
        "tier": config.model,
        "geometry_file_format": "stl",
        "mesh_mode": "Raw",
        "quality_override": str(config.face_count),
    }
    if config.seed is not None:
        fields["seed"] = str(config.seed)
    return fields


def _mesh_among(files: list[rodin.File]) -> str | None:
    for kind in FORMATS:
        for file in files:
            if file.ending == kind:
                return file.url
    return None
