"""Tripo v3.1 by Tripo's own API: never textured."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from printd.core.files import JobFolders
from printd.core.jobs import Facts
from printd.core.mesher_models import model_of
from printd.core.service_config import TripoMesherConfig
from printd.meshers.remote import bring, brought
from printd.services import tripo, tripo_orders
from printd.services.sent import forget
from printd.services.terms import Terms, line_to, price_of, terms_of
from printd.services.ticket import PictureWanted, Ticket


@dataclass(frozen=True, slots=True)
class TripoMesher:
    """A ``Mesher`` that orders at Tripo.

    Args:
        name: as in the configuration.
        fields: of the order, without the picture.
        shared_account: others order on it, too.
        price: of one run, in US dollars, at most.
        terms: how results come home.
    """

    name: str
    fields: Mapping[str, Any]
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
        return tripo_orders.order(self.terms.line, self.name, tripo.TO_MODEL, photo, self.fields)

    def find(
        self, photo: Path, since: datetime, taken: Collection[str] | None = None
    ) -> Ticket | None:
        """See ``Mesher.find``."""
        is_shared = self.shared_account
        return tripo_orders.find(self.terms, self.name, photo, since, taken, is_shared=is_shared)

    def known(self, order: str) -> Ticket:
        """See ``Mesher.known``."""
        return tripo_orders.known(self.name, order)

    def collect(
        self,
        ticket: Ticket,
        photo: Path,
        settings: Facts,  # noqa: ARG002 - of the protocol
        out: Path,
    ) -> Facts:
        """See ``Mesher.collect``; each look names a fresh address of the mesh."""
        forget(photo)
        if (facts := brought(ticket, out)) is not None:
            return facts
        url = tripo_orders.address(self.terms, ticket, tripo.MESHES, "mesh")
        return bring(self.terms, ticket, url, out)


def of(name: str, config: TripoMesherConfig) -> TripoMesher:
    """Return the mesher of an entry of the configuration."""
    row = model_of(config.kind, config.model)
    line = line_to("Tripo", config, explains=tripo.explained)
    return TripoMesher(
        name=name,
        fields=_fields(config),
        shared_account=config.shared_account,
        price=price_of(config, row.price_usd),
        terms=terms_of(line, row.label, config, tripo.ASSETS),
    )


def _fields(config: TripoMesherConfig) -> dict[str, Any]:
    """Return what differs from the provider's defaults; both textures, since one brings the other.

    A number of faces is left out where none is wanted: -1 is refused.
    """
    fields: dict[str, Any] = {
        "model": config.model,
        "texture": False,
        "pbr": False,
        "export_uv": False,
    }
    if config.face_count is not None:
        fields["face_limit"] = config.face_count
    if config.detail != "standard":
        fields["geometry_quality"] = config.detail
    if config.seed is not None:
        fields["model_seed"] = config.seed
    return fields
