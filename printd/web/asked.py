"""What a handler asks for by naming it: the site, and who calls: with a key, or logged in.

Not looked for in threads: finding one row takes less time than going there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from printd.web import logins
from printd.web.access import LOOPBACK, Caller
from printd.web.keys import Scope
from printd.web.site import Site

_HEADER: Final = APIKeyHeader(
    name="X-Api-Key", auto_error=False, description="a key of `printd keys`"
)
_BEARER: Final = HTTPBearer(
    auto_error=False, description="the same key, for clients that want it so"
)
ByHeader = Annotated[str | None, Depends(_HEADER)]
ByBearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


async def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


TheSite = Annotated[Site, Depends(_site)]


FORM_HEADER: Final = "X-Form-Word"  # what the pages of a login send with everything they change
READS: Final = frozenset({"GET", "HEAD"})


def _needs(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    async def caller(request: Request, site: TheSite, shown: ByHeader, bearer: ByBearer) -> Caller:
        text = shown or (bearer.credentials if bearer else "")
        word = request.cookies.get(logins.COOKIE, "")
        if word and not text:
            form = None if request.method in READS else request.headers.get(FORM_HEADER, "")
            return site.access.logged_in(word, scope, form)
        return site.access.caller(host_of(request), text, scope)

    return caller


Submit = Annotated[Caller, Depends(_needs(Scope.SUBMIT))]
Operate = Annotated[Caller, Depends(_needs(Scope.OPERATE))]
Admin = Annotated[Caller, Depends(_needs(Scope.ADMIN))]


async def _at_home(request: Request, site: TheSite, shown: ByHeader, bearer: ByBearer) -> None:
    if not is_at_home(request):
        text = shown or (bearer.credentials if bearer else "")
        site.access.caller(host_of(request), text, Scope.SUBMIT)


# Nobody on this machine is asked for a key.
AT_HOME: Final[Any] = Depends(_at_home)


# What proxies add: whoever stands behind one on this machine is not at this machine.
PASSED_ON: Final = frozenset({"forwarded", "via", "x-forwarded-for", "x-real-ip"})


def is_at_home(request: Request) -> bool:
    """Return whether somebody at this machine asks, as far as can be told."""
    return host_of(request) in LOOPBACK and PASSED_ON.isdisjoint(request.headers)


def host_of(request: Request) -> str:
    """Return the address that asks, or the user at the socket."""
    return request.client.host if request.client else ""
