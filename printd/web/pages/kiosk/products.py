"""What can be made here: the tiles of the kiosk, with about what each takes, or why not now.

What a print takes is known exactly when it is sliced. Before, the last prints of the same recipe
say it; where there are none, what such a piece usually takes.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from printd.core.board import Condition
from printd.core.config import Config
from printd.core.errors import ConfigInvalid, PrintdError
from printd.core.matching import Offer
from printd.core.mesher_config import ReliefMesherConfig
from printd.core.prices import Money, price_of
from printd.core.recipe_config import RecipeConfig
from printd.core.recipes import order_for
from printd.core.relief_settings import DEFAULT_WIDTH_MM, ReliefSettings
from printd.core.secretfile import read_secret
from printd.web.pages.kiosk.refusals import N_
from printd.web.site import Site
from printd.web.view import Sight

LAST: Final = 20  # prints of a recipe, of which the middle one counts
DENSITY: Final = 1.24  # g/cm³ of PLA
FLOW_MM3_S: Final = 4.0  # of a usual profile, with its travels; an estimate, told as "about"
START_S: Final = 300.0  # of warming up
_TAKEN: Final = (
    "SELECT json_extract(facts, '$.gcode.print_time_s') AS s,"
    " json_extract(facts, '$.gcode.filament_g') AS g FROM job"
    " WHERE recipe = ? AND json_extract(facts, '$.gcode.print_time_s') IS NOT NULL"
    " ORDER BY number DESC LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Product:
    """One tile."""

    recipe: str
    label: str
    picture: str  # below ``img/kiosk/``
    seconds: float | None = None  # about; None: nobody knows
    price: Money | None = None
    why_not: str = ""  # in English, to be translated; "": it can be made


@dataclass(frozen=True, slots=True)
class House:
    """Whether prints begin now."""

    state: str  # "open", "closed", "paused", "out"
    opens_at: datetime | None = None


def products(site: Site) -> list[Product]:
    """Return the tiles, in the order of the configuration."""
    config = site.tools.config
    names = config.kiosk.recipes or list(config.recipes)
    return [_product(site, config, name) for name in names if name in config.recipes]


def label_of(config: Config, recipe: str) -> str:
    """Return what a recipe makes, as people call it."""
    chosen = config.recipes[recipe]
    return chosen.label or (N_("Relief") if recipe == "default" else recipe.capitalize())


def is_relief(config: Config, recipe: str) -> bool:
    """Return whether the shape is made here, from the photo itself, so that it can be seen."""
    mesher = config.recipes[recipe].meshers()[0]
    return isinstance(config.meshers.get(mesher), ReliefMesherConfig)


def settings_of(config: Config, recipe: str) -> ReliefSettings:
    """Return the settings of a relief as its recipe has them."""
    return ReliefSettings.of(order_for(config, recipe, {}).settings["relief"])


def may_change(config: Config, recipe: str, *names: str) -> bool:
    """Return whether the recipe lets people change these settings."""
    allowed = config.recipes[recipe].may_change
    return allowed == "all" or all(name in allowed for name in names)


def services_of(config: Config, recipe: str) -> list[str]:
    """Return who beyond this house sees the photo, as they are called."""
    chosen = config.recipes[recipe]
    away = [
        name
        for name in chosen.meshers()
        if not isinstance(config.meshers.get(name), ReliefMesherConfig)
    ]
    depths = [
        mesher.depth
        for name in chosen.meshers()
        if isinstance(mesher := config.meshers.get(name), ReliefMesherConfig)
        and getattr(config.depth.get(mesher.depth), "key_file", None) is not None
    ]
    return [*away, *depths]


def house_now(site: Site) -> House:
    """Return whether prints begin now, and when if not."""
    sight = site.view.sight()
    offers = [offer for offer in sight.offers if _is_in_service(offer)]
    if sight.paused is not None:
        return House("paused")
    if not offers:
        return House("out")
    if any(offer.doors is None or offer.doors.may_start() for offer in offers):
        return House("open")
    return House("closed", min((at for offer in offers if (at := _opens_at(offer))), default=None))


def _opens_at(offer: Offer) -> datetime | None:
    return getattr(offer.doors, "starts_at", None)


def _is_in_service(offer: Offer) -> bool:
    status = offer.row.status
    is_there = status is not None and status.condition is not Condition.OFFLINE
    return is_there and offer.row.out_of_service is None


def _product(site: Site, config: Config, name: str) -> Product:
    recipe = config.recipes[name]
    seconds, price = _takes(site, config, name)
    return Product(
        name,
        label_of(config, name),
        picture_of(config, name),
        seconds,
        price,
        _why_not(site.view.sight(), config, recipe),
    )


def _takes(site: Site, config: Config, name: str) -> tuple[float | None, Money | None]:
    rows = site.tools.reading.rows(_TAKEN, name, LAST)
    times = [row["s"] for row in rows]
    grams = [row["g"] for row in rows if row["g"] is not None]
    rates = config.rates(name)
    if times:
        seconds = float(statistics.median(times))
        weight = float(statistics.median(grams)) if grams else None
    elif is_relief(config, name):
        weight, seconds = _usual(settings_of(config, name))
    else:
        return None, None
    return seconds, None if rates.is_free else price_of(rates, weight, seconds)


def _usual(settings: ReliefSettings) -> tuple[float, float]:
    """Return what a piece of a picture of 4:3 takes: grams and seconds."""
    size = settings.resolve(1.0 if settings.crop == "square" else 4 / 3)
    volume_mm3 = size.width_mm * size.height_mm * (size.base_mm + size.relief_mm / 2)
    return volume_mm3 / 1000 * DENSITY * 0.6, START_S + 0.6 * volume_mm3 / FLOW_MM3_S


def picture_of(config: Config, name: str) -> str:
    """Return which picture of a finished piece is likest to what a recipe makes."""
    if name not in config.recipes:  # of before
        return "relief.jpg"
    if not is_relief(config, name):
        return "figure.jpg"
    settings = settings_of(config, name)
    if settings.surface == "lithophane":
        return "light.jpg"
    return "keychain.jpg" if settings.holes or settings.outline == "circle" else "relief.jpg"


def _why_not(sight: Sight, config: Config, recipe: RecipeConfig) -> str:
    """Return why something cannot be made now; "": it can."""
    if recipe.printers and not any(
        offer.name in recipe.printers and offer.row.out_of_service is None for offer in sight.offers
    ):
        return N_("Its printer is not in service right now.")
    return "" if any(_is_reachable(config, name) for name in recipe.meshers()) else AWAY


AWAY: Final = N_("Its maker is not reachable right now.")


def _is_reachable(config: Config, mesher: str) -> bool:
    """Return whether a mesher has what it needs to be asked."""
    found: Any = config.meshers.get(mesher)
    if found is None:
        return False
    key_file = getattr(found, "key_file", None)
    if key_file is None:
        return True
    try:
        read_secret(key_file)
    except (ConfigInvalid, PrintdError):
        return False
    return True


def colours_loaded(sight: Sight, allowed: Sequence[str]) -> list[tuple[str, str]]:
    """Return what printers have loaded: material and colour (RRGGBB, "" not said), each once."""
    found: dict[tuple[str, str], None] = {}
    for offer in sight.offers:
        if (allowed and offer.name not in allowed) or not _is_in_service(offer):
            continue
        status = offer.row.status
        spools = status.spools if status is not None else None
        trays = [] if spools is None else [*spools.trays, *spools.external]
        loaded = [(tray.material, tray.colour) for tray in trays if tray.material]
        for one in loaded or [(offer.machine.material, offer.colour)]:
            found[one] = None
    return list(found)


def width_of(settings: ReliefSettings) -> float:
    """Return how wide a piece is, in mm."""
    return settings.longest_mm or settings.width_mm or DEFAULT_WIDTH_MM
