"""``printd run``, ``check`` and ``status``."""

from __future__ import annotations

import argparse
import logging

from printd.cli.output import show_json, state_words, table
from printd.cli.session import configuration, me, profile_folders, session
from printd.core import log as logs
from printd.core.jobs import State
from printd.core.shop import why_it_waits
from printd.slicers.profiles import configured_profiles

log = logging.getLogger(__name__)


def run(args: argparse.Namespace) -> int:
    """Run the daemon until a signal."""
    from printd.daemon.app import App  # only this command needs all of it

    loaded = configuration(args)
    logs.set_up(loaded.config.log.level)
    log.info("printd of %s with %s", me(), loaded.path or "no configuration file")
    return App(loaded.config, profile_folders(loaded)).run()


def check(args: argparse.Namespace) -> int:
    """Check the configuration and the profiles that it names; touch nothing outside."""
    loaded = configuration(args)
    configured_profiles(loaded.config, profile_folders(loaded))
    where = str(loaded.path) if loaded.path else "defaults (no configuration file found)"
    if args.json:
        show_json({"ok": True, "file": str(loaded.path) if loaded.path else None})
    else:
        printers = ", ".join(loaded.config.printers) or "none"
        print(f"{where}: fine. Printers: {printers}. Recipes: {', '.join(loaded.config.recipes)}.")
    return 0


def status(args: argparse.Namespace) -> int:
    """Show the daemon, who is needed, the printers, the queue."""
    with session(args) as here:
        offers = here.offers()
        jobs = here.store.jobs(set(State) - {State.PRINTED, State.FAILED, State.CANCELLED})
        runs = here.daemon_runs
        if args.json:
            show_json(
                {
                    "daemon": runs,
                    "waiting": {state: sum(job.state is state for job in jobs) for state in State},
                    "printers": [_printer(offer.name, offer.row.status) for offer in offers],
                }
            )
            return 0
        print("printd runs." if runs else "printd does not run: start it with `printd run`.")
        held = [job for job in jobs if job.state is State.HELD]
        for job in held:
            why = job.because
            print(f"needs you: #{job.number} {job.name}: {why.problem} {why.action}" if why else "")
        table(
            (
                offer.name,
                str(offer.row.status.condition) if offer.row.status else "never seen",
                f"bed {offer.row.bed.state}" if offer.has_bed else "no bed",
            )
            for offer in offers
        )
        for job in jobs:
            if job.state is not State.HELD:
                why = why_it_waits(job, offers)
                words = state_words(job, here.folders)
                print(f"#{job.number} {job.name}: {words}{'. ' + why.problem if why else ''}")
    return 0


def _printer(name: str, seen: object) -> dict[str, object]:
    return {"name": name, "condition": getattr(seen, "condition", None)}
