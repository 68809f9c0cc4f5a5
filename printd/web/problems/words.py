"""What goes wrong as it is sent: ``{code, problem, action, details}``, each with its status."""

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
from printd.core.names import display_name
from printd.core.requests import Answer

Words = dict[str, Any]
LONGEST: Final = 1000  # characters of a problem

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
    if len(problem) > LONGEST:  # a name in it is as long as it was sent
        problem = display_name(problem, LONGEST)
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
