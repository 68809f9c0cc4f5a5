"""Depth pictures from Tripo's depth estimator, which measures rather than draws."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from printd.core.errors import NotYet, ResultGone, ResultUnusable
from printd.core.files import sync_folder
from printd.core.relief_settings import ReliefSettings
from printd.core.service_config import TripoDepthConfig
from printd.services import tripo, tripo_orders
from printd.services.fetching import fetch
from printd.services.inline import mime_of
from printd.services.sent import forget
from printd.services.terms import Terms, again_s, age_s, is_overdue, line_to, price_of, terms_of
from printd.services.ticket import PictureWanted, Ticket

LABEL: Final = "Tripo depth"
PRICE_USD: Final = Decimal("0.10")  # an estimate: the provider's price was not seen
HEAD_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class TripoDepth:
    """A ``DepthService``.

    Args:
        name: as in the configuration.
        label: what people call it, and its size.
        size_px: at which it looks at the photo, and the longest side of what it gives.
        detail: of the photo, that is added.
        shared_account: others order on it, too.
        price_usd: of one picture.
        terms: how results come home.
    """

    name: str
    label: str
    size_px: int
    detail: float
    shared_account: bool
    price_usd: Decimal
    terms: Terms

    picture = PictureWanted(longest_px=2048, least_px=64)
    follows_style = False

    def order(self, photo: Path, settings: ReliefSettings, answer: Path) -> Ticket:  # noqa: ARG002
        """See ``DepthService.order``."""
        fields = {"process_res": self.size_px}
        return tripo_orders.order(self.terms.line, self.name, tripo.TO_DEPTH, photo, fields)

    def find(
        self, photo: Path, since: datetime, taken: Collection[str] | None = None
    ) -> Ticket | None:
        """See ``DepthService.find``."""
        is_shared = self.shared_account
        return tripo_orders.find(self.terms, self.name, photo, since, taken, is_shared=is_shared)

    def known(self, order: str) -> Ticket:
        """See ``DepthService.known``."""
        return tripo_orders.known(self.name, order)

    def collect(self, ticket: Ticket, photo: Path, answer: Path) -> None:
        """See ``DepthService.collect``; each look names a fresh address."""
        forget(photo)
        url = tripo_orders.address(self.terms, ticket, tripo.DEPTH, "depth picture")
        fetched = answer.with_name(f"{answer.name}.fetched")
        try:
            fetch(self.terms.line, url, fetched, self.terms.hosts, self.terms.most_bytes)
            _check(fetched)
        except (ResultGone, ResultUnusable) as error:  # a link grown old, a page in between
            if is_overdue(self.terms, ticket):
                raise
            wait_s = again_s(age_s(ticket))
            problem = f"{error.problem} It is fetched again."
            raise NotYet(error.code, problem, again_s=wait_s) from error
        fetched.replace(answer)
        sync_folder(answer.parent)


def of(name: str, config: TripoDepthConfig) -> TripoDepth:
    """Return the service of an entry of the configuration."""
    line = line_to("Tripo", config, explains=tripo.explained)
    return TripoDepth(
        name=name,
        label=f"{LABEL}, {config.size_px} px",
        size_px=config.size_px,
        detail=config.detail,
        shared_account=config.shared_account,
        price_usd=price_of(config, PRICE_USD),
        terms=terms_of(line, LABEL, config, tripo.ASSETS),
    )


def _check(fetched: Path) -> None:
    with fetched.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if mime_of(head) is None:
        fetched.unlink()
        raise ResultUnusable("What has come is no picture.")
