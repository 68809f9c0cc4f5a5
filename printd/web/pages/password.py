"""A password of one's own: whoever has one changes it, by the old one."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from printd.core.errors import PrintdError, SettingInvalid
from printd.web import logins
from printd.web.access import Caller
from printd.web.asked import TheSite, host_of
from printd.web.logins import is_form_word
from printd.web.pages.signing_in import logged_in
from printd.web.pages.visitors import Submitter
from printd.web.people import LEAST, People
from printd.web.problems import FormRefused, status_of
from printd.web.site import Site

router: Final = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=400)]


@router.get("/password")
def password(site: TheSite, request: Request, caller: Submitter) -> Response:
    """Show the form."""
    return _form(site, request, caller)


@router.post("/password")
def change(
    site: TheSite,
    request: Request,
    caller: Submitter,
    old: Text = "",
    new: Text = "",
    again: Text = "",
    form: Text = "",
) -> Response:
    """Change it; wherever else this person is logged in, that ends."""
    try:
        if not is_form_word(form, request.cookies.get(logins.COOKIE, "")):
            raise FormRefused("This does not come from a page of this login.")
        if new != again:
            raise SettingInvalid("The two new passwords are not the same.")
        person = site.access.person(host_of(request), caller.who, old)
        People(site.tools.asking).set_password(person.name, new, by=caller.who)
    except PrintdError as error:
        return _form(site, request, caller, error)
    return logged_in(site, request, person.name, person.scope, "/")


def _form(
    site: Site, request: Request, caller: Caller, error: PrintdError | None = None
) -> Response:
    return site.pages.page(
        request,
        "password.html",
        caller,
        status=status_of(type(error)) if error else 200,
        error=error,
        least=LEAST,
        has_one=caller.who in {person.name for person in site.tools.people.all()},
    )
