"""What could not be shown, as a page: the problem, and what to do."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from printd.core.errors import PrintdError
from printd.web.pages.visitors import login_address
from printd.web.problems import LoginNeeded, Words, status_of, words_of
from printd.web.site import Site

SEE_OTHER = 303


def problem_page(site: Site, request: Request, status: int, words: Words) -> Response:
    """Return the page of a problem."""
    return site.pages.page(request, "problem.html", status=status, words=words)


def refused(site: Site, request: Request, error: PrintdError) -> Response:
    """Return the page of an error; who must log in first is sent there."""
    if isinstance(error, LoginNeeded) and request.method == "GET":
        if "hx-request" in request.headers:  # of a part of a page, which a form must not replace
            return Response(status_code=status_of(type(error)))
        return RedirectResponse(login_address(request.url.path), SEE_OTHER)
    return problem_page(site, request, status_of(type(error)), words_of(error))
