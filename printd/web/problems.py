"""What the API cannot do, as ``{code, problem, action, details}``, each with its status.

The words are those of ``core/errors``; what only a request can do wrong stands here. No
problem repeats what was sent, but for names that were made fit to be shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from printd.core.errors import (
    RETRY,
    ConfigInvalid,
    DaemonAway,
    InternalError,
    NoSuchFile,
    NoSuchJob,
    NoSuchPrinter,
    NotPossibleNow,
    PermanentError,
    PrintdError,
    RequestRefused,
    StartupError,
    TransientError,
    UserError,
)
from printd.core.requests import Answer

Words = dict[str, Any]

# Looked through in this order; what an error of ours means to who asked.
STATUSES: Final[tuple[tuple[type[PrintdError], int], ...]] = (
    (NoSuchJob, 404),
    (NoSuchPrinter, 404),
    (NoSuchFile, 404),
    (NotPossibleNow, 409),
    (ConfigInvalid, 409),
    (DaemonAway, 503),
    (TransientError, 503),
    (StartupError, 503),
    (UserError, 422),
    (PermanentError, 422),
    (InternalError, 500),
)
OTHERWISE: Final = 409
# Reasons that are no errors of a job.
BY_CODE: Final[Mapping[str, int]] = {"limit_reached": 429, "queue_full": 429}


class RequestInvalid(RequestRefused):
    """What was sent is not what is asked for here; ``details`` names the fields."""

    code = "request_invalid"
    status = 422
    action = "Send what the description at /api/v1/openapi.json asks for."


class BodyInvalid(RequestRefused):
    """The body cannot be read."""

    code = "body_invalid"
    action = "Send it again, whole."


class UploadInvalid(RequestRefused):
    """The form of an upload cannot be read, or is not of the closed set of fields."""

    code = "upload_invalid"
    action = "Send one form with the field `file`; see /api/v1/openapi.json."


class WrongType(RequestRefused):
    """The content type is not one that is taken here."""

    code = "wrong_type"
    status = 415
    action = "Send what the description at /api/v1/openapi.json asks for."


class BodyTooLarge(RequestRefused):
    """More was sent, or announced, than is taken."""

    code = "body_too_large"
    status = 413
    action = "Send a smaller one."


class BodyTooSlow(RequestRefused):
    """The body did not come in time."""

    code = "body_too_slow"
    status = 408
    action = "Send it again over a better connection."


class SourceOff(RequestRefused):
    """Nothing is fetched from addresses."""

    code = "source_off"
    status = 403
    action = "Send the file itself, or set `web: source_urls: true` in the configuration."


class SourceRefused(RequestRefused):
    """The address is not one that is fetched from."""

    code = "source_refused"
    status = 422
    action = "Send the file itself, or name its host under `web: source_hosts:`."


class SourceFailed(RequestRefused):
    """Nothing that can be used came from the address."""

    code = "source_failed"
    status = 422
    action = "Look whether the address shows the file in a browser, or send the file itself."


class KeyReused(RequestRefused):
    """The same Idempotency-Key came with something else before."""

    code = "idempotency_key_reused"
    status = 422
    action = "Use a new key for each new upload."


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


class VisitOver(RequestRefused):
    """The visit at the kiosk has ended."""

    code = "visit_over"
    status = 410
    action = "Touch the screen to start again."


class PhoneLinkGone(RequestRefused):
    """The link by which a phone sends a photo was used, is too old, or never was one."""

    code = "phone_link_gone"
    status = 410
    action = "Take a new code from the screen."


class TicketGone(RequestRefused):
    """No ticket has this word, or nothing is kept of it anymore."""

    code = "ticket_gone"
    status = 404
    action = "Ask the staff with the number of your ticket."


class PageTooOld(RequestRefused):
    """What a visitor has seen of a job is not true of it any more."""

    code = "page_too_old"
    status = 409
    action = "Look at the ticket again."


class PinRefused(RequestRefused):
    """The number that opens the staff corner of the kiosk is not right, or there is none."""

    code = "pin_refused"
    status = 401
    action = "Try again; `printd kiosk pin` sets another one."


class PinLocked(RequestRefused):
    """So many wrong numbers were tried that the staff corner is locked for some minutes."""

    code = "pin_locked"
    status = 429
    action = "Wait five minutes, then try again."


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


class NoSuchThing(RequestRefused):
    """Nothing is at this address."""

    code = "no_such_thing"
    status = 404
    action = "See /api/v1/openapi.json for what there is."


class WrongMethod(RequestRefused):
    """The address is there, and takes another method."""

    code = "wrong_method"
    status = 405
    action = "See /api/v1/openapi.json for what there is."


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


class TooManyRequests(RequestRefused):
    """More in a short time than one may send."""

    code = "too_many_requests"
    status = 429
    action = "Wait a minute, then go on more slowly."


class TooManyAtOnce(RequestRefused):
    """So many uploads or streams are under way that no more are taken now."""

    code = "too_many_at_once"
    status = 503
    action = "Try again in a few seconds."


class NoSuchDraft(RequestRefused):
    """The photo that was looked at is forgotten, or somebody else's."""

    code = "no_such_draft"
    status = 404
    action = "Hand the photo in again."


class TooManyDrafts(RequestRefused):
    """So many photos are looked at that no more are taken now."""

    code = "too_many_drafts"
    status = 503
    action = "Try again in a few minutes, or raise `web: drafts:` in the configuration."


class StillBusy(RequestRefused):
    """The daemon has not come to it yet; what was asked stays asked."""

    code = "still_busy"
    status = 503
    action = "Ask again in a while; an upload with the same Idempotency-Key."


class PortTaken(StartupError):
    """The address of the API cannot be listened on."""

    code = "port_taken"
    exit_code = 69
    action = "End the other program, or set another `web: port:`."


class DaemonRefused(Exception):
    """The daemon has answered no, in its own words."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.code)
        self.code = answer.code or ""
        self.words = said(
            self.code,
            str(answer.values.get("problem", "")),
            str(answer.values.get("action", "")),
        )


def words_of(error: PrintdError, details: Mapping[str, Any] | None = None) -> Words:
    """Return an error as it is sent."""
    return said(error.code, error.problem, error.action, details)


def said(code: str, problem: str, action: str, details: Mapping[str, Any] | None = None) -> Words:
    """Return the four words of a problem."""
    advice = action.replace(RETRY, "then try again.")
    return {"code": code, "problem": problem, "action": advice, "details": dict(details or {})}


def status_of(kind: type[PrintdError]) -> int:
    """Return the status that an error is sent with."""
    if issubclass(kind, RequestRefused):
        return kind.status
    return next((status for of, status in STATUSES if issubclass(kind, of)), OTHERWISE)


def status_of_code(code: str) -> int:
    """Return the status of what the daemon answered."""
    return BY_CODE.get(code) or _by_code().get(code, OTHERWISE)


@cache
def _by_code() -> dict[str, int]:
    def below(kind: type[PrintdError]) -> list[type[PrintdError]]:
        return [kind, *(deeper for child in kind.__subclasses__() for deeper in below(child))]

    return {kind.code: status_of(kind) for kind in below(PrintdError)}
