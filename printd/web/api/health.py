"""Whether the daemon is well, for programs that watch it; nobody on this machine needs a key."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response

from printd.core.errors import PrintdError
from printd.core.files import free_bytes
from printd.web.answers import document
from printd.web.api.described import Described, Responses, problems
from printd.web.asked import AT_HOME, TheSite
from printd.web.documents import Health
from printd.web.metrics import CONTENT_TYPE, metrics
from printd.web.site import Site

FULL: Final = {"ok": False, "checks": {"store": "ok", "disk": "disk_full"}}
ILL: Responses = {
    503: {
        "model": Health,
        "description": "something is wrong",
        "content": {"application/json": {"example": FULL}},
    }
}


router = APIRouter(route_class=Described, tags=["health"], dependencies=[AT_HOME])


@router.get(
    "/healthz",
    response_model=Health,
    responses={**problems(), **ILL},
)
def healthz(site: TheSite) -> Response:
    """Say whether the daemon is well."""
    return _health({"store": _store(site), "disk": _disk(site)})


@router.get(
    "/readyz",
    response_model=Health,
    responses={**problems(), **ILL},
)
def readyz(site: TheSite) -> Response:
    """Say whether the daemon takes jobs."""
    return _health({"store": _store(site)})


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"description": "figures", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems(),
    },
)
def figures(site: TheSite) -> Response:
    """Get the figures for Prometheus."""
    return Response(
        metrics(site.tools, site.view.sight(), site.tally), headers={"Content-Type": CONTENT_TYPE}
    )


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
