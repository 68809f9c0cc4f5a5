"""Which screen follows which, and where somebody goes who is not that far yet."""

from __future__ import annotations

from typing import Final

from printd.web.pages.kiosk.entry import START
from printd.web.pages.kiosk.products import is_relief, may_change
from printd.web.site import Site
from printd.web.visits import Visit

ORDER: Final = ("make", "photo", "crop", "look", "summary", "ticket")


def step(site: Site, visit: Visit, screen: str) -> str | None:
    """Return where a visitor who asks for a screen has to go first; None: they may see it."""
    if visit.job is not None and screen not in ("ticket", "make"):
        return f"{START}/ticket"
    if visit.recipe not in site.tools.config.recipes and screen != "make":
        return f"{START}/make"
    if screen in ("crop", "look", "summary") and visit.draft is None:
        return f"{START}/photo"
    if screen == "ticket" and visit.job is None:
        return f"{START}/make"
    return None


def after_photo(site: Site, visit: Visit) -> str:
    """Return the screen after that of the photo: what cannot be changed is not asked."""
    config = site.tools.config
    if not is_relief(config, visit.recipe):
        return f"{START}/summary"
    return f"{START}/crop" if may_crop(site, visit) else f"{START}/look"


def before_look(site: Site, visit: Visit) -> str:
    """Return the screen before that of the shape."""
    return f"{START}/crop" if may_crop(site, visit) else f"{START}/photo"


def may_crop(site: Site, visit: Visit) -> bool:
    """Return whether a part of the photo may be chosen."""
    config = site.tools.config
    return is_relief(config, visit.recipe) and may_change(config, visit.recipe, "crop")
