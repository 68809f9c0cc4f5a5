"""The files that pages load, sent to everybody: nothing in them is anybody's."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from printd.web.answers import is_known
from printd.web.asked import TheSite
from printd.web.pages.assets import PREFIX
from printd.web.problems import NoSuchThing

KEPT: Final = "public, max-age=31536000, immutable"
router = APIRouter(include_in_schema=False)


@router.get(PREFIX + "/{version}/{name:path}")
def asset(site: TheSite, request: Request, version: str, name: str) -> Response:
    """Send a file."""
    assets = site.pages.assets
    found = assets.get(name)
    if found is None:
        raise NoSuchThing("Nothing is at this address.")
    tag = f'"{assets.version}"'
    headers = {
        # An address of another version may be asked for by a page of before an upgrade.
        "Cache-Control": KEPT if version == assets.version else "no-cache",
        "ETag": tag,
        "Vary": "Accept-Encoding",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    if found.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(found.packed, headers=headers, media_type=found.type)
    return Response(found.content, headers=headers, media_type=found.type)
