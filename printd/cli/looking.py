"""Commands that only look: they show what is known also while the database cannot be used."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

from printd.cli.output import say
from printd.cli.session import Session, configuration, over, session
from printd.core.board import Condition, PrinterStatus
from printd.core.clock import utc_now
from printd.core.damage import noted, remedy
from printd.core.errors import DaemonAway, DatabaseUnusable, RequestRefused, SafeMode
from printd.core.last_known import last_known


@contextmanager
def looking(args: argparse.Namespace, *, tells: bool = True) -> Iterator[Session]:
    """Open the store to be read; where that cannot be, what is known of the jobs without it.

    Args:
        args: as typed.
        tells: say beside what is shown why it may be old; the caller says it otherwise.

    Raises:
        NeverRun: there is no store yet.
    """
    loaded = configuration(args)
    error, why = None, noted(loaded.config.data_dir)
    with ExitStack() as stack:
        if why is None:
            try:
                here = stack.enter_context(session(args))
            except DatabaseUnusable as found:
                error = found
                why = SafeMode(found.problem, action=remedy(found, loaded.config.data_dir))
            else:
                yield here
                return
        known = stack.enter_context(last_known(loaded.config, error))
        if tells:
            say(f"{why.problem}\n→ {why.action}\nShown from: {known.source}.")
        here = over(loaded, known.database)
        _hear(here)
        yield replace(here, safe=why)


def say_if_stopped(here: Session) -> None:
    """Say beside what is shown of printers and jobs that nobody looks at them."""
    if here.safe is None and not here.daemon_runs:
        say("printd does not run; shown is what it last knew. Start it with `printd run`.")


def _hear(here: Session) -> None:
    """Note in the copy what the daemon has heard of the printers meanwhile."""
    from printd.cli.api import call  # seldom needed, and every command that looks is to be quick

    with suppress(DaemonAway, RequestRefused):  # it does not run, or is just beginning
        for printer in call(here.config.data_dir, "GET", "/printers")["printers"]:
            if printer["condition"] is not None:
                status = PrinterStatus(Condition(printer["condition"]), trouble=printer["trouble"])
                here.fleet.saw(printer["name"], status, utc_now())
