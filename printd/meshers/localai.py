"""TRELLIS 2 in a LocalAI of one's own: one request, one mesh, which LocalAI keeps.

``print_remesh`` has it wrap the raw mesh, whose skins are double and unoriented, into one closed
body. It costs nothing: an order that leaves nothing behind is given again.

Source: localai.io, 3D generation (seen 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from printd.core.errors import ServiceFailed, SettingInvalid
from printd.core.files import JobFolders
from printd.core.jobs import Facts
from printd.core.mesher_models import model_of
from printd.core.service_config import Argument, LocalAiMesherConfig
from printd.meshers.at_home import CostsNothing, without_debt
from printd.meshers.remote import bring, brought, merged
from printd.services.inline import content_of, data_uri
from printd.services.line import Line, Waits
from printd.services.terms import Terms, terms_of, ticket_of, while_ordered
from printd.services.ticket import PictureWanted, Ticket

PICTURE: Final = PictureWanted(format="png", longest_px=1024, least_px=128, most_bytes=8_000_000)


@dataclass(frozen=True, slots=True)
class LocalAiMesher(CostsNothing):
    """A ``Mesher`` that asks a LocalAI at home.

    Args:
        name: as in the configuration.
        inputs: of the request, without picture and ``params``.
        params: of the model.
        terms: how results come home.
    """

    name: str
    inputs: Mapping[str, Argument]
    params: Mapping[str, Argument]
    terms: Terms

    raw = JobFolders.RAW_FOREIGN
    picture = PICTURE

    def order(self, photo: Path, settings: Facts) -> Ticket:  # noqa: ARG002 - of the protocol
        """See ``Mesher.order``; returns when the mesh is made."""
        line = self.terms.line
        body = {
            **self.inputs,
            "image": data_uri(content_of(photo)),
            "response_format": "url",
            "params": dict(self.params),
        }
        with without_debt(self.terms):
            answer = line.accepted(line.order("/3d/generations", json=body))
        url = _address(answer)
        if url is None:
            raise ServiceFailed("The answer of LocalAI names no mesh.")
        return ticket_of(self.name, str(answer.get("id") or url), url=url)

    def known(self, order: str) -> Ticket:
        """See ``Mesher.known``."""
        raise SettingInvalid(
            f"LocalAI lists no orders, so {order!r} cannot be looked for.",
            action="Say `not-accepted` instead: to order it again costs nothing.",
        )

    def collect(
        self,
        ticket: Ticket,
        photo: Path,  # noqa: ARG002 - of the protocol
        settings: Facts,  # noqa: ARG002 - of the protocol
        out: Path,
    ) -> Facts:
        """See ``Mesher.collect``."""
        if (facts := brought(ticket, out)) is not None:
            return facts
        with while_ordered():
            url = self.terms.line.own_address(ticket.details["url"])
        return bring(self.terms, ticket, url, out)


def of(name: str, config: LocalAiMesherConfig) -> LocalAiMesher:
    """Return the mesher of an entry of the configuration.

    Raises:
        ValueError: an argument cannot be what is written.
    """
    inputs: dict[str, Argument] = {"model": config.model, "quality": config.quality}
    if config.seed is not None:
        inputs["seed"] = config.seed
    line = Line.open(
        "LocalAI",
        config.base_url,
        key_file=config.key_file,
        # An order takes as long as the work.
        waits=Waits(config.connect_s, config.order_timeout_s, config.stall_s, config.download_s),
        ca_file=config.ca_file,
    )
    row = model_of(config.kind, config.model)
    itself = httpx.URL(config.base_url).netloc.decode("ascii")
    with_key = [itself] if config.key_file is not None else []
    terms = terms_of(line, row.label, config, names=[itself], with_key=with_key)
    own: dict[str, Argument] = {"print_remesh": "true", "components": "largest"}
    return LocalAiMesher(name, inputs, merged(own, config.arguments), terms)


def _address(answer: Mapping[str, Any]) -> str | None:
    """Return where the mesh of an answer lies: a path on the same server, or the whole address."""
    entries = answer.get("data")
    for entry in entries if isinstance(entries, list) else ():
        url = entry.get("url") if isinstance(entry, dict) else None
        if isinstance(url, str) and url.startswith(("/", "http://", "https://")):
            return url
    return None
