"""``printd status``: the daemon, who is needed and for what, the printers, the queue."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from printd.cli.output import show_json, state_words, table
from printd.cli.session import Session, session
from printd.cli.watching import shown_again
from printd.core.jobs import Because, Job, State
from printd.core.matching import Offer, why_stopped
from printd.core.pausing import Pausing

BED = frozenset({"bed_unknown", "bed_not_clear"})
BUSY = "busy"  # passes by itself; the job that has the printer says how far it is


def status(args: argparse.Namespace) -> int:
    """Show the daemon, who is needed, the printers, the queue."""
    return shown_again(_status, args)


def _status(args: argparse.Namespace) -> int:
    with session(args) as here:
        offers = here.offers()
        jobs = here.store.jobs()
        counts = Counter(job.state for job in jobs)
        jobs = [job for job in jobs if not job.is_final]
        stops = {offer.name: why for offer in offers if (why := _why_stopped(offer))}
        waits = here.reasons()
        pause = Pausing(here.database).because()
        needs = list(_needs(jobs, waits, stops))
        if args.json:
            show_json(
                {
                    "daemon": here.daemon_runs,
                    "queue": _because(pause) if pause else None,
                    "needs_you": [{"of": of, **_because(why)} for of, why in needs],
                    "jobs": {state: counts[state] for state in State},
                    "printers": [_printer(offer, stops) for offer in offers],
                }
            )
            return 0
        runs = here.daemon_runs
        print("printd runs." if runs else "printd does not run: start it with `printd run`.")
        if pause is not None:
            print(f"{pause.problem}{_to_do(pause)}")
        for of, why in needs:
            print(f"needs you: {of}: {why.problem}{_to_do(why)}")
        _print_printers(offers, stops, [why for _, why in needs])
        _print_queue(here, jobs, waits, [*stops.values()])
    return 0


def _why_stopped(offer: Offer) -> Because | None:
    """Return why a printer takes no job of any size, if that does not pass by itself."""
    why = why_stopped(offer)
    return why if why is not None and why.code != BUSY else None


def _needs(
    jobs: Sequence[Job], waits: Mapping[int, Because], stops: Mapping[str, Because]
) -> Iterator[tuple[str, Because]]:
    """Return the held jobs, then the beds that jobs wait for."""
    for job in jobs:
        if job.state is State.HELD and job.because is not None:
            yield f"#{job.number} {job.name}", job.because
    for printer, why in stops.items():
        waiting = [f"#{number}" for number, reason in waits.items() if reason == why]
        if why.code in BED and waiting:
            more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
            verb = "wait" if more else "waits"
            yield f"{waiting[0]}{more} {verb} for {printer}", why


def _print_printers(
    offers: Sequence[Offer], stops: Mapping[str, Because], said: Sequence[Because]
) -> None:
    table(
        (
            offer.name,
            str(offer.row.status.condition) if offer.row.status else "never seen",
            f"bed {offer.row.bed.state}" if offer.has_bed else "no bed",
        )
        for offer in offers
    )
    for why in dict.fromkeys(stops.values()):
        if why not in said:
            print(f"{why.problem}{_to_do(why)}")


def _print_queue(
    here: Session, jobs: Sequence[Job], waits: Mapping[int, Because], said: Sequence[Because]
) -> None:
    for job in jobs:
        if job.state is not State.HELD:
            why = waits.get(job.number)
            reason = f". {why.problem}" if why is not None and why not in said else ""
            print(f"#{job.number} {job.name}: {state_words(job, here.folders)}{reason}")


def _to_do(why: Because) -> str:
    return f"\n  → {why.action}" if why.action else ""


def _printer(offer: Offer, stops: Mapping[str, Because]) -> dict[str, object]:
    seen = offer.row.status
    why = stops.get(offer.name)
    return {
        "name": offer.name,
        "condition": seen.condition if seen else None,
        "because": _because(why) if why else None,
    }


def _because(why: Because) -> dict[str, str]:
    return {"code": why.code, "problem": why.problem, "action": why.action}
