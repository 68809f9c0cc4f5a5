"""``printd costs``: what was printed, and what it took."""

from __future__ import annotations

import argparse

from printd.cli.output import show_json, table
from printd.cli.session import session
from printd.cli.since import moment_of
from printd.core.history import Wanted
from printd.core.jobs import FINAL
from printd.core.totals import Total, totals_by

TITLES = ("", "printed", "bad", "failed", "cancelled", "hours", "grams", "money")


def costs(args: argparse.Namespace) -> int:
    """Add up the jobs that are over, by month, printer, owner …."""
    since = moment_of(args.since) if args.since else None
    with session(args) as here:
        jobs = here.store.history(Wanted(states=FINAL, since=since))
    totals = totals_by(args.by, jobs)
    if args.json:
        show_json([{args.by: word, **total.as_values()} for word, total in totals.items()])
    elif totals:
        table([TITLES, *(_row(word, total) for word, total in totals.items())])
    else:
        print("Nothing has ended yet.")
    return 0


def _row(word: str, total: Total) -> tuple[str, ...]:
    counts = (total.printed, total.bad, total.failed, total.cancelled)
    money = f"{total.money:.2f} {total.currency}" if total.money else ""
    return word, *map(str, counts), f"{total.hours:.1f}", f"{total.grams:.0f}", money
