"""Who stands at the kiosk, and what is said to them when something cannot be done.

The pages are there when the configuration says so, and for the machine that they are shown on. A
form of a visit carries a word that only its pages know.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Annotated, Any, Final

from fastapi import Depends, Form, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from printd.core.errors import InternalError, PrintdError
from printd.core.kiosk_config import KioskConfig
from printd.web import visits
from printd.web.asked import FORM_HEADER, TheSite, is_at_home
from printd.web.logins import form_word, is_form_word
from printd.web.pages.kiosk.refusals import N_, refusal_of
from printd.web.pages.languages import language_of
from printd.web.problems import (
    DaemonRefused,
    FormRefused,
    LoginNeeded,
    NoSuchThing,
    VisitOver,
    status_of,
    status_of_code,
)
from printd.web.site import Site
from printd.web.visits import Visit

log = logging.getLogger(__name__)
START: Final = "/kiosk"
USUAL: Final = (N_("Print your photo"), N_("the counter"))  # of a configuration that says nothing
SEE_OTHER: Final = 303
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class KioskRoute(APIRoute):
    """A route whose refusals are told in the words of the kiosk."""

    def get_route_handler(self) -> Handler:
        """Return the handler, with its refusals caught."""
        handler = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return told(request, await handler(request))
            except (PrintdError, DaemonRefused, RequestValidationError, HTTPException) as error:
                return refused(request, error)
            except Exception as fault:  # a visitor is told in the words of the kiosk, too
                log.exception("a request of the kiosk has failed")
                return refused(request, InternalError.of(fault))

        return handled


def check_open(site: Site, request: Request) -> KioskConfig:
    """Return the configuration of the kiosk, where it is shown.

    Raises:
        NoSuchThing: there is none, or not for the machine that asks.
    """
    kiosk = site.tools.config.kiosk
    if not kiosk.enabled or not (kiosk.anywhere or is_at_home(request)):
        raise NoSuchThing("Nothing is at this address.")
    return kiosk


async def _at_kiosk(request: Request, site: TheSite) -> KioskConfig:
    return check_open(site, request)


AtKiosk = Annotated[KioskConfig, Depends(_at_kiosk)]


def _visit_of(*, touches: bool) -> Callable[..., Awaitable[Visit]]:
    async def visit(request: Request, site: TheSite, _kiosk: AtKiosk) -> Visit:
        return site.visits.known(request.cookies.get(visits.COOKIE, ""), touches=touches)

    return visit


Visiting = Annotated[Visit, Depends(_visit_of(touches=True))]
Watching = Annotated[Visit, Depends(_visit_of(touches=False))]  # a page asks by itself


async def _changing(
    request: Request, visit: Visiting, form: Annotated[str, Form(max_length=200)] = ""
) -> Visit:
    check_form(visit, request.headers.get(FORM_HEADER, "") or form)
    return visit


Changing = Annotated[Visit, Depends(_changing)]  # ... and the form is one of the visit's pages


def check_form(visit: Visit, said: str) -> None:
    """Refuse what does not come from a page of this visit.

    Raises:
        FormRefused: it does not.
    """
    if not is_form_word(said, visit.word):
        raise FormRefused("This does not come from a page of this visit.")


def go(path: str) -> Response:
    """Go on to another screen."""
    return RedirectResponse(path, SEE_OTHER)


def screen(
    site: Site, request: Request, template: str, visit: Visit | None = None, **values: Any
) -> HTMLResponse:
    """Return a screen of the kiosk.

    Args:
        site: the parts of the server.
        request: that it answers.
        template: its name, below ``kiosk/``.
        visit: who stands there; None: nobody yet.
        values: what it shows.
    """
    kiosk = site.tools.config.kiosk
    return site.pages.page(
        request,
        f"kiosk/{template}",
        language=_language_at(kiosk, visit),
        kiosk=kiosk,
        visit=visit,
        form_word=form_word(visit.word) if visit else "",
        **values,
    )


def _language_at(kiosk: KioskConfig, visit: Visit | None) -> str:
    spoken = visit.language if visit else ""
    return spoken if spoken in kiosk.languages else kiosk.languages[0]


def told(request: Request, answer: Response) -> Response:
    """Return an answer for who has asked: a script that sent a form goes on by itself."""
    is_form = request.method == "POST" and wants_words(request)
    if not is_form or answer.status_code != SEE_OTHER:
        return answer
    said = JSONResponse({"next": answer.headers["location"]}, headers={"Cache-Control": "no-store"})
    said.raw_headers += [one for one in answer.raw_headers if one[0] == b"set-cookie"]
    return said


def wants_words(request: Request) -> bool:
    """Return whether a script asks, which shows the words itself."""
    return "text/html" not in request.headers.get("accept", "")


def refused(request: Request, error: Exception) -> Response:
    """Say in the words of the kiosk what could not be done."""
    site: Site = request.app.state.site
    if isinstance(error, VisitOver) and not wants_words(request):
        return go(START)
    if isinstance(error, LoginNeeded) and not wants_words(request):
        return go(f"{START}/staff")  # a minute is over: the number once more
    visit = visit_if_any(site, request)
    said = refusal_of(error)
    status = _status_of(error)
    kiosk = site.tools.config.kiosk
    language = _language_of(request, kiosk, visit)
    if wants_words(request):
        words = said.in_language(language)
        return JSONResponse(words, status, {"Cache-Control": "no-store"})
    return site.pages.page(
        request,
        "kiosk/problem.html",
        status=status,
        language=language,
        kiosk=kiosk,
        visit=visit,
        form_word=form_word(visit.word) if visit else "",
        said=said.in_language(language),
        back=_way_back(request, visit),
    )


# The screen before one that cannot be shown; a form that is refused leads to its own.
BEFORE: Final[Mapping[str, str]] = {
    f"{START}/photo": f"{START}/make",
    f"{START}/stick": f"{START}/photo",
    f"{START}/crop": f"{START}/photo",
    f"{START}/look": f"{START}/crop",
    f"{START}/summary": f"{START}/look",
}
OF_FORMS: Final[Mapping[str, str]] = {
    **{path: path for path in BEFORE},
    f"{START}/size": f"{START}/summary",
    f"{START}/print": f"{START}/summary",
}


def _way_back(request: Request, visit: Visit | None) -> str:
    """Return the screen that leads out of a refusal; "": there is none, as on a phone."""
    path = request.url.path
    if not path.startswith(START):
        return ""
    if path.startswith(f"{START}/staff"):
        return f"{START}/staff"
    if visit is None:
        return START
    if visit.job is not None:
        return f"{START}/ticket"
    ways = OF_FORMS if request.method == "POST" else BEFORE
    return ways.get(path, f"{START}/make")


def visit_if_any(site: Site, request: Request) -> Visit | None:
    """Return the visit of a browser without counting it as used; None: it has ended."""
    try:
        return site.visits.known(request.cookies.get(visits.COOKIE, ""), touches=False)
    except VisitOver:
        return None


def _language_of(request: Request, kiosk: KioskConfig, visit: Visit | None) -> str:
    """Return in which language who has asked is told: a phone has its own."""
    path = request.url.path
    if not path.startswith(START):
        return language_of("", request.headers.get("accept-language", ""))
    return _language_at(kiosk, None if path.startswith(f"{START}/staff") else visit)


def _status_of(error: Exception) -> int:
    if isinstance(error, HTTPException):
        cause = error.__cause__
        return status_of(type(cause)) if isinstance(cause, PrintdError) else error.status_code
    if isinstance(error, PrintdError):
        return status_of(type(error))
    if isinstance(error, DaemonRefused):
        return status_of_code(error.code)
    return 422 if isinstance(error, RequestValidationError) else 409
