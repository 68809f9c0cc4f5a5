"""Who looks at a page: somebody who is logged in, or they are sent to where one logs in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request

from printd.web import logins
from printd.web.access import Caller
from printd.web.asked import TheSite
from printd.web.keys import Scope


def _needs(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    async def caller(request: Request, site: TheSite) -> Caller:
        return site.access.logged_in(request.cookies.get(logins.COOKIE, ""), scope, None)

    return caller


Submitter = Annotated[Caller, Depends(_needs(Scope.SUBMIT))]
Operator = Annotated[Caller, Depends(_needs(Scope.OPERATE))]
Administrator = Annotated[Caller, Depends(_needs(Scope.ADMIN))]


def login_address(path: str) -> str:
    """Return where one logs in and comes back here from."""
    return f"/login?next={quote(path, safe='/')}" if path != "/" else "/login"


def way_back(said: str) -> str:
    """Return a page of ours to go to; of anything else the first one."""
    try:
        parts = urlsplit(said)
    except ValueError:  # brackets that are no address
        return "/"
    is_ours = not parts.scheme and not parts.netloc and said.startswith("/")
    return said if is_ours and not said.startswith("//") and "\\" not in said else "/"
