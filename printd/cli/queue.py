"""``printd queue``: the jobs in line with their reasons; paused and resumed."""

from __future__ import annotations

import argparse

from printd.cli.ask import tell
from printd.cli.looking import say_if_stopped
from printd.cli.output import show_json, show_text, state_words, table
from printd.cli.session import Session, session
from printd.core.clock import to_text
from printd.core.holds import IN_LINE
from printd.core.jobs import State
from printd.core.pausing import Pausing


def queue(args: argparse.Namespace) -> int:
    """Show the queue, or pause or resume it."""
    with session(args) as here:
        if args.act == "pause":
            return tell([here.ask("queue-pause", {"note": args.note})], as_json=args.json)
        if args.act == "resume":
            return tell([here.ask("queue-resume", {})], as_json=args.json)
        say_if_stopped(here)
        return _show(here, as_json=args.json)


def _show(here: Session, *, as_json: bool) -> int:
    pause = Pausing(here.database).state()
    waiting = [job for job in here.store.jobs(IN_LINE) if job.state is not State.HELD]
    waiting.sort(key=lambda job: (-job.priority, job.number))
    reasons = here.reasons()
    if as_json:
        show_json(
            {
                "paused": pause is not None,
                "by": pause.by if pause else None,
                "since": to_text(pause.since) if pause else None,
                "note": pause.note if pause else None,
                "waiting": [
                    {
                        "job": job.number,
                        "name": job.name,
                        "state": str(job.state),
                        "owner": job.owner,
                        "priority": job.priority,
                        "code": reasons[job.number].code if job.number in reasons else None,
                    }
                    for job in waiting
                ],
            }
        )
        return 0
    if pause is not None:
        why = pause.because()
        show_text(f"{why.problem}\n  → {why.action}")
    table(
        (
            f"#{job.number}",
            job.name,
            job.owner,
            state_words(job, here.folders),
            reasons[job.number].problem if job.number in reasons else "",
        )
        for job in waiting
    )
    if not waiting:
        print("Nothing waits.")
    return 0
