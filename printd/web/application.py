"""The API put together: its routes, its description, and what becomes of every error.

Nothing that goes wrong is answered with anything but ``{code, problem, action, details}``.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp

from printd import __version__
from printd.core.errors import InternalError, PrintdError, RequestRefused
from printd.core.names import display_name
from printd.web import api, octoprint_host
from printd.web.answers import problem, refusal
from printd.web.api.description import DescribedApp
from printd.web.guard import Guard
from printd.web.pages import problem_page, routes
from printd.web.pages.kiosk import routes as kiosk
from printd.web.problems import (
    BodyInvalid,
    DaemonRefused,
    NoSuchThing,
    RequestInvalid,
    Words,
    WrongMethod,
    WrongType,
    status_of,
    status_of_code,
    words_of,
)
from printd.web.site import Site

log = logging.getLogger(__name__)
MOST_FIELDS: Final = 20  # that are named; one is enough to see what is wrong
DESCRIPTION: Final = """
Everything that waits says why: `because` holds a stable code, the sentence that every display
shows, and what a person can do. Errors have the same words. Keys are made with `printd keys
create` and shown once; a key of the scope `submit` sees its own jobs only.
"""
BY_STATUS: Final[dict[int, type[RequestRefused]]] = {
    400: BodyInvalid,
    404: NoSuchThing,
    405: WrongMethod,
    415: WrongType,
}


def application(site: Site) -> ASGIApp:
    """Return the API, guarded."""
    app = DescribedApp(
        title="printd",
        version=__version__,
        description=DESCRIPTION,
        openapi_url=None,  # it is made once, see ``api/docs.py``
        docs_url=None,  # its page comes from other people's servers
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.site = site
    for router in (*api.ROUTERS, octoprint_host.astray, *routes.ROUTERS):
        app.router.routes.extend(router.routes)  # to include it would make each of them anew
    app.add_exception_handler(PrintdError, _refused)
    app.add_exception_handler(DaemonRefused, _refused_by_daemon)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(Exception, _fault)
    app.mount(octoprint_host.PREFIX, octoprint_host.host(site))
    config = site.tools.config
    return Guard(
        app,
        config.web,
        _is_upload,
        _refusal,
        site.tally,
        site.bounds,
        config.kiosk.phone_host if config.kiosk.enabled else "",
    )


def _refusal(path: str, error: PrintdError) -> Response:
    """Say what the guard refuses, as it is said at this path."""
    if octoprint_host.is_here(path):
        return octoprint_host.refusal(error)
    return refusal(error)


def _is_upload(path: str) -> bool:
    """Say whether a path takes files, which are counted while they come."""
    is_ours = path in (f"{api.PREFIX}/jobs", f"{api.PREFIX}/drafts")
    return is_ours or octoprint_host.is_upload(path) or kiosk.is_upload(path)


def _is_page(request: Request) -> bool:
    """Say whether a person looks at what is answered: programs use the API."""
    path = request.url.path
    is_program = path.startswith("/api/") or octoprint_host.is_here(path)
    return not is_program and "text/html" in request.headers.get("accept", "")


def _said(request: Request, status: int, words: Words) -> Response:
    """Say a problem to whoever asks."""
    if _is_page(request):
        return problem_page.problem_page(request.app.state.site, request, status, words)
    return problem(status, words)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, PrintdError)  # noqa: S101  registered for it
    if isinstance(error, InternalError):
        log.error("%s", error, exc_info=error)
    if _is_page(request):
        return problem_page.refused(request.app.state.site, request, error)
    return refusal(error)


def _refused_by_daemon(request: Request, error: Exception) -> Response:
    assert isinstance(error, DaemonRefused)  # noqa: S101  registered for it
    return _said(request, status_of_code(error.code), error.words)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for it
    fields = [_field(one) for one in error.errors()[:MOST_FIELDS]]
    first = fields[0] if fields else {"path": "body", "problem": "cannot be read"}
    wrong = RequestInvalid(f"{first['path']}: {first['problem']}.")
    return _said(request, wrong.status, words_of(wrong, {"fields": fields}))


def _field(error: Any) -> dict[str, str]:
    """Return where and why a field is wrong; what was sent is not repeated."""
    path = ".".join(display_name(str(part)) for part in error["loc"])
    return {"path": display_name(path), "problem": display_name(str(error["msg"]), 200)}


def _of_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for it
    cause = error.__cause__
    if isinstance(cause, PrintdError):  # what the guard found while the body was read
        return _said(request, status_of(type(cause)), words_of(cause))
    kind = BY_STATUS.get(error.status_code, BodyInvalid)
    sentences = {
        NoSuchThing: "Nothing is at this address.",
        WrongMethod: "This address takes another method.",
        WrongType: "The content type is not taken here.",
    }
    wrong = kind(sentences.get(kind, "The body of this request cannot be read."))
    if _is_page(request):
        return _said(request, error.status_code, words_of(wrong))
    headers = {"Allow": _methods_at(request)} if kind is WrongMethod else error.headers
    return problem(error.status_code, words_of(wrong), headers)


def _methods_at(request: Request) -> str:
    """Return what an address takes; each of its methods is a route of its own."""
    found: set[str] = set()
    for route in request.app.router.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set())))


def _fault(request: Request, _fault: Exception) -> Response:
    return _said(
        request, 500, words_of(InternalError("printd has a fault; the log has the details."))
    )
