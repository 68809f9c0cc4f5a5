"""K2: the photo, by the camera of the kiosk, by a phone, from a stick."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from printd.web.asked import FORM_HEADER, TheSite, host_of
from printd.web.pages.kiosk.addresses import code_of, phone_base, wifi_code
from printd.web.pages.kiosk.entry import (
    START,
    AtKiosk,
    KioskRoute,
    Visiting,
    check_form,
    go,
    screen,
    visit_if_any,
)
from printd.web.pages.kiosk.flow import after_photo, step
from printd.web.pages.kiosk.taking import received, take
from printd.web.problems import TooManyRequests
from printd.web.uploads import Upload

router = APIRouter(route_class=KioskRoute, include_in_schema=False, prefix=START)


@router.get("/photo")
def sources(site: TheSite, request: Request, kiosk: AtKiosk, visit: Visiting) -> Response:
    """Show where a photo may come from."""
    if (other := step(site, visit, "photo")) is not None:
        return go(other)
    base = phone_base(site)
    address = f"{base}/u/{site.visits.link(visit)}" if base else None
    return screen(
        site,
        request,
        "photo.html",
        visit,
        uses_camera=True,
        phone=code_of(address) if address else None,
        phone_address=address or "",
        wifi=wifi_code(site.tools.config) if address else None,
        has_file_button=kiosk.anywhere,
        has_usb=kiosk.usb is not None,
        keep=after_photo(site, visit) if visit.draft is not None else "",
    )


async def _received(site: TheSite, visit: Visiting, request: Request) -> AsyncIterator[Upload]:
    if not site.visits.may_upload(host_of(request)):
        raise TooManyRequests("Too many photos in a short time.")
    async with received(site, request) as upload:
        try:
            check_form(visit, request.headers.get(FORM_HEADER, "") or upload.fields.get("form", ""))
        except BaseException:
            upload.discard()
            raise
        yield upload


@router.post("/photo")
def photo(
    site: TheSite,
    visit: Visiting,
    upload: Annotated[Upload, Depends(_received)],
) -> Response:
    """Take the photo."""
    take(site, visit, upload)
    return go(after_photo(site, visit))


@router.get("/photo/now")
def now(
    site: TheSite,
    request: Request,
    _kiosk: AtKiosk,
    seen: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Tell whether a phone has sent a photo, whether its code is good, or that all is over.

    Who comes back to this screen has a photo already (``seen``): only another one leads on.
    """
    visit = visit_if_any(site, request)
    if visit is None:
        return JSONResponse({"over": True})
    to = after_photo(site, visit) if visit.draft not in (None, seen) else None
    return JSONResponse(
        {"next": to, "link": site.visits.has_link(visit), "comes": visit.receiving > 0}
    )
