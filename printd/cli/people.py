"""``printd people``: who may log in at the pages, and a link that logs in once."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from printd.cli.api import call
from printd.cli.output import say, show_json, show_text, table
from printd.cli.session import Session, me, session
from printd.core.errors import DaemonAway, SettingInvalid
from printd.core.moments import day
from printd.web.keys import Scope
from printd.web.people import People, Person

Words = dict[str, Any]


def people(args: argparse.Namespace) -> int:
    """List, add or remove people, give them a password, or make a link."""
    acts = {
        None: _list,
        "list": _list,
        "add": _add,
        "password": _password,
        "remove": _remove,
        "link": _link,
    }
    with session(args, create=True) as here:
        acts[args.act](here, args)
    return 0


def _list(here: Session, args: argparse.Namespace) -> None:
    found = [_words(one) for one in People(here.database).all()]
    if args.json:
        show_json(found)
        return
    if not found:
        say("Nobody has a password yet: `printd people add NAME`.")
    table(
        (one["name"], one["scope"], f"since {day(one['created_at'], year=True)}") for one in found
    )


def _add(here: Session, args: argparse.Namespace) -> None:
    made = People(here.database).add(args.name, Scope(args.scope), _asked(args.name), by=me())
    _said(args, made, f"{made.name} may log in now ({made.scope}).")


def _password(here: Session, args: argparse.Namespace) -> None:
    store = People(here.database)
    store.get(args.name)  # before a password is asked for
    changed = store.set_password(args.name, _asked(args.name), by=me())
    _said(
        args, changed, f"{changed.name} has another password; where they were logged in, it ended."
    )


def _remove(here: Session, args: argparse.Namespace) -> None:
    gone = People(here.database).remove(args.name, by=me())
    _said(args, gone, f"{gone.name} may not log in any more.")


def _link(here: Session, args: argparse.Namespace) -> None:
    if not here.daemon_runs:
        raise DaemonAway(
            "printd does not run; a link leads to the pages that it serves.",
            action="Start it with `printd run`, then say it again.",
        )
    made = call(here.config.data_dir, "POST", "/people/link")
    if args.json:
        show_json(made)
        return
    print(made["url"])
    say(f"Logs {made['person']} in once, within ten minutes ({made['scope']}).")


def _asked(name: str) -> str:
    """Ask for a password twice; of a program, take the first line that it sends."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass(f"A password for {name}: ")
    if getpass.getpass("Once more: ") != first:
        raise SettingInvalid("The two are not the same.")
    return first


def _said(args: argparse.Namespace, person: Person, words: str) -> None:
    if args.json:
        show_json(_words(person))
    else:
        show_text(words)


def _words(person: Person) -> Words:
    return {
        "name": person.name,
        "scope": person.scope,
        "created_at": person.created_at,
        "created_by": person.created_by,
    }
