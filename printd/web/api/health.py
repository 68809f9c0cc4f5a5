"""Whether the daemon is well, for programs that watch it; nobody on this machine needs a key."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from printd.core.errors import PrintdError
from printd.core.files import free_bytes
from printd.web.answers import document
from printd.web.api.described import Responses, problems
from printd.web.documents import Health
from printd.web.keys import Scope
from printd.web.site import Site

FULL: Final = {"ok": False, "checks": {"store": "ok", "disk": "disk_full"}}
ILL: Responses = {
    503: {
        "model": Health,
        "description": "something is wrong",
        "content": {"application/json": {"example": FULL}},
    }
}


def router(site: Site) -> APIRouter:
    """Return the routes."""
    known = Depends(site.access.at_home_or(Scope.SUBMIT))
    routes = APIRouter(tags=["health"], dependencies=[known])

    @routes.get(
        "/healthz",
        summary="Say whether the daemon is well",
        response_model=Health,
        responses={**problems(), **ILL},
    )
    def healthz() -> Response:
        return _health({"store": _store(site), "disk": _disk(site)})

    @routes.get(
        "/readyz",
        summary="Say whether the daemon takes jobs",
        response_model=Health,
        responses={**problems(), **ILL},
    )
    def readyz() -> Response:
        return _health({"store": _store(site)})

    return routes


def _health(checks: dict[str, str]) -> Response:
    ok = all(said == "ok" for said in checks.values())
    return document(Health(ok=ok, checks=checks), 200 if ok else 503)


def _store(site: Site) -> str:
    try:
        site.tools.reading.row("SELECT 1 FROM job LIMIT 1")
    except PrintdError as error:
        return error.code
    return "ok"


def _disk(site: Site) -> str:
    free, share = free_bytes(site.tools.config.data_dir)
    limits = site.tools.config.limits
    room = free >= limits.free_mb * 1e6 and share >= limits.free_pct / 100
    return "ok" if room else "disk_full"
