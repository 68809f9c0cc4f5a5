"""Depth pictures from Google's image models: Nano Banana 2, Nano Banana Pro, image editing.

The answer to the order is the picture; nothing at Google remembers it. It is not asked for again
when it is lost: what may have been paid is for a person to decide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from printd.core.errors import OrderInDoubt, ResultGone, SettingInvalid
from printd.core.relief_settings import ReliefSettings
from printd.core.service_config import GeminiDepthConfig
from printd.depth.prompts import height_map_prompt
from printd.services import gemini
from printd.services.gemini_models import MODELS
from printd.services.inline import content_of
from printd.services.line import Line
from printd.services.picturesize import size_of
from printd.services.sent import forget, sending, sent
from printd.services.terms import price_of, ticket_of
from printd.services.ticket import PictureWanted, Ticket


@dataclass(frozen=True, slots=True)
class GeminiDepth:
    """A ``DepthService``.

    Args:
        name: as in the configuration.
        label: what people call it, and its size.
        model: its id.
        size: 1K, 2K, 4K.
        price_usd: of one picture.
        line: to Gemini.
    """

    name: str
    label: str
    model: str
    size: str
    price_usd: Decimal
    line: Line

    picture = PictureWanted(longest_px=2048, least_px=64, most_bytes=gemini.MOST_BYTES)
    follows_style = True
    detail = 0.0

    def order(self, photo: Path, settings: ReliefSettings, answer: Path) -> Ticket:
        """See ``DepthService.order``; the picture is at ``answer`` when this returns."""
        content = content_of(photo)
        size = size_of(content)
        drawing = gemini.Drawing(
            height_map_prompt(settings.style),
            self.size,
            content,
            aspect=None if size is None else gemini.ratio_named(*size),
        )
        with sending(photo, self.name, answer=answer.name):
            picture = gemini.draw(self.line, self.model, drawing)
            gemini.keep(self.line, picture, answer)
        return self._ticket(picture)

    def find(
        self,
        photo: Path,
        since: datetime,  # noqa: ARG002 - of the protocol
        taken: Collection[str] | None = None,  # noqa: ARG002
    ) -> Ticket | None:
        """See ``DepthService.find``; the answer itself is the only trace of an order."""
        note = sent(photo, self.name)
        if note is None:
            return None
        answer = photo.with_name(note["answer"])
        if answer.is_file():
            return self._ticket(content_of(answer))
        raise OrderInDoubt(
            f"{self.label} may have drawn the depth picture; its answer was lost, and cannot be "
            f"fetched again. It costs up to ${self.price_usd:.2f}.",
            action="Run `printd resolve JOB lost` if you would rather pay once more than do "
            "without, or `printd cancel JOB`.",
        )

    def known(self, order: str) -> Ticket:
        """See ``DepthService.known``; no account shows such an order."""
        raise SettingInvalid(
            f"{order!r} cannot be fetched: {self.label} keeps no orders.",
            action="Say `lost` or `not-accepted` instead.",
        )

    def collect(self, ticket: Ticket, photo: Path, answer: Path) -> None:  # noqa: ARG002
        """See ``DepthService.collect``; it came with the answer."""
        forget(photo)
        if not answer.is_file():
            raise ResultGone(f"The depth picture of {self.label} is not there any more.")

    def _ticket(self, picture: bytes) -> Ticket:
        return ticket_of(self.name, hashlib.sha256(picture).hexdigest())


def of(name: str, config: GeminiDepthConfig) -> GeminiDepth:
    """Return the service of an entry of the configuration."""
    model = MODELS[config.model]
    price = price_of(config, model.prices_usd[config.size])
    label = f"{model.label}, {config.size}"
    return GeminiDepth(
        name, label, config.id or model.id, config.size, price, gemini.line_of(config)
    )
