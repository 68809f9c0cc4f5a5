"""O8, settings and health: what doctor says, services, keys, people, a backup, the log."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from printd.core.clock import utc_now
from printd.core.files import free_bytes
from printd.web.access import LOOPBACK
from printd.web.api.meshers import mesher_list
from printd.web.api.people import person_document
from printd.web.api.upkeep import finding_list, log_document
from printd.web.asked import TheSite
from printd.web.documents import KeyDocument, key_values
from printd.web.keys import Keys, Scope
from printd.web.octoprint_host import PREFIX
from printd.web.pages.visitors import Administrator, Operator
from printd.web.people import LEAST

LOG_LINES = 200
router = APIRouter(include_in_schema=False)


@router.get("/settings")
def settings(site: TheSite, request: Request, caller: Operator) -> Response:
    """Show how printd is set up; keys and people only to those who may change them."""
    is_admin = caller.scope.covers(Scope.ADMIN)
    keys = Keys(site.tools.reading).all() if is_admin else []
    people = site.tools.people.all() if is_admin else []
    looked = site.tools.looked
    free, share = free_bytes(site.tools.config.data_dir)
    return site.pages.page(
        request,
        "settings.html",
        caller,
        services=mesher_list(site),
        keys=[KeyDocument(**key_values(key)) for key in keys],
        people=[person_document(person) for person in people],
        scopes=[scope.value for scope in Scope],
        least=LEAST,
        free={"gb": free / 1e9, "share": share},
        looked=looked[0] if looked and is_admin else None,
        findings=looked[1] if looked and is_admin else (),
        config_file=site.tools.place.file,
        slicer_address=f"{request.url.scheme}://{request.url.netloc}{PREFIX}",
        is_only_here=site.tools.config.web.host in LOOPBACK,
    )


@router.get("/settings/doctor")
def doctor(site: TheSite, request: Request, caller: Administrator) -> Response:
    """Look at everything; a part of the page, which comes when it is known."""
    findings = finding_list(site).findings
    return site.pages.page(request, "doctor.html", caller, looked=utc_now(), findings=findings)


@router.get("/settings/log")
def log(site: TheSite, request: Request, caller: Administrator) -> Response:
    """Show the last lines of the log; a part of the page."""
    return site.pages.page(request, "log.html", caller, lines=log_document(LOG_LINES).lines)
