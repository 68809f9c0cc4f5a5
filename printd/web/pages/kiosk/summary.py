"""K5: what it will be, what it takes, and the button that makes it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from printd.core.config import Config
from printd.core.filaments import named
from printd.core.names import display_name
from printd.web.asked import TheSite
from printd.web.draft_jobs import job_of_draft
from printd.web.handing_in import Wish
from printd.web.pages.kiosk.entry import START, Changing, KioskRoute, Visiting, go, screen
from printd.web.pages.kiosk.estimates import figures_of, over_limit, words_of
from printd.web.pages.kiosk.flow import step
from printd.web.pages.kiosk.look import SIZE_NAMES, shape_of
from printd.web.pages.kiosk.products import (
    colours_loaded,
    is_relief,
    label_of,
    may_change,
    services_of,
)
from printd.web.pages.kiosk.refusals import N_
from printd.web.pages.kiosk.when import ready_at
from printd.web.problems import FormRefused
from printd.web.site import Site
from printd.web.visits import Visit

NAME_CHARACTERS: Final = 24
MOST_CHIPS: Final = 6
COLOURS: Final = {
    "white": N_("white"),
    "black": N_("black"),
    "grey": N_("grey"),
    "silver": N_("silver"),
    "red": N_("red"),
    "orange": N_("orange"),
    "yellow": N_("yellow"),
    "green": N_("green"),
    "blue": N_("blue"),
    "cyan": N_("light blue"),
    "purple": N_("purple"),
    "magenta": N_("magenta"),
    "pink": N_("pink"),
    "brown": N_("brown"),
    "beige": N_("beige"),
    "gold": N_("gold"),
}
router = APIRouter(route_class=KioskRoute, include_in_schema=False, prefix=START)
Text = Annotated[str, Form(max_length=200)]


@router.get("/summary")
def summary(site: TheSite, request: Request, visit: Visiting) -> Response:
    """Show what it will be."""
    if (other := step(site, visit, "summary")) is not None:
        return go(other)
    config = site.tools.config
    draft = site.drafts.of(visit.draft or "", visit.owner)
    figures = figures_of(site, visit, draft, visit.settings) if _is_seen(config, visit) else None
    visit.ready_at = None if figures is None else ready_at(site, visit.recipe, figures)
    return screen(
        site,
        request,
        "summary.html",
        visit,
        label=label_of(config, visit.recipe),
        figures=None if figures is None else words_of(site, visit, figures),
        over=None if figures is None else over_limit(site, visit, figures),
        begin=shape_of(config, visit) if figures else {},
        printers=config.recipes[visit.recipe].printers,
        ready=visit.ready_at,
        materials=_materials(site, visit),
        services=services_of(config, visit.recipe),
        may_name=may_change(config, visit.recipe, "name"),
        needs_approval=config.recipes[visit.recipe].approval == "always",
    )


@router.post("/size")
def size(
    site: TheSite, visit: Changing, width_mm: Annotated[float, Form(ge=5, le=2000)]
) -> Response:
    """Make it as large as the limit allows."""
    if (other := step(site, visit, "summary")) is not None:
        return go(other)
    if may_change(site.tools.config, visit.recipe, "width_mm"):
        others = {key: value for key, value in visit.settings.items() if key not in SIZE_NAMES}
        visit.settings = {**others, "width_mm": width_mm}
    return go(f"{START}/summary")


@router.post("/print")
def print_it(
    site: TheSite,
    visit: Changing,
    press: Text = "",
    name: Text = "",
    shown: Annotated[bool, Form()] = False,  # noqa: FBT002  a box of a form
    material: Text = "",
) -> Response:
    """Hand it in; however often it is pressed, it is one job."""
    with visit.lock:
        if visit.job is None:
            if (other := step(site, visit, "summary")) is not None:
                return go(other)
            if press != visit.press:
                raise FormRefused("This page belongs to another photo.")
            _hand_in(site, visit, name, material, is_shown=shown)
    return go(f"{START}/ticket")


def _hand_in(site: Site, visit: Visit, name: str, material: str, *, is_shown: bool) -> None:
    config = site.tools.config
    said = display_name(" ".join(name.split()), NAME_CHARACTERS)
    if not may_change(config, visit.recipe, "name"):
        said = ""
    wish = Wish(
        source="kiosk",
        recipe=visit.recipe,
        name=said or label_of(config, visit.recipe),
        settings={**visit.settings, **_material_of(site, visit, material)},
        more={"limits": "visit"},
    )
    job, _ = job_of_draft(site, visit.caller, visit.draft or "", wish, client_key=visit.press)
    visit.ticket = site.tickets.make(job.number, said if is_shown else "")
    visit.job, visit.draft = job.number, None
    visit.name, visit.is_shown = said, is_shown
    site.visits.forget_link(visit)  # a photo that comes now would take the ticket's place
    site.view.forget()


def _is_seen(config: Config, visit: Visit) -> bool:
    return is_relief(config, visit.recipe)


def _materials(site: Site, visit: Visit) -> list[dict[str, Any]]:
    """Return what is loaded and may be chosen; nothing where there is no choice."""
    config = site.tools.config
    if not may_change(config, visit.recipe, "material", "colour"):
        return []
    loaded = colours_loaded(site.view.sight(), config.recipes[visit.recipe].printers)
    chips = [
        {
            "value": f"{material}/{colour}",
            "material": material,
            "colour": colour,
            "name": COLOURS.get(named(colour), named(colour)) if colour else "",
        }
        for material, colour in loaded
    ]
    return chips[:MOST_CHIPS] if len(chips) > 1 else []


def _material_of(site: Site, visit: Visit, said: str) -> dict[str, str]:
    """Return the settings of a chosen material; only what is loaded can be."""
    known = {chip["value"]: chip for chip in _materials(site, visit)}
    if said not in known:
        return {}
    chip = known[said]
    colour = {"colour": f"#{chip['colour']}"} if chip["colour"] else {}
    return {"material": chip["material"], **colour}
