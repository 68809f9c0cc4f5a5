"""``printd status``: the daemon, who is needed and for what, the printers, the queue."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence

from printd.cli.looking import looking
from printd.cli.output import because_values, show_json, show_text, state_words, table
from printd.cli.session import Session
from printd.cli.watching import shown_again
from printd.core.errors import SafeMode
from printd.core.jobs import Because, Job, State
from printd.core.matching import Offer
from printd.core.needs import Need, needs_of
from printd.core.pausing import Pausing
from printd.core.standing import Standing


def status(args: argparse.Namespace) -> int:
    """Show the daemon, who is needed, the printers, the queue."""
    return shown_again(_status, args)


def _status(args: argparse.Namespace) -> int:
    with looking(args, tells=False) as here:
        if here.safe is not None:
            _in_safe_mode(here, here.safe, as_json=args.json)
            return 0
        offers = here.offers()
        jobs = here.store.jobs()
        counts = Counter(job.state for job in jobs)
        jobs = [job for job in jobs if not job.is_final]
        standing = here.standing(offers)
        pause = Pausing(here.database).because()
        needs = needs_of(jobs, standing)
        if args.json:
            show_json(
                {
                    "daemon": here.daemon_runs,
                    "safe_mode": None,
                    "queue": because_values(pause) if pause else None,
                    "needs_you": [
                        {"of": need.of, **because_values(need.because)} for need in needs
                    ],
                    "jobs": {state: counts[state] for state in State},
                    "printers": [_printer(offer, standing) for offer in offers],
                }
            )
            return 0
        runs = here.daemon_runs
        show_text("printd runs." if runs else "printd does not run: start it with `printd run`.")
        if pause is not None:
            show_text(f"{pause.problem}{_to_do(pause)}")
        _print_needs(needs)
        _print_printers(offers, standing, [need.because for need in needs])
        _print_queue(here, jobs, standing)
    return 0


def _in_safe_mode(here: Session, why: SafeMode, *, as_json: bool) -> None:
    """Show what is known while the database cannot be used: nothing of it can be acted upon."""
    jobs = [job for job in here.store.jobs() if not job.is_final]
    rows = here.fleet.all()
    seen = {name: rows[name].status for name in here.config.printers}
    if as_json:
        because = {"code": why.code, "problem": why.problem, "action": why.action}
        show_json(
            {
                "daemon": here.daemon_runs,
                "safe_mode": because,
                "jobs": Counter(job.state for job in jobs),
                "printers": [
                    {"name": name, "condition": status.condition if status else None}
                    for name, status in seen.items()
                ],
            }
        )
        return
    show_text(f"{why.problem}\n  → {why.action}")
    if not here.daemon_runs:
        print("printd does not run.")
    table((name, status.condition if status else "not seen") for name, status in seen.items())
    for job in jobs:
        stopped = f". {job.because.problem}" if job.because else ""
        show_text(f"#{job.number} {job.name}: {state_words(job, here.folders)}{stopped}")


def _print_needs(needs: Sequence[Need]) -> None:
    if needs:
        print("\nNeeds you:")
    for need in needs:
        show_text(f"  {need.of}: {need.because.problem}{_to_do(need.because, '    ')}")


def _print_printers(offers: Sequence[Offer], standing: Standing, said: Sequence[Because]) -> None:
    idle = {name: why.problem for name, why in standing.idle.items()}
    if offers:
        print()
    table(
        (
            offer.name,
            str(offer.row.status.condition) if offer.row.status else "never seen",
            f"bed {offer.row.bed.state}" if offer.has_bed else "no bed",
            idle.get(offer.name, ""),
        )
        for offer in offers
    )
    for why in dict.fromkeys(standing.stops.values()):
        if why not in said:
            show_text(f"{why.problem}{_to_do(why)}")


def _print_queue(here: Session, jobs: Sequence[Job], standing: Standing) -> None:
    """Show the jobs that are under way; what was said above of a printer is not said again."""
    said = [*standing.stops.values()]
    rows = []
    for job in jobs:
        if job.state is not State.HELD:
            why = standing.jobs.get(job.number)
            reason = why.problem if why is not None and why not in said else ""
            rows.append((f"#{job.number}", job.name, state_words(job, here.folders), reason))
    if rows:
        print()
    table(rows)


def _to_do(why: Because, indent: str = "  ") -> str:
    return f"\n{indent}→ {why.action}" if why.action else ""


def _printer(offer: Offer, standing: Standing) -> dict[str, object]:
    seen = offer.row.status
    why = standing.printers.get(offer.name)
    return {
        "name": offer.name,
        "condition": seen.condition if seen else None,
        "because": because_values(why) if why else None,
    }
