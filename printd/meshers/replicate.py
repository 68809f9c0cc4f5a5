"""Models at Replicate: TRELLIS, Hunyuan3D 3.1, Rodin Gen-2.

Which upload an order names is written beside the photo before the order is sent. Replicate lists
the orders of an account with what they were given, so a lost order is found by that address: each
order has an upload of its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from printd.core.clock import to_text
from printd.core.errors import (
    OrderInDoubt,
    ResultGone,
    ResultUnusable,
    ServiceFailed,
    ServiceRetired,
    SettingInvalid,
)
from printd.core.files import JobFolders
from printd.core.jobs import Facts
from printd.core.mesher_models import model_of
from printd.core.service_config import Argument, ReplicateMesherConfig
from printd.meshers.remote import bring, brought, merged, no_mesh, pick
from printd.services.replicate import Replicate, explain
from printd.services.sent import forget, may_still_show, sending, sent, sent_at
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
    while_in_doubt,
    while_ordered,
)
from printd.services.ticket import PictureWanted, Ticket

PICTURE: Final = PictureWanted(longest_px=1536, least_px=128, most_bytes=6_000_000)
ID: Final = re.compile(r"[a-z0-9]{8,64}")


@dataclass(frozen=True, slots=True)
class ReplicateModel:
    """A model, as Replicate knows it.

    Attributes:
        slug: ``owner/name``.
        version: its hash; None: an official model.
        image: the argument that is the picture; ``is_list``: it wants several.
        inputs: what a print wants.
        seed: the argument of that name, if it has one; ``face_count``: likewise.
        with_seed: what is needed besides for a seed to count.
        formats: of the results, the best first.
        picture: that it takes.
    """

    slug: str
    version: str | None
    image: str
    is_list: bool
    inputs: Mapping[str, Argument]
    seed: str | None
    face_count: str | None
    formats: tuple[str, ...]
    with_seed: Mapping[str, Argument] = field(default_factory=dict)
    picture: PictureWanted = PICTURE


# Source: the models' pages at replicate.com, seen 2026-11-22. TRELLIS gives no mesh at all unless
# ``generate_model`` is true, and takes no notice of a seed unless ``randomize_seed`` is false.
# Rodin refuses the mesh mode Triangle.
MODELS: Final[Mapping[str, ReplicateModel]] = MappingProxyType(
    {
        "trellis": ReplicateModel(
            slug="firtoz/trellis",
            version="4876f2a8da1c544772dffa32e8889da4a1bab3a1f5c1937bfcfccb99ae347251",
            image="images",
            is_list=True,
            inputs={
                "generate_model": True,
                "generate_color": False,
                "generate_normal": False,
                "save_gaussian_ply": False,
                "texture_size": 512,
                "mesh_simplify": 0.9,
            },
            seed="seed",
            with_seed={"randomize_seed": False},
            face_count=None,
            formats=("glb",),
        ),
        "hunyuan3d-3.1": ReplicateModel(
            slug="tencent/hunyuan-3d-3.1",
            version=None,
            image="image",
            is_list=False,
            inputs={"generate_type": "Geometry", "face_count": 500_000},
            seed=None,
            face_count="face_count",
            formats=("glb", "obj", "stl"),
        ),
        "rodin-2": ReplicateModel(
            slug="hyper3d/rodin",
            version=None,
            image="images",
            is_list=True,
            inputs={"geometry_file_format": "stl", "mesh_mode": "Raw", "quality_override": 150_000},
            seed="seed",
            face_count="quality_override",
            formats=("stl", "glb", "obj"),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class ReplicateMesher:
    """A ``Mesher`` that orders at Replicate.

    Args:
        name: as in the configuration.
        model: that makes the mesh.
        inputs: of the model, without the picture.
        version: of the model; None: an official one.
        price: of one run, in US dollars, at most.
        terms: how results come home.
    """

    name: str
    model: ReplicateModel
    inputs: Mapping[str, Argument]
    version: str | None
    price: Decimal
    terms: Terms

    raw = JobFolders.RAW_FOREIGN

    @property
    def picture(self) -> PictureWanted:
        """See ``Mesher.picture``."""
        return self.model.picture

    @property
    def _service(self) -> Replicate:
        return Replicate(self.terms.line)

    def price_usd(self, photo: Path, settings: Facts) -> Decimal:  # noqa: ARG002 - of the protocol
        """See ``Mesher.price_usd``."""
        return self.price

    def order(self, photo: Path, settings: Facts) -> Ticket:  # noqa: ARG002 - of the protocol
        """See ``Mesher.order``."""
        uploaded = self._service.upload(photo)
        address = uploaded.address
        given = [address] if self.model.is_list else address
        inputs = {**self.inputs, self.model.image: given}
        with sending(photo, self.name, upload=address, made=uploaded.made):
            prediction = self._service.create(self.model.slug, self.version, inputs)
        if not _is_id(prediction.get("id")):
            raise self.terms.line.in_doubt("it named no order")
        return ticket_of(self.name, prediction["id"])

    def find(
        self,
        photo: Path,
        since: datetime,
        taken: Collection[str] | None = None,  # noqa: ARG002 - of the protocol
    ) -> Ticket | None:
        """See ``Mesher.find``; an order that names our upload is ours, and no other is."""
        note = sent(photo, self.name)
        if note is None:
            return None
        with while_in_doubt(self.terms.line):
            # By the clock of Replicate, where it is known: ours may be wrong.
            listed = self._service.since(note["made"] or to_text(since))
        ours = [entry for entry in listed if _names(entry.get("input"), note["upload"])]
        if len(ours) == 1 and _is_id(ours[0].get("id")):
            return ticket_of(self.name, ours[0]["id"], at=sent_at(note))
        if ours or any(self._may_be_ours(entry) for entry in listed):
            raise OrderInDoubt(
                f"{self.terms.label} does not show any more which picture an order was for."
            )
        if may_still_show(note, self.terms.lands_s):
            raise self.terms.line.in_doubt("its list does not show it, which may change")
        return None

    def _may_be_ours(self, entry: Mapping[str, Any]) -> bool:
        """Return whether an order is of this model, and nothing shows what it was given."""
        is_model = entry.get("model") == self.model.slug or (
            self.version is not None and entry.get("version") == self.version
        )
        return is_model and entry.get("source") != "web" and not entry.get("input")

    def known(self, order: str) -> Ticket:
        """See ``Mesher.known``."""
        if not _is_id(order):
            raise SettingInvalid(
                f"{order!r} is no order of Replicate: 26 small letters and digits.",
                action="Copy the ID of the prediction from your account at Replicate.",
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
        forget(photo)  # the ticket says more now
        if (facts := brought(ticket, out)) is not None:
            return facts
        with while_ordered():
            try:
                prediction = self._service.read(ticket.order)
                if _is_working(prediction) and is_overdue(self.terms, ticket):
                    prediction = self._service.cancel(ticket.order)
            except ServiceRetired as error:
                raise unknown_order(self.terms, ticket) from error
        return self._bring(prediction, ticket, out)

    def _bring(self, prediction: Mapping[str, Any], ticket: Ticket, out: Path) -> Facts:
        status = prediction.get("status")
        if status == "succeeded":
            return self._bring_output(prediction, ticket, out)
        words = str(prediction.get("error") or "")[:300].strip()
        if status == "failed":
            raise no_mesh(self.terms, words)
        if is_overdue(self.terms, ticket):
            raise too_slow(self.terms)
        if _is_working(prediction):
            raise still_working(self.terms, ticket)
        why = words or "no reason given"
        raise ServiceFailed(f"{self.terms.label} ended the order as {status!r}: {why}.")

    def _bring_output(self, prediction: Mapping[str, Any], ticket: Ticket, out: Path) -> Facts:
        output = prediction.get("output")
        if output is None and prediction.get("data_removed"):
            raise ResultGone(f"{self.terms.label} has deleted its mesh, as it does after an hour.")
        url = pick(output, self.model.formats)
        if url is None:
            raise ResultUnusable(f"The answer of {self.terms.label} names no mesh.")
        return bring(self.terms, ticket, url, out)


def of(name: str, config: ReplicateMesherConfig) -> ReplicateMesher:
    """Return the mesher of an entry of the configuration.

    Raises:
        ValueError: an argument cannot be what is written.
    """
    model = MODELS[config.model]
    row = model_of(config.kind, config.model)
    line = line_to("Replicate", config, explains=explain)
    terms = terms_of(line, row.label, config, with_key=config.hosts_with_key)
    own: dict[str, Argument] = dict(model.inputs)
    if model.face_count is not None and config.face_count is not None:
        own[model.face_count] = config.face_count
    if model.seed is not None and config.seed is not None:
        own |= {model.seed: config.seed, **model.with_seed}
    return ReplicateMesher(
        name,
        model,
        merged(own, config.arguments, model.image),
        config.version or model.version,
        price_of(config, row.price_usd),
        terms,
    )


def _is_id(value: object) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def _is_working(prediction: Mapping[str, Any]) -> bool:
    """Return whether it goes on; a status that nobody knows does until it has an end."""
    status = prediction.get("status")
    if status in ("starting", "processing"):
        return True
    known = status in ("succeeded", "failed", "canceled", "aborted")
    return not known and prediction.get("completed_at") is None


def _names(given: Any, address: str) -> bool:
    """Return whether what an order was given holds an address."""
    values = given.values() if isinstance(given, dict) else ()
    return any(
        value == address or (isinstance(value, list) and address in value) for value in values
    )
