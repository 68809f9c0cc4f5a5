"""A visitor's photo, however it comes: one at a time, the one before is erased."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from fastapi import Request

from printd.core.errors import PhotoTooSmall
from printd.web.forms import Shape
from printd.web.problems import PhoneLinkGone, VisitOver
from printd.web.site import Site
from printd.web.uploads import Upload
from printd.web.visits import Visit

FIELDS: Final = frozenset({"form"})
LEAST_PX: Final = 256  # of the shorter side; less is too coarse to become a surface


@asynccontextmanager
async def received(
    site: Site, request: Request, check: Callable[[str], None] = lambda _name: None
) -> AsyncIterator[Upload]:
    """Receive a form with one photo; errors as of ``Uploads.received``."""
    most = int(site.tools.config.limits.photo_max_mb * 1e6)
    shape = Shape("file", FIELDS, lambda _name: most)
    async with site.uploads.received(request, shape, check, of="kiosk") as upload:
        yield upload


def take(site: Site, visit: Visit, upload: Upload, link: str | None = None) -> None:
    """Look at a photo, and go on with it.

    Args:
        site: the parts of the server.
        visit: whose photo it is.
        upload: that has come.
        link: by which it has come; None: by no link.

    Raises:
        PhotoRefused, TooManyDrafts, DiskFull: nothing of it is kept.
        VisitOver: the visit has ended meanwhile.
        PhoneLinkGone: another photo has come by the link, or the visit went on without one.
    """
    with visit.lock:
        try:
            _check_wanted(site, visit, link)
        except BaseException:
            upload.discard()
            raise
        draft = site.drafts.take(upload, visit.owner, forgets_origin=True)
        if min(draft.facts["width_px"], draft.facts["height_px"]) < LEAST_PX:
            site.drafts.forget(draft.id, visit.owner)
            raise PhotoTooSmall(f"Each side needs at least {LEAST_PX} px.")
        site.visits.forget_link(visit)
        before = visit.takes(draft.id)
        if before is not None:
            site.drafts.forget(before, visit.owner)


def _check_wanted(site: Site, visit: Visit, link: str | None) -> None:
    if visit.is_over:
        raise VisitOver("This visit has ended.")
    if link is not None and site.visits.linked(link) is not visit:
        raise PhoneLinkGone("This link has been used, or is too old.")
