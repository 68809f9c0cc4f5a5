"""K2, from a USB stick: its newest pictures, where the house has such a place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from printd.core.kiosk_config import KioskConfig
from printd.web import sticks
from printd.web.asked import TheSite
from printd.web.pages.kiosk.entry import (
    START,
    AtKiosk,
    Changing,
    KioskRoute,
    Visiting,
    go,
    screen,
)
from printd.web.pages.kiosk.flow import after_photo, step
from printd.web.pages.kiosk.taking import take
from printd.web.previews import Picture
from printd.web.problems import NoSuchThing

SHOWN: Final = 12  # at once: nothing scrolls
router = APIRouter(route_class=KioskRoute, include_in_schema=False, prefix=f"{START}/stick")


def _root(kiosk: KioskConfig) -> Path:
    """Return where sticks are mounted.

    Raises:
        NoSuchThing: nowhere.
    """
    if kiosk.usb is None:
        raise NoSuchThing("Nothing is at this address.")
    return kiosk.usb


@router.get("")
def stick(
    site: TheSite,
    request: Request,
    kiosk: AtKiosk,
    visit: Visiting,
    page: Annotated[int, Query(ge=0, le=100)] = 0,
) -> Response:
    """Show some of its pictures."""
    if (other := step(site, visit, "photo")) is not None:
        return go(other)
    found = sticks.pictures(_root(kiosk))
    return screen(
        site,
        request,
        "stick.html",
        visit,
        shown=found[page * SHOWN : (page + 1) * SHOWN],
        page=page,
        is_last=(page + 1) * SHOWN >= len(found),
    )


@router.get("/{key}")
def small(site: TheSite, kiosk: AtKiosk, _visit: Visiting, key: str) -> Response:
    """Send a small picture of one."""
    root = _root(kiosk)
    made = Picture(sticks.thumbnail(site.tools, root, sticks.picture(root, key)))
    return Response(made.content, media_type=made.media_type)


@router.post("")
def chosen(
    site: TheSite,
    kiosk: AtKiosk,
    visit: Changing,
    key: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Take one."""
    if (other := step(site, visit, "photo")) is not None:
        return go(other)
    root = _root(kiosk)
    upload = sticks.copied(site.tools.config, root, sticks.picture(root, key))
    take(site, visit, upload)
    return go(after_photo(site, visit))
