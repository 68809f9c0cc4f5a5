"""What can come of a request to OctoPrint, and the one place where foreign exceptions become that.

The one idea: after a failure it matters only whether the server can have acted. ``Unreachable`` is
proof that nothing was sent, ``Refused`` may be proof that nothing was done, ``AnswerLost`` is
neither.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pydantic
import requests
import urllib3

WORDS_CHARACTERS = 300  # of what a server says; more is no sentence

# Raised by requests before it has opened a connection.
NEVER_SENT = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.URLRequired,
)
# Raised by urllib3 while it opens one; requests hides them inside a ConnectionError.
NOT_CONNECTED = (
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NewConnectionError,  # NameResolutionError is one
    urllib3.exceptions.LocationParseError,
)


class NoAnswer(Exception):
    """OctoPrint did not answer.

    Args:
        words: why, in a sentence.
        lasting: no waiting helps; a person has to change something.
    """

    def __init__(self, words: str, *, lasting: bool = False) -> None:
        super().__init__(words)
        self.lasting = lasting


class Unreachable(NoAnswer):
    """No connection was made: nothing was sent."""


class AnswerLost(NoAnswer):
    """The request may have arrived, and there is no answer of OctoPrint to it."""


class Refused(Exception):
    """A server answered that it did not do it.

    Args:
        status: of HTTP.
        words: what it says of it.
        by_octoprint: the answer has OctoPrint's form; a proxy's words prove nothing.
    """

    def __init__(self, status: int, words: str, *, by_octoprint: bool) -> None:
        super().__init__(f"It answered {status}: {words}")
        self.status = status
        self.words = words
        self.by_octoprint = by_octoprint

    @property
    def is_proof(self) -> bool:
        """Say whether this answer proves that OctoPrint did nothing.

        Every 4xx of OctoPrint's own is given before it acts; a 5xx may come in the middle.

        Source: OctoPrint 1.11.8, ``server/api/files.py`` and ``job.py``.
        """
        return self.by_octoprint and 400 <= self.status < 500


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the libraries below raise into ``Unreachable`` or ``AnswerLost``."""
    try:
        yield
    except (
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
        pydantic.ValidationError,
        OSError,
        UnicodeError,
    ) as error:
        raise meaning(error) from error


def meaning(error: Exception) -> Unreachable | AnswerLost:
    """Return what ``error`` means for the request that met it."""
    if isinstance(error, (pydantic.ValidationError, requests.exceptions.JSONDecodeError)):
        return AnswerLost("Something else than OctoPrint answers there.", lasting=True)
    causes = list(_causes(error))
    if any(isinstance(cause, (*NEVER_SENT, *NOT_CONNECTED)) for cause in causes):
        return Unreachable("No connection could be made.")
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Unreachable("Its certificate is not trusted.", lasting=True)
    if any(isinstance(cause, requests.exceptions.SSLError) for cause in causes):
        return AnswerLost("The encrypted connection failed.")
    if any(isinstance(cause, (requests.exceptions.Timeout, TimeoutError)) for cause in causes):
        return AnswerLost("It did not answer in time.")
    return AnswerLost("The connection broke before the answer.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield ``error`` and what the libraries have wrapped in it, as cause or as argument."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        found = waiting.pop()
        if not isinstance(found, BaseException) or found in seen:
            continue
        seen.append(found)
        yield found
        waiting += [*found.args, getattr(found, "reason", None), found.__cause__]
