"""K3: which part of the photo counts."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from printd.core.crop import crop_box, crop_px
from printd.core.errors import PhotoTooSmall
from printd.web.asked import TheSite
from printd.web.pages.kiosk.entry import START, Changing, KioskRoute, Visiting, go, screen
from printd.web.pages.kiosk.flow import may_crop, step
from printd.web.pages.kiosk.products import settings_of
from printd.web.pages.kiosk.taking import LEAST_PX
from printd.web.problems import RequestInvalid

SOFT_PX: Final = 512  # of the shorter side of what counts; less looks soft
router = APIRouter(route_class=KioskRoute, include_in_schema=False, prefix=START)


@router.get("/crop")
def crop(site: TheSite, request: Request, visit: Visiting) -> Response:
    """Show the photo with a frame."""
    if (other := step(site, visit, "crop")) is not None:
        return go(other)
    if not may_crop(site, visit):
        return go(f"{START}/photo")
    draft = site.drafts.of(visit.draft or "", visit.owner)
    wanted = settings_of(site.tools.config, visit.recipe).crop
    return screen(
        site,
        request,
        "crop.html",
        visit,
        shape=_shape_of(wanted),
        said=visit.settings.get("crop", ""),
        size_px=(draft.facts["width_px"], draft.facts["height_px"]),
        least_px=LEAST_PX,
        soft_px=SOFT_PX,
    )


@router.post("/crop")
def cropped(
    site: TheSite, visit: Changing, crop: Annotated[str, Form(max_length=100)] = "none"
) -> Response:
    """Go on with this part of it."""
    if visit.draft is None:
        return go(f"{START}/photo")
    if not may_crop(site, visit):
        return go(f"{START}/look")
    draft = site.drafts.of(visit.draft, visit.owner)
    sides_px = draft.facts["width_px"], draft.facts["height_px"]
    try:
        left, top, right, bottom = crop_px(crop_box(crop, *sides_px), *sides_px)
    except ValueError as error:
        raise RequestInvalid("This is no part of a picture.") from error
    if min(right - left, bottom - top) < LEAST_PX:
        raise PhotoTooSmall("This part of the picture is too small.")
    visit.settings["crop"] = crop
    return go(f"{START}/look")


def _shape_of(crop: str) -> str:
    """Return the shape of the frame, width by height; "": any."""
    if crop == "square":
        return "1"
    width, colon, height = crop.partition(":")
    return f"{float(width) / float(height):.4f}" if colon else ""
