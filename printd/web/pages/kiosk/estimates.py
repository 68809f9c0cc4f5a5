"""About what a piece takes, in words: for the screens before it is handed in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from printd.core.config import Config
from printd.core.limits import Quota
from printd.core.prices import SIGNS
from printd.web.drafts import Draft
from printd.web.gone import Gone
from printd.web.pages.kiosk.products import may_change
from printd.web.pages.languages import locale_of, translations
from printd.web.pages.numbers import Numbers
from printd.web.site import Site
from printd.web.visits import Visit

SMALLEST_MM: Final = 20.0
SPARE: Final = 0.96  # of the size that would just fit: it is an estimate
NAMES: Final = ("grams", "hours", "money")


@dataclass(frozen=True, slots=True)
class Over:
    """A limit that a piece is beyond."""

    what: str  # "grams", "hours", "money"
    most: str  # in words
    needs: str
    fits_mm: float | None  # a width that is within it; None: no other size may be chosen


def numbers_of(language: str) -> Numbers:
    """Return how a language writes numbers."""
    return Numbers(locale_of(language), translations(language).gettext)


def figures_of(
    site: Site, visit: Visit, draft: Draft, said: Mapping[str, Any], gone: Gone | None = None
) -> dict[str, Any]:
    """Return what is known of a piece; errors as of ``Previews.figures``."""
    config = site.tools.config
    asked = site.previews.asked(config, visit.recipe, None, said)
    return site.previews.figures(config, draft, asked, gone)


def words_of(site: Site, visit: Visit, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return figures as the screens show them."""
    config = site.tools.config
    language = visit.language or config.kiosk.languages[0]
    numbers = numbers_of(language)
    price = figures["price"]
    return {
        "size": numbers.size(figures["size_mm"]),
        "time": numbers.lasting(figures["seconds"].about),
        "grams": numbers.grams(round(figures["grams"].about)),
        "price": None if price is None else numbers.money(price.amount, price.currency),
    }


def over_limit(site: Site, visit: Visit, figures: Mapping[str, Any]) -> Over | None:
    """Return by how much a piece is beyond what one visit may have; None: it is not."""
    config = site.tools.config
    quota = config.limits.per_visit
    language = visit.language or config.kiosk.languages[0]
    numbers = numbers_of(language)
    price = figures["price"]
    needs = {
        "grams": Decimal(str(figures["grams"].about)),
        "hours": Decimal(str(figures["seconds"].about)) / 3600,
        "money": Decimal(0) if price is None else price.amount,
    }
    for what in NAMES:
        most = _most(quota, what)
        if most is None or needs[what] <= most:
            continue
        return Over(
            what,
            _told(numbers, config, what, most),
            _told(numbers, config, what, needs[what]),
            _fitting_mm(config, visit, figures["size_mm"][0], float(most / needs[what])),
        )
    return None


def _most(quota: Quota, what: str) -> Decimal | None:
    said: Decimal | None = getattr(quota, what)
    return None if said is None else Decimal(said)


def _told(numbers: Numbers, config: Config, what: str, amount: Decimal) -> str:
    if what == "grams":
        return numbers.grams(float(amount))
    if what == "hours":
        return f"{numbers.number(float(amount))} h"
    currency = config.price.currency
    return numbers.money(amount, currency) if currency in SIGNS else f"{amount} {currency}"


def _fitting_mm(config: Config, visit: Visit, width_mm: float, share: float) -> float | None:
    """Return how wide a piece may be that takes this share of what it takes at this width."""
    if not may_change(config, visit.recipe, "width_mm"):
        return None
    fits = math.floor(width_mm * math.sqrt(share) * SPARE)
    return float(fits) if fits >= SMALLEST_MM else None
