"""Hunyuan3D-2 and 2.1 on a machine of one's own: their ``api_server``.

The licence of the weights does not apply in the European Union, the United Kingdom and South
Korea; nothing uses this kind unless somebody configures it. The server answers an order with the
mesh itself, so the order takes as long as the work, and the answer is written beside the photo. It
costs nothing: an order that leaves nothing behind is given again.

Source: the servers' own code (seen 2026-11-22): whatever goes wrong in ``/generate`` is answered
404, and ``/send`` never tells of a failure, which is why it is not used.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from printd.core.errors import PrintdError, ServiceFailed, SettingInvalid
from printd.core.files import JobFolders
from printd.core.jobs import Facts
from printd.core.mesher_models import model_of
from printd.core.service_config import Argument, HunyuanServerMesherConfig
from printd.meshers.at_home import CostsNothing, without_debt
from printd.meshers.remote import brought, keep, merged
from printd.services.inline import base64_of, content_of
from printd.services.line import Line, Waits, said
from printd.services.terms import Terms, terms_of, ticket_of
from printd.services.ticket import PictureWanted, Ticket

PICTURE: Final = PictureWanted(format="png", longest_px=1024, least_px=128, most_bytes=8_000_000)
SEEDS: Final = 2**32
SERVER: Final = "The Hunyuan3D server"


def explain(answer: httpx.Response) -> PrintdError | None:
    """Return what a refusal means: 404 is whatever went wrong, also a picture that it cannot read.

    A server that has no such address answers 404, too, but without an ``error_code``.
    """
    if answer.status_code == httpx.codes.NOT_FOUND and "error_code" in answer.text[:1000]:
        return ServiceFailed(
            f"{SERVER} made no mesh: {said(answer)}.",
            action="Look into the log of the server: often its memory is too small for "
            "`octree_resolution`. Then run `printd retry JOB`.",
        )
    return None


@dataclass(frozen=True, slots=True)
class HunyuanServerMesher(CostsNothing):
    """A ``Mesher`` that asks a server at home.

    Args:
        name: as in the configuration.
        inputs: of the server, without the picture.
        terms: how results come home.
    """

    name: str
    inputs: Mapping[str, Argument]
    terms: Terms

    raw = JobFolders.RAW_FOREIGN
    picture = PICTURE

    def order(self, photo: Path, settings: Facts) -> Ticket:  # noqa: ARG002 - of the protocol
        """See ``Mesher.order``; returns when the mesh is there."""
        order = secrets.token_hex(6)
        answer = photo.with_name(f"answer-{order}.mesh")
        picture = base64_of(content_of(photo))
        # Without one of its own an order would have the server's, and all shapes would be the same.
        body: dict[str, Any] = {"seed": secrets.randbelow(SEEDS), **self.inputs, "image": picture}
        with without_debt(self.terms):
            self.terms.line.order(
                "/generate", into=answer, most_bytes=self.terms.most_bytes, json=body
            )
        return ticket_of(self.name, order, file=answer.name)

    def known(self, order: str) -> Ticket:
        """See ``Mesher.known``."""
        raise SettingInvalid(
            f"{SERVER} keeps no orders, so {order!r} is none of it.",
            action="Say `not-accepted` instead: to order it again costs nothing.",
        )

    def collect(
        self,
        ticket: Ticket,
        photo: Path,
        settings: Facts,  # noqa: ARG002 - of the protocol
        out: Path,
    ) -> Facts:
        """See ``Mesher.collect``; the answer only has to be looked at."""
        if (facts := brought(ticket, out)) is not None:
            return facts
        answer = photo.with_name(ticket.details["file"])
        if not answer.is_file():
            raise ServiceFailed(f"The answer of {SERVER} is not in the job's folder any more.")
        return keep(self.terms, ticket, answer, out)


def of(name: str, config: HunyuanServerMesherConfig) -> HunyuanServerMesher:
    """Return the mesher of an entry of the configuration.

    Raises:
        ValueError: an argument cannot be what is written.
    """
    own: dict[str, Argument] = {
        "octree_resolution": config.octree_resolution,
        "num_inference_steps": config.steps,
        "guidance_scale": config.guidance,
        "texture": False,
    }
    if config.seed is not None:
        own["seed"] = config.seed
    if config.model == "2.1":
        own |= {"remove_background": True, "face_count": config.face_count}
    else:
        own |= {"type": "stl"}
    line = Line.open(
        SERVER,
        config.base_url,
        key_file=config.key_file,
        # An order takes as long as the work.
        waits=Waits(
            config.connect_s, config.order_timeout_s, config.stall_s, config.order_timeout_s
        ),
        explains=explain,
        ca_file=config.ca_file,
    )
    row = model_of(config.kind, config.model)
    terms = terms_of(line, row.label, config)
    return HunyuanServerMesher(name, merged(own, config.arguments, "image"), terms)
