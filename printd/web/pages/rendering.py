"""How a page is made: its template, the words of its language, the files it loads, its policy."""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from printd import __version__
from printd.core.clock import utc_now
from printd.core.filaments import COLOURS, named
from printd.web import logins
from printd.web.access import Caller
from printd.web.keys import Scope
from printd.web.logins import form_word
from printd.web.pages.assets import Assets
from printd.web.pages.languages import (
    COOKIE,
    language_of,
    languages,
    locale_of,
    translations,
)
from printd.web.pages.looks import (
    colour_word,
    condition_of,
    icon_of,
    label_of,
    source_of,
    state_of,
    tone_of,
)
from printd.web.pages.numbers import Numbers

TEMPLATES: Final = Path(__file__).parents[1] / "templates"
POLICY: Final = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
PERMISSIONS: Final = "camera=({camera}), microphone=(), geolocation=(), payment=(), usb=()"


class Rendering:
    """Makes the pages of one server."""

    def __init__(self) -> None:
        self.assets = Assets()

    def page(
        self,
        request: Request,
        template: str,
        caller: Caller | None = None,
        *,
        status: int = 200,
        language: str | None = None,
        uses_camera: bool = False,
        **values: Any,
    ) -> HTMLResponse:
        """Return a page.

        Args:
            request: that it answers.
            template: its name.
            caller: who is logged in; None: nobody need be.
            status: of HTTP.
            language: that it speaks; None: as the browser asks.
            uses_camera: whether it may ask for the camera.
            values: what the template shows.
        """
        language = language or language_of(
            request.cookies.get(COOKIE, ""), request.headers.get("accept-language", "")
        )
        nonce = secrets.token_urlsafe(16)
        known = self._known(request, caller, language)
        shown = {**known, "nonce": nonce, **values}
        body = _environment(language).get_template(template).render(shown)
        headers = _headers(nonce, language, uses_camera=uses_camera)
        return HTMLResponse(body, status, headers)

    def _known(self, request: Request, caller: Caller | None, language: str) -> dict[str, Any]:
        """Return what every template may show."""
        word = request.cookies.get(logins.COOKIE, "")
        return {
            "static": self.assets.url,
            "caller": caller,
            "may": lambda scope: caller is not None and caller.scope.covers(Scope(scope)),
            "form_word": form_word(word) if caller is not None and caller.login else "",
            "language": language,
            "languages": languages(),
            "here": request.url.path,
            "address": request.url.path + ("?" + request.url.query if request.url.query else ""),
            # What happens from here on is told to the page, also before it listens.
            "seq": request.app.state.site.view.seq if caller is not None else 0,
            "now": utc_now(),
            "numbers": _numbers(language),
            "version": __version__,
        }


def _headers(nonce: str, language: str, *, uses_camera: bool) -> dict[str, str]:
    """Return what a browser is told about a page: what it may load, run and ask for."""
    camera = "self" if uses_camera else ""
    return {
        "Content-Security-Policy": POLICY.format(nonce=nonce),
        "Permissions-Policy": PERMISSIONS.format(camera=camera),
        "Content-Language": language,
        # With no-referrer browsers send forms without their origin, which the guard asks for.
        "Referrer-Policy": "same-origin",
    }


def remember_language(answer: Response, language: str) -> None:
    """Let the browser ask in this language from now on."""
    if language in languages():
        answer.set_cookie(COOKIE, language, max_age=365 * 86400, samesite="strict", httponly=True)


def _duration(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


@cache
def _numbers(language: str) -> Numbers:
    return Numbers(locale_of(language), translations(language).gettext)


@cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    made.policies["json.dumps_kwargs"] = {"sort_keys": False}  # recipes have an order
    words = translations(language).gettext
    made.globals.update(
        colour_name=named,
        colour_word=partial(colour_word, words=words),
        filament_colours=tuple(COLOURS),
        icon_of=icon_of,
        tone_of=tone_of,
        label_of=partial(label_of, words=words),
        condition_of=partial(condition_of, words=words),
        state_of=partial(state_of, words=words),
        source_of=partial(source_of, words=words),
        duration=_duration,
        # For words that a configuration gives: `_()` takes its own for a template of text and tags.
        translated=words,
    )
    return made
