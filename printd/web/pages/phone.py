"""The page on a visitor's phone that sends one photo to the kiosk: ``/u/<word>``.

The word in the address is the key: 128 bits, good for one photo, for ten minutes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from printd.web.asked import TheSite, host_of
from printd.web.pages.kiosk.entry import KioskRoute, wants_words
from printd.web.pages.kiosk.taking import received, take
from printd.web.problems import NoSuchThing, PhoneLinkGone, TooManyRequests
from printd.web.site import Site
from printd.web.uploads import Upload
from printd.web.visits import Visit

PATH = "/u/"
router = APIRouter(route_class=KioskRoute, include_in_schema=False, prefix="/u")


async def _linked(site: TheSite, request: Request, word: str) -> Visit:
    return linked(site, request, word)


def linked(site: Site, request: Request, word: str) -> Visit:
    """Return for which visit a link is good.

    Raises:
        PhoneLinkGone: for none.
        TooManyRequests: somebody tries words.
    """
    if not site.tools.config.kiosk.enabled:
        raise NoSuchThing("Nothing is at this address.")
    try:
        return site.visits.linked(word)
    except PhoneLinkGone:
        if not site.visits.may_guess(host_of(request)):
            raise TooManyRequests("Too many links that are none.") from None
        raise


Linked = Annotated[Visit, Depends(_linked)]


@router.get("/{word}")
def phone(site: TheSite, request: Request, _visit: Linked, word: str) -> Response:
    """Show the one button."""
    return site.pages.page(
        request,
        "kiosk/phone.html",
        kiosk=site.tools.config.kiosk,
        word=word,
        most_mb=int(site.tools.config.limits.photo_max_mb),
        is_sent=False,
    )


async def _received(
    site: TheSite, request: Request, visit: Linked
) -> AsyncIterator[tuple[Visit, Upload]]:
    if not site.visits.may_upload(host_of(request)):
        raise TooManyRequests("Too many photos in a short time.")
    with site.visits.receiving(visit):
        async with received(site, request) as upload:
            yield visit, upload


@router.post("/{word}")
def sent(
    site: TheSite,
    request: Request,
    arrived: Annotated[tuple[Visit, Upload], Depends(_received)],
    word: str,
) -> Response:
    """Take the photo; the link is used up by a good one."""
    visit, upload = arrived
    take(site, visit, upload, link=word)
    if wants_words(request):
        return JSONResponse({"next": None})
    return site.pages.page(
        request,
        "kiosk/phone.html",
        kiosk=site.tools.config.kiosk,
        word=word,
        most_mb=0,
        is_sent=True,
    )
