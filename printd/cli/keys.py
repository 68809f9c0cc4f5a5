"""``printd keys``: who may use the API. A key is shown once; only its hash is kept."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from printd.cli.api import call
from printd.cli.output import say, show_json, show_text, table
from printd.cli.parsing import UsageError
from printd.cli.session import Session, me, session
from printd.core.clock import from_text, utc_now
from printd.core.config_types import MOST_DAYS
from printd.core.errors import DaemonAway
from printd.core.moments import day
from printd.web.documents import KeyDocument, key_values
from printd.web.keys import Key, Keys, Scope

Words = dict[str, Any]


def keys(args: argparse.Namespace) -> int:
    """List, create or revoke keys."""
    acts = {None: _list, "list": _list, "create": _create, "revoke": _revoke}
    with session(args, create=True) as here:
        acts[args.act](here, args)
    return 0


def _asked(here: Session, over_api: Callable[[], Words], on_store: Callable[[], Words]) -> Words:
    """Ask the daemon if it runs and serves; otherwise do it on the store."""
    if here.daemon_runs:
        try:
            return over_api()
        except DaemonAway:
            say("printd runs without its API; this is done on its store.")
    return on_store()


def _list(here: Session, args: argparse.Namespace) -> None:
    data_dir = here.config.data_dir
    found = _asked(
        here,
        lambda: call(data_dir, "GET", "/keys"),
        lambda: {"keys": [_words(key) for key in Keys(here.database).all()]},
    )
    if args.json:
        show_json(found["keys"])
        return
    if not found["keys"]:
        say("There is no key yet: `printd keys create NAME --scope submit`.")
    table((one["name"], one["scope"], one["owner"], _standing(one)) for one in found["keys"])


def _standing(key: Words) -> str:
    if key["revoked_at"]:
        return f"revoked {day(from_text(key['revoked_at']), year=True)}"
    used = f"used {day(from_text(key['used_at']), year=True)}" if key["used_at"] else "never used"
    if not key["expires_at"]:
        return used
    until = from_text(key["expires_at"])
    return f"{used}, {'ended' if until <= utc_now() else 'until'} {day(until, year=True)}"


def _create(here: Session, args: argparse.Namespace) -> None:
    until = _until(args.days)
    wanted = {
        "name": args.name,
        "scope": args.scope,
        "owner": args.owner or "",
        "expires_at": until.isoformat() if until else None,
    }

    def on_store() -> Words:
        key, text = Keys(here.database).create(
            args.name, Scope(args.scope), by=me(), owner=args.owner or "", expires_at=until
        )
        return {**_words(key), "key": text}

    made = _asked(here, lambda: call(here.config.data_dir, "POST", "/keys", wanted), on_store)
    if args.json:
        show_json(made)
        return
    print(made["key"])
    say(f"The key {made['name']} is for {made['scope']}. It is not shown again: keep it now.")


def _until(days: float | None) -> datetime | None:
    """Return when a key ends that is to last so many days; None: never.

    Raises:
        UsageError: it would not last.
    """
    if days is None:
        return None
    if not 0 < days <= MOST_DAYS:
        raise UsageError(
            f"--days: {days:g} is not a number above 0, up to {MOST_DAYS}.",
            action="See `printd keys create --help`.",
        )
    return utc_now() + timedelta(days=days)


def _revoke(here: Session, args: argparse.Namespace) -> None:
    key = _asked(
        here,
        lambda: call(here.config.data_dir, "DELETE", f"/keys/{args.key}"),
        lambda: _words(Keys(here.database).revoke(args.key, by=me())),
    )
    if args.json:
        show_json(key)
        return
    show_text(f"The key {key['name']} is revoked.")


def _words(key: Key) -> Words:
    return KeyDocument(**key_values(key)).model_dump(mode="json")
