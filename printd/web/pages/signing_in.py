"""Logging in and out: with a name and a password, or by a link that works once."""

from __future__ import annotations

import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from printd.core.errors import PrintdError
from printd.web import logins
from printd.web.asked import TheSite, host_of, is_at_home
from printd.web.keys import Scope
from printd.web.logins import LASTS, is_form_word
from printd.web.pages.rendering import remember_language
from printd.web.pages.visitors import way_back
from printd.web.problems import FormRefused, status_of
from printd.web.site import Site

FORM_COOKIE: Final = "printd_form"  # before anybody is logged in: a form of ours knows its word
SEE_OTHER: Final = 303
router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=400)]


@router.get("/login")
def login(site: TheSite, request: Request, next: str = "/") -> Response:
    """Show the form."""
    return _form(site, request, next)


@router.post("/login")
def log_in(
    site: TheSite,
    request: Request,
    name: Text = "",
    password: Text = "",
    form: Text = "",
    next: Text = "/",
) -> Response:
    """Log in, and go on to where one was going."""
    try:
        _check_form(request, form)
        person = site.access.person(host_of(request), name.strip().lower(), password)
    except PrintdError as error:
        return _form(site, request, next, error)
    return logged_in(site, request, person.name, person.scope, way_back(next))


@router.get("/login/{word}")
def link(site: TheSite, request: Request, word: str) -> Response:
    """Ask whether to log in by a link: whoever only looks at the address does not use it up."""
    return _form(site, request, "/", link=word)


@router.post("/login/{word}")
def log_in_by_link(site: TheSite, request: Request, word: str, form: Text = "") -> Response:
    """Log in by a link."""
    try:
        _check_form(request, form)
        person, scope = site.links.use(word)
    except PrintdError as error:
        return _form(site, request, "/", error)
    return logged_in(site, request, person, scope, "/")


@router.post("/logout")
def log_out(site: TheSite, request: Request, form: Text = "") -> Response:
    """Log out."""
    word = request.cookies.get(logins.COOKIE, "")
    answer = RedirectResponse("/login", SEE_OTHER)
    if word and is_form_word(form, word):
        site.tools.logins.end(word)
        answer.delete_cookie(logins.COOKIE)
    return answer


@router.post("/language")
def language(language: Text, next: Text = "/") -> Response:
    """Speak another language from now on."""
    answer = RedirectResponse(way_back(next), SEE_OTHER)
    remember_language(answer, language)
    return answer


def _form(
    site: Site, request: Request, next: str, error: PrintdError | None = None, link: str = ""
) -> Response:
    said = request.cookies.get(FORM_COOKIE, "") or secrets.token_urlsafe(16)
    answer = site.pages.page(
        request,
        "login.html",
        status=status_of(type(error)) if error else 200,
        form=said,
        next=way_back(next),
        link=link,
        error=error,
        has_people=bool(site.tools.people.all()),
        has_kiosk=_has_kiosk(site, request),
    )
    answer.set_cookie(FORM_COOKIE, said, samesite="strict", httponly=True, secure=_is_safe(request))
    return answer


def _has_kiosk(site: Site, request: Request) -> bool:
    """Return whether this browser may be that of the kiosk, which staff have left."""
    kiosk = site.tools.config.kiosk
    return kiosk.enabled and (kiosk.anywhere or is_at_home(request))


def _check_form(request: Request, said: str) -> None:
    known = request.cookies.get(FORM_COOKIE, "")
    if not known or not secrets.compare_digest(said.encode(), known.encode()):
        raise FormRefused("The form was open for too long, or the browser keeps no cookies.")


def logged_in(site: Site, request: Request, name: str, scope: Scope, to: str) -> Response:
    """Log somebody in, and go on."""
    word = site.tools.logins.begin(name, scope)
    answer = RedirectResponse(to, SEE_OTHER)
    answer.set_cookie(
        logins.COOKIE,
        word,
        max_age=int(LASTS.total_seconds()),
        samesite="strict",
        httponly=True,
        secure=_is_safe(request),
    )
    answer.delete_cookie(FORM_COOKIE)
    return answer


def _is_safe(request: Request) -> bool:
    """Return whether the browser came by TLS, as far as we can see."""
    return request.url.scheme == "https"
