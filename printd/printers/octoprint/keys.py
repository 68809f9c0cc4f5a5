"""How printd gets a key of an OctoPrint: it asks, and a person clicks Allow there.

No password is typed anywhere. A question that is no longer repeated lapses by itself, so whoever
gives up leaves nothing behind.

Source: OctoPrint 1.11.8 and 2.0.0rc7, plug-in ``appkeys``; observed, November 2026.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from printd.core.errors import KeyRefused, NotPossibleNow, PrinterOffline
from printd.printers.octoprint.client import OctoPrintClient
from printd.printers.octoprint.errors import NoAnswer, Refused
from printd.printers.octoprint.look import missing_rights, why_not

APP: Final = "printd"
ASK_S: Final = 1.0  # OctoPrint forgets a question that is not repeated for five seconds
LONGEST_S: Final = 600.0  # it forgets every question after ten minutes
BY_HAND: Final = (
    "Make a key in OctoPrint's settings under Application Keys, and name its file by `--key-file`."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for a key that waits for a person."""

    token: str  # whoever knows it is given the key, too
    page: str  # where it is answered


@dataclass(frozen=True, slots=True)
class Met:
    """An OctoPrint that has accepted a key."""

    version: str
    user: str
    missing: list[str]  # rights that the user lacks; without them it cannot print


def check_is_octoprint(client: OctoPrintClient, url: str) -> None:
    """Ask what a stranger may ask.

    Raises:
        PrinterOffline: nobody answers, or something else than OctoPrint.
    """
    with _answered(url):
        client.user()


def ask(client: OctoPrintClient, url: str, user: str | None) -> Asked:
    """Ask for a key; ``given_key`` has to follow within five seconds.

    Args:
        client: without a key.
        url: where OctoPrint is.
        user: who is to allow it; None: whoever is logged in.

    Raises:
        PrinterOffline: it does not answer.
        KeyRefused: this OctoPrint gives no keys.
        NotPossibleNow: it was asked too often.
    """
    with _answered(url):
        try:
            token = client.ask_for_key(APP, user)
        except Refused as error:
            raise _no_question(url, error) from error
    # Not the address in the answer: behind a proxy OctoPrint does not know its own.
    page = f"{url}/plugin/appkeys/auth/{token}"
    return Asked(token, f"{page}?user={quote(user)}" if user else page)


def given_key(
    client: OctoPrintClient,
    url: str,
    asked: Asked,
    *,
    within_s: float,
    waiting: Callable[[float], None],
) -> str:
    """Wait until somebody has decided; return the key.

    Args:
        client: without a key.
        url: where OctoPrint is, for what is said.
        asked: the question.
        within_s: how long to wait.
        waiting: called about once a second with the seconds that are over.

    Raises:
        KeyRefused: somebody said no.
        NotPossibleNow: nobody has said anything in time.
    """
    begun_s = time.monotonic()
    while (over_s := time.monotonic() - begun_s) < within_s:
        try:
            if key := client.key_for(asked.token):
                return key
        except NoAnswer:
            pass  # it may answer the next time; if the question has lapsed by then, it says so
        except Refused as error:
            raise KeyRefused(
                f"{url}: OctoPrint gives no key: somebody clicked Deny, or the question lapsed.",
                action="Run this again and click Allow, as a user who may print.",
            ) from error
        waiting(over_s)
        time.sleep(ASK_S)
    raise NotPossibleNow(
        f"{url}: nobody has allowed it within {within_s:.0f} s; the question is withdrawn.",
        action="Log in at OctoPrint's page first, then run this again and click Allow there.",
    )


def _no_question(url: str, error: Refused) -> Exception:
    """Return why a key cannot even be asked for."""
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return NotPossibleNow(
            f"{url}: OctoPrint was asked for keys too often.",
            action="Wait ten minutes, then run this again.",
        )
    if error.status == HTTPStatus.NOT_FOUND:
        words = f"{url}: this OctoPrint gives no keys: its plug-in Application Keys is off."
        return KeyRefused(words, action=f"Switch it on. {BY_HAND}")
    return error


def meet(client: OctoPrintClient, url: str) -> Met:
    """Say who it is and what its key allows.

    Raises:
        PrinterOffline: it does not answer.
        KeyRefused: it does not know the key.
    """
    with _answered(url):
        user = client.user()
        if user.name is None:
            raise KeyRefused(f"{url}: OctoPrint does not know this key.", action=BY_HAND)
        missing = missing_rights(user)
        version = "" if "STATUS" in missing else client.version()
        return Met(version, user.name, missing)


@contextmanager
def _answered(url: str) -> Iterator[None]:
    try:
        yield
    except (NoAnswer, Refused) as error:
        fact, remedy = why_not(url, error)
        raise PrinterOffline(f"{fact.rstrip('.')}.", action=remedy) from error
