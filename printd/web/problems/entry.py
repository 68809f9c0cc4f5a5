"""Who may not come in: by which name, from which page, with which key or login."""

from __future__ import annotations

from printd.core.errors import RequestRefused


class HostRefused(RequestRefused):
    """The request was meant for another name than ours."""

    code = "host_refused"
    status = 421
    action = "Add the name to `web: names:` of the configuration if it is yours."


class OriginRefused(RequestRefused):
    """Another page wants to change something here."""

    code = "origin_refused"
    status = 403
    action = "Add its origin to `web: origins:` of the configuration if it is yours."


class KeyNeeded(RequestRefused):
    """No key was shown."""

    code = "key_needed"
    status = 401
    action = "Send one as `X-Api-Key`; `printd keys create` makes one."


class KeyRefused(RequestRefused):
    """The key is none of ours."""

    code = "api_key_refused"
    status = 401
    action = "Make a new one with `printd keys create`."


class KeyRevoked(KeyRefused):
    """The key was one of ours."""

    code = "api_key_revoked"


class KeyExpired(KeyRefused):
    """The key has ended."""

    code = "api_key_expired"


class KeyTooWeak(RequestRefused):
    """The key is good, and not for this."""

    code = "api_key_too_weak"
    status = 403
    action = "Use a key of a higher scope; `printd keys create` makes one."


class NoSuchKey(RequestRefused):
    """No key has this id or name."""

    code = "no_such_key"
    status = 404
    action = "See `printd keys list`."


class NoSuchPerson(RequestRefused):
    """Nobody has this name."""

    code = "no_such_person"
    status = 404
    action = "See `printd people list`."


class PasswordRefused(RequestRefused):
    """The name or the password is not right."""

    code = "password_refused"
    status = 401
    action = "Try again; `printd people password NAME` gives another one."


class LinkGone(RequestRefused):
    """A link was used already, is too old, or never was one."""

    code = "link_gone"
    status = 410
    action = "Get a new one where this one came from."


class LoginNeeded(RequestRefused):
    """Nobody is logged in, or not anymore."""

    code = "login_needed"
    status = 401
    action = "Log in; `printd people link` logs in whoever may read the data folder."


class FormRefused(RequestRefused):
    """The request does not come from a page of this login."""

    code = "form_refused"
    status = 403
    action = "Load the page again, then repeat."
