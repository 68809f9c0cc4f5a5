"""Whether the daemon is well, for programs that watch it; nobody on this machine needs a key."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import Response

from printd.core.board import Condition
from printd.core.clock import from_text, utc_now
from printd.core.errors import PrintdError
from printd.core.files import free_bytes
from printd.core.wallclock import what_is_odd
from printd.web.answers import document
from printd.web.api.described import Described, Responses, problems
from printd.web.asked import AT_HOME, TheSite
from printd.web.documents import Health, HealthInFull
from printd.web.metrics import CONTENT_TYPE, metrics
from printd.web.site import Site

FULL: Final = {
    "ok": False,
    "checks": {"store": "ok", "disk": "disk_full", "drop": "ok", "clock": "ok"},
}
OLD_SCAN_S: Final = 300.0  # of the drop folder; a slow network may need longer than one scan
OLDEST_STEP: Final = (
    "SELECT min(moved_at) FROM job INDEXED BY job_words WHERE state IN"
    " ('received', 'drawn', 'ordered', 'meshed', 'printable', 'assigned', 'uploaded')"
)


def _ill(model: Any) -> Responses:
    """Return what is answered where something is wrong."""
    content = {"application/json": {"example": FULL}}
    return {503: {"model": model, "description": "something is wrong", "content": content}}


router = APIRouter(route_class=Described, tags=["health"], dependencies=[AT_HOME])


@router.get(
    "/healthz",
    response_model=HealthInFull,
    responses={**problems(), **_ill(HealthInFull | Health)},
)
def healthz(site: TheSite) -> Response:
    """Say whether the daemon is well: everything that it needs to take, make and print."""
    checks = {"store": _store(site), "disk": _disk(site), "drop": _drop(site)}
    if checks["store"] != "ok":
        return _health(Health(ok=False, checks=checks))
    reading = site.tools.reading
    checks["clock"] = "clock_odd" if what_is_odd(reading) else "ok"
    (oldest,) = reading.rows(OLDEST_STEP)
    return _health(
        HealthInFull(
            ok=True,
            checks=checks,
            offline_since=_offline(site),
            oldest_step_at=from_text(oldest[0]) if oldest[0] else None,
        )
    )


@router.get(
    "/readyz",
    response_model=Health,
    responses={**problems(), **_ill(Health)},
)
def readyz(site: TheSite) -> Response:
    """Say whether the daemon takes jobs."""
    return _health(Health(ok=True, checks={"store": _store(site)}))


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


def _offline(site: Site) -> dict[str, datetime | None]:
    """Return the printers that do not answer, and since when."""
    rows = site.tools.fleet.all()
    found: dict[str, datetime | None] = {}
    for name in site.tools.config.printers:
        status = rows[name].status if name in rows else None
        if status is None or status.condition is Condition.OFFLINE:
            found[name] = rows[name].seen_at if name in rows else None
    return found


def _health(found: Health) -> Response:
    ok = all(said == "ok" for said in found.checks.values())
    return document(found.model_copy(update={"ok": ok}), 200 if ok else 503)


def _store(site: Site) -> str:
    """Say whether the store can be read, and a change of it begun: nothing is written."""
    try:
        site.tools.reading.row("SELECT 1 FROM job LIMIT 1")
        with site.tools.asking.write():
            return "ok"
    except PrintdError as error:
        return error.code


def _drop(site: Site) -> str:
    """Say whether the drop folder was read lately."""
    drop = site.tools.config.drop
    scanned_at = site.tools.scanned_at or site.tools.began_at
    old_s = max(OLD_SCAN_S, 3 * drop.scan_s)
    return "scan_old" if (utc_now() - scanned_at).total_seconds() > old_s else "ok"


def _disk(site: Site) -> str:
    free, share = free_bytes(site.tools.config.data_dir)
    limits = site.tools.config.limits
    room = free >= limits.free_mb * 1e6 and share >= limits.free_pct / 100
    return "ok" if room else "disk_full"
