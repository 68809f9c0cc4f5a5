"""K4: how it looks in 3D, with two sliders at most; and what the browser is sent to draw it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import JSONResponse, Response

from printd.core.config import Config
from printd.core.relief_settings import ReliefSettings
from printd.meshers.preview.draft import Views
from printd.web.api import draft_views
from printd.web.asked import TheSite
from printd.web.gone import WhenGone
from printd.web.pages.kiosk.entry import START, Changing, KioskRoute, Visiting, go, screen
from printd.web.pages.kiosk.estimates import SMALLEST_MM, figures_of, words_of
from printd.web.pages.kiosk.flow import before_look, step
from printd.web.pages.kiosk.products import may_change, settings_of, width_of
from printd.web.pages.kiosk.refusals import N_
from printd.web.problems import NoSuchDraft
from printd.web.site import Site
from printd.web.visits import Visit

# The part of a preset that says how a picture is read; outline, size and base are the recipe's.
READS: Final = (
    "style",
    "flat_artwork",
    "noise_reduction",
    "smoothing_px",
    "enhance_details",
    "surface_smoothing",
)
CHIPS: Final = (  # preset, what people call it, icon
    ("portrait", N_("Face"), "smile"),
    ("pet", N_("Pet"), "dog"),
    ("logo", N_("Logo"), "type"),
    ("building", N_("Building"), "building-2"),
)
SIZES: Final = (
    ("small", N_("Small"), 0.7),
    ("medium", N_("Medium"), 1.0),
    ("large", N_("Large"), 1.4),
)
SIZE_NAMES: Final = frozenset({"width_mm", "longest_mm"})
HEIGHT_MM: Final = (0.6, 8.0, 0.2)  # least, most, step
THICK_MM: Final = (2.0, 4.0, 0.2)
SMOOTHING_PX: Final = (0.0, 8.0, 0.5)
DRAFT: Final = "/draft"
router = APIRouter(route_class=KioskRoute, include_in_schema=False, prefix=START)
Number = Annotated[float | None, Form()]


@router.get("/look")
def look(site: TheSite, request: Request, visit: Visiting) -> Response:
    """Show the shape."""
    if (other := step(site, visit, "look")) is not None:
        return go(other)
    config = site.tools.config
    has_chips = may_change(config, visit.recipe, *READS)
    return screen(
        site,
        request,
        "look.html",
        visit,
        begin={**shape_of(config, visit), "size": list(_bed(site.view.sight().offers))},
        chips=[
            (name, label, icon, chip_settings(config, visit.recipe, name))
            for name, label, icon in CHIPS
        ]
        if has_chips
        else [],
        chip=_chip_now(config, visit),
        sizes=_sizes(site, visit),
        sliders=_sliders(config, visit),
        back=before_look(site, visit),
    )


@router.post("/look")
def looked(
    site: TheSite,
    visit: Changing,
    chip: Annotated[str, Form(max_length=16)] = "",
    size: Annotated[str, Form(max_length=16)] = "",
    relief_mm: Number = None,
    thickest_mm: Number = None,
    smoothing_px: Number = None,
) -> Response:
    """Go on with this shape."""
    config = site.tools.config
    if (other := step(site, visit, "look")) is not None:
        return go(other)
    said: dict[str, Any] = {}
    if chip in {name for name, _, _ in CHIPS} and may_change(config, visit.recipe, *READS):
        said = chip_settings(config, visit.recipe, chip)
    offered = {slider["name"] for slider in _sliders(config, visit)}
    sliders = {"relief_mm": relief_mm, "thickest_mm": thickest_mm, "smoothing_px": smoothing_px}
    said.update(
        {name: value for name, value in sliders.items() if value is not None and name in offered}
    )
    kept = {name: value for name, value in visit.settings.items() if name in KEPT}
    for one in _sizes(site, visit):
        if one["name"] == size:
            kept = {name: value for name, value in kept.items() if name not in SIZE_NAMES}
            said.update(one["settings"])
    site.previews.asked(config, visit.recipe, None, {**kept, **said})  # refuses what cannot be
    visit.settings = {**kept, **said}
    return go(f"{START}/summary")


KEPT: Final = frozenset({"crop", "width_mm", "longest_mm", "material", "colour"})


def shape_of(config: Config, visit: Visit) -> dict[str, Any]:
    """Return what a page draws a shape by: what is asked for, and what that means."""
    of_recipe = settings_of(config, visit.recipe).model_dump(mode="json", exclude_none=True)
    return {
        "draft": f"{START}{DRAFT}",
        "settings": {"recipe": visit.recipe, **visit.settings},
        "effective": {**of_recipe, **visit.settings},
    }


def chip_settings(config: Config, recipe: str, preset: str) -> dict[str, Any]:
    """Return what a chip sets: how the picture is read, and how high it rises."""
    values = ReliefSettings.of(config.all_presets()[preset])
    said: dict[str, Any] = {name: getattr(values, name) for name in READS}
    of_recipe = settings_of(config, recipe)
    if of_recipe.surface == "relief" and may_change(config, recipe, "relief_mm"):
        said["relief_mm"] = round(max(0.6, values.depth_intensity * width_of(of_recipe)), 1)
    return said


def _sizes(site: Site, visit: Visit) -> list[dict[str, Any]]:
    """Return the sizes that may be chosen, with which is; nothing where there is no choice."""
    config = site.tools.config
    usual = settings_of(config, visit.recipe)
    setting = "longest_mm" if usual.longest_mm else "width_mm"
    if not may_change(config, visit.recipe, setting):
        return []
    most_mm = min(_bed(site.view.sight().offers))
    sides_mm = [round(min(share * width_of(usual), most_mm)) for _, _, share in SIZES]
    if sides_mm[0] < SMALLEST_MM or len(set(sides_mm)) < len(SIZES):
        return []
    now = {key: value for key, value in visit.settings.items() if key in SIZE_NAMES}
    return [
        {
            "name": name,
            "label": label,
            "settings": {setting: side_mm},
            "is_now": now == {setting: side_mm} if now else share == 1,
        }
        for (name, label, share), side_mm in zip(SIZES, sides_mm, strict=True)
    ]


def _chip_now(config: Config, visit: Visit) -> str:
    """Return which chip is chosen: by the visitor, or by the recipe."""
    if "style" not in visit.settings:
        return config.recipes[visit.recipe].preset or ""
    for name, _, _ in CHIPS:
        said = chip_settings(config, visit.recipe, name)
        if all(visit.settings.get(key) == said[key] for key in READS if key != "smoothing_px"):
            return name
    return ""


def _sliders(config: Config, visit: Visit) -> list[dict[str, Any]]:
    """Return the sliders that the recipe allows, two at most."""
    now = ReliefSettings.of(
        settings_of(config, visit.recipe).model_dump(exclude_none=True),
        {key: value for key, value in visit.settings.items() if key in ReliefSettings.model_fields},
    )
    if now.surface == "lithophane":
        first = ("thickest_mm", N_("Thickness"), THICK_MM, now.thickest_mm, "mm")
    else:
        height = now.relief_mm
        if height is None:
            height = now.depth_intensity * width_of(now)
        first = ("relief_mm", N_("Height"), HEIGHT_MM, height, "mm")
    second = ("smoothing_px", N_("Smoothing"), SMOOTHING_PX, now.smoothing_px, "")
    return [
        {
            "name": name,
            "label": label,
            "least": of[0],
            "most": max(of[1], round(value, 1)),
            "step": of[2],
            "value": round(min(max(value, of[0]), max(of[1], value)), 1),
            "unit": unit,
        }
        for name, label, of, value, unit in (first, second)
        if may_change(config, visit.recipe, name)
    ]


def _bed(offers: Any) -> tuple[float, float]:
    """Return the largest bed, in mm."""
    beds = [(offer.machine.bed_w_mm, offer.machine.bed_d_mm) for offer in offers]
    return max(beds, key=lambda bed: bed[0] * bed[1], default=(220.0, 220.0))


def _draft(visit: Visit) -> str:
    if visit.draft is None:
        raise NoSuchDraft("There is no photo.")
    return visit.draft


@router.get(DRAFT + "/picture")
def picture(
    site: TheSite,
    request: Request,
    visit: Visiting,
    gone: WhenGone,
    longest_px: Annotated[int, Query(ge=64, le=2048)] = 1024,
) -> Response:
    """Send the photo, small and upright."""
    return draft_views.picture(site, visit.caller, request, gone, _draft(visit), longest_px)


@router.get(DRAFT + "/heights")
def heights(
    site: TheSite,
    request: Request,
    visit: Visiting,
    gone: WhenGone,
    n: Annotated[int, Query(ge=32, le=512)] = 256,
) -> Response:
    """Send the surface."""
    return draft_views.heights(
        site, visit.caller, request, gone, _draft(visit), visit.recipe, None, n
    )


@router.get(DRAFT + "/picture-of-relief")
def picture_of_relief(
    site: TheSite,
    request: Request,
    visit: Visiting,
    gone: WhenGone,
    view: Views = "tilted",
    width_px: Annotated[int, Query(ge=64, le=1600)] = 800,
    height_px: Annotated[int, Query(ge=64, le=1600)] = 600,
    look: Annotated[str, Query(max_length=32)] = "white-pla",
) -> Response:
    """Send a picture of it, where the browser draws none."""
    return draft_views.picture_of_relief(
        site,
        visit.caller,
        request,
        gone,
        _draft(visit),
        visit.recipe,
        None,
        view,
        width_px,
        height_px,
        look,
    )


@router.get(DRAFT + "/figures")
def figures(site: TheSite, request: Request, visit: Visiting, gone: WhenGone) -> Response:
    """Tell size, time, weight and price, in words."""
    draft = site.drafts.of(_draft(visit), visit.owner)
    said = draft_views.settings_in(request)
    found = figures_of(site, visit, draft, said, gone)
    return JSONResponse(words_of(site, visit, found), headers={"Cache-Control": "no-store"})
