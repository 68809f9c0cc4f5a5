"""Models at fal: TRELLIS 2 and Hunyuan3D 3.1.

The picture goes along inside the order. fal lists no orders, so of one whose answer was lost only
its owner can tell, by the history in their account.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from printd.core.errors import (
    OrderInDoubt,
    ResultUnusable,
    ServiceFailed,
    ServiceModerated,
    ServiceRetired,
    SettingInvalid,
)
from printd.core.files import JobFolders
from printd.core.jobs import Facts
from printd.core.mesher_models import model_of
from printd.core.service_config import Argument, FalMesherConfig
from printd.meshers.remote import bring, brought, merged, pick
from printd.services.fal import Fal, explain
from printd.services.inline import content_of, data_uri
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
    unknown_order,
    while_ordered,
)
from printd.services.ticket import PictureWanted, Ticket

ASSETS: Final = ("fal.media", ".fal.media")  # v3.fal.media, v3b.fal.media
PICTURE: Final = PictureWanted(longest_px=1536, least_px=128, most_bytes=3_000_000)
FORMATS: Final = ("glb", "stl", "obj")


@dataclass(frozen=True, slots=True)
class FalModel:
    """A model, as fal knows it.

    Attributes:
        endpoint: ``owner/app/path``.
        image: the argument that is the picture.
        inputs: what a print wants.
        face_count: the argument that sets how many faces there are, if there is one; ``seed``:
            likewise.
    """

    endpoint: str
    image: str
    inputs: Mapping[str, Argument]
    face_count: str | None = None
    seed: str | None = None


def _trellis(resolution: int) -> FalModel:
    return FalModel(
        endpoint="fal-ai/trellis-2",
        image="image_url",
        inputs={"resolution": resolution, "texture_size": 1024},
        face_count="decimation_target",
        seed="seed",
    )


# Source: the models' pages at fal.ai, seen 2026-11-22. Whether ``resolution`` is a number or a word
# there is not certain: a number is sent, ``arguments: {resolution: "1024"}`` sends the word.
MODELS: Final[Mapping[str, FalModel]] = MappingProxyType(
    {
        "trellis-2-512": _trellis(512),
        "trellis-2-1024": _trellis(1024),
        "trellis-2-1536": _trellis(1536),
        "hunyuan3d-3.1": FalModel(
            endpoint="fal-ai/hunyuan-3d/v3.1/pro/image-to-3d",
            image="input_image_url",
            inputs={"generate_type": "Geometry", "face_count": 500_000},
            face_count="face_count",
        ),
        "hunyuan3d-3.1-rapid": FalModel(
            endpoint="fal-ai/hunyuan-3d/v3.1/rapid/image-to-3d",
            image="input_image_url",
            inputs={"enable_geometry": True},
        ),
    }
)


@dataclass(frozen=True, slots=True)
class FalMesher:
    """A ``Mesher`` that orders at fal.

    Args:
        name: as in the configuration.
        model: that makes the mesh.
        inputs: of the model, without the picture.
        price: of one run, in US dollars, at most.
        terms: how results come home.
    """

    name: str
    model: FalModel
    inputs: Mapping[str, Argument]
    price: Decimal
    terms: Terms

    raw = JobFolders.RAW_FOREIGN
    picture = PICTURE

    @property
    def _service(self) -> Fal:
        return Fal(self.terms.line)

    def price_usd(self, photo: Path, settings: Facts) -> Decimal:  # noqa: ARG002 - of the protocol
        """See ``Mesher.price_usd``."""
        return self.price

    def order(self, photo: Path, settings: Facts) -> Ticket:  # noqa: ARG002 - of the protocol
        """See ``Mesher.order``."""
        picture = data_uri(content_of(photo))
        arguments = {**self.inputs, self.model.image: picture}
        with sending(photo, self.name):
            queued = self._service.submit(self.model.endpoint, arguments)
        return ticket_of(self.name, queued.request_id, **queued.as_details())

    def find(
        self,
        photo: Path,
        since: datetime,  # noqa: ARG002 - of the protocol
        taken: Collection[str] | None = None,  # noqa: ARG002
    ) -> Ticket | None:
        """See ``Mesher.find``; nobody but the owner of the account can look for what was sent."""
        if sent(photo, self.name) is None:
            return None
        raise OrderInDoubt("fal lists no orders, so whether it has accepted this one is not known.")

    def known(self, order: str) -> Ticket:
        """See ``Mesher.known``."""
        try:
            request_id = str(uuid.UUID(order))
        except ValueError as error:
            raise SettingInvalid(
                f"{order!r} is no request of fal, such as 11111111-2222-4333-8444-555555555555.",
                action="Copy the ID of the request from the history in your account at fal.",
            ) from error
        queued = self._service.queued(self.model.endpoint, request_id)
        return ticket_of(self.name, request_id, **queued.as_details())

    def collect(
        self,
        ticket: Ticket,
        photo: Path,
        settings: Facts,  # noqa: ARG002 - of the protocol
        out: Path,
    ) -> Facts:
        """See ``Mesher.collect``."""
        forget(photo)  # the ticket says more now
        if (facts := brought(ticket, out)) is not None:
            return facts
        with while_ordered():
            try:
                status = self._service.status(ticket.details["status_url"])
            except ServiceRetired as error:
                raise unknown_order(self.terms, ticket) from error
            self._check(status, ticket)
            output = self._service.result(ticket.details["response_url"])
        url = pick(output, FORMATS)
        if url is None:
            raise ResultUnusable(f"The answer of {self.terms.label} names no mesh.")
        return bring(self.terms, ticket, url, out)

    def _check(self, status: Mapping[str, Any], ticket: Ticket) -> None:
        """Return when there is a result to be asked for; a status that nobody knows goes on."""
        if status.get("status") != "COMPLETED":
            if not is_overdue(self.terms, ticket):
                raise still_working(self.terms, ticket)
            self._service.cancel(ticket.details["cancel_url"])
            raise too_slow(self.terms)
        kind, error = status.get("error_type"), status.get("error")
        if kind == "content_policy_violation":
            raise ServiceModerated(f"{self.terms.label} will not have this picture.")
        if kind or error:
            words = str(error or kind)[:300].strip().rstrip(".")
            raise ServiceFailed(f"{self.terms.label} could not make a mesh: {words}.")


def of(name: str, config: FalMesherConfig) -> FalMesher:
    """Return the mesher of an entry of the configuration.

    Raises:
        ValueError: an argument cannot be what is written.
    """
    model = MODELS[config.model]
    row = model_of(config.kind, config.model)
    line = line_to("fal", config, key_header=("Authorization", "Key "), explains=explain)
    own: dict[str, Argument] = dict(model.inputs)
    for argument, value in ((model.face_count, config.face_count), (model.seed, config.seed)):
        if argument is not None and value is not None:
            own[argument] = value
    return FalMesher(
        name,
        model,
        merged(own, config.arguments, model.image),
        price_of(config, row.price_usd),
        terms_of(line, row.label, config, names=ASSETS),
    )
