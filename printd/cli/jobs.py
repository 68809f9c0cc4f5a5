"""``printd jobs`` and ``show``: reading the store."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from pathlib import Path

from printd.cli.costs import ENDS
from printd.cli.looking import looking, say_if_stopped
from printd.cli.output import (
    amounts,
    because_values,
    check_lines,
    note_words,
    origin,
    say,
    show_json,
    show_text,
    state_words,
    table,
)
from printd.cli.parsing import UsageError
from printd.cli.session import Session
from printd.cli.since import moment_of
from printd.cli.watching import shown_again
from printd.core.history import Wanted
from printd.core.jobs import Because, Event, Job, State
from printd.core.moments import day, stamp
from printd.core.shop import why_not_there
from printd.core.spending import orders_of
from printd.pipeline.record import job_record


def jobs(args: argparse.Namespace) -> int:
    """List jobs, oldest first."""
    return shown_again(_list, args)


def _list(args: argparse.Namespace) -> int:
    wanted = _wanted(args)
    with looking(args) as here:
        if not args.watch:
            say_if_stopped(here)
        found = here.store.history(wanted, limit=args.limit)[::-1]
        reasons = here.reasons(found)
        if args.json:
            show_json([_summary(job, reasons.get(job.number)) for job in found])
            return 0
        rows = []
        for job in found:
            why = reasons.get(job.number)
            rows.append(
                (
                    f"#{job.number}",
                    job.name,
                    state_words(job, here.folders),
                    why.problem if why else "",
                )
            )
        table(rows)
        if not rows:
            say("There is no such job.")
    return 0


def _wanted(args: argparse.Namespace) -> Wanted:
    states = {State(word) for word in args.state}
    if args.limit is not None and args.limit < 1:
        raise UsageError("--limit is 1 or more.", action="See `printd jobs --help`.")
    since = moment_of(args.since) if args.since else None
    return Wanted(args.search, states, args.printer, args.owner, since=since)


def _summary(job: Job, why: Because | None) -> dict[str, object]:
    record = job_record(job, [])
    record["because"] = because_values(why) if why else None
    del record["timeline"], record["orders"]
    return record


def show(args: argparse.Namespace) -> int:
    """Show one job with its history."""
    with looking(args) as here:
        say_if_stopped(here)
        job = here.store.find(args.job)
        events = here.store.events(job.number)
        why = here.reasons([job]).get(job.number)
        if args.files:
            _copy_files(here, job, Path(args.files))
        elsewhere = why_not_there(job, here.offers())
        if args.json:
            record = job_record(job, events, orders_of(here.store.database, job.number))
            record["because"] = _summary(job, why)["because"]
            record["elsewhere"] = {name: because_values(one) for name, one in elsewhere.items()}
            show_json(record)
            return 0
        _print_job(job, here, why)
        for name, one in elsewhere.items():
            if one != why:
                show_text(f"  not on {name}: {one.problem}")
        for event in events:
            show_text(f"  {stamp(event.at, seconds=True)}  {_event_words(event)}")
        if args.log:
            _print_log(here, job)
    return 0


def _event_words(event: Event) -> str:
    kind = event.kind.partition(".")[2].replace("_", " ")
    what = f"→ {event.after}" if event.after else f"{kind}:"
    who = "" if event.who == "printd" else f" (by {event.who})"
    return f"{what} {event.text}".rstrip() + who


def _print_job(job: Job, here: Session, why: Because | None) -> None:
    show_text(f"#{job.number} {job.name}: {state_words(job, here.folders)}")
    for line in _about(job):
        show_text(f"  {line}")
    if why:
        show_text(f"  {why.problem}\n  → {why.action}" if why.action else f"  {why.problem}")
    facts = job.facts
    for line in check_lines(facts["photo_check"]) if "photo_check" in facts else ():
        show_text(f"  {line}")
    if "model" in facts:
        size = " x ".join(f"{side:.1f}" for side in facts["model"]["size_mm"])
        turned = facts["model"].get("turned_deg")
        how = f", turned by {turned:.0f}°" if turned else ""
        show_text(f"  {size} mm, {facts['model']['triangles']} triangles{how}")
        for done in facts["model"].get("mended", {}).get("done", ()):
            show_text(f"  mended: {done['words']}")
    if "gcode" in facts:
        show_text(f"  {amounts(facts['gcode'])}\n  {origin(facts['gcode'])}")
    said = (facts.get(step, {}).get("warnings", ()) for step in ("photo", "raw", "model", "gcode"))
    for warning in dict.fromkeys(warning for warnings in said for warning in warnings):
        show_text(f"  note: {note_words(warning)}")
    for hint in facts.get("raw", {}).get("hints", ()):
        show_text(f"  note: {hint['sentence']}")
    for order in orders_of(here.store.database, job.number):
        show_text(f"  {order.mesher}: {order.price}, {ENDS[order.state]}")
    show_text(f"  files: {here.folders.of(job.id)}")


def _way(job: Job) -> str:
    slicer = job.facts.get("gcode", {}).get("slicer")
    if job.source == "slicer" and slicer:
        return f", from {slicer}"
    return f", by {job.source}" if job.source else ""


def _about(job: Job) -> Iterator[str]:
    """Return whose it is, how it came, and what people have said of it."""
    if job.owner:
        yield f"of {job.owner}{_way(job)}"
    if job.again_of is not None:
        yield f"again of #{job.again_of}"
    if job.copy_of is not None:
        yield f"copy of #{job.copy_of}"
    elif job.copies > 1:
        yield f"the first of {job.copies} copies"
    if job.only_on:
        yield f"only on {' or '.join(sorted(job.only_on))}"
    if job.sign_off is not None:
        yield f"{job.sign_off} (says {job.sign_off.by})"
    if job.files_gone_at is not None:
        yield f"its files were deleted on {day(job.files_gone_at, year=True)}"


def _copy_files(here: Session, job: Job, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted(here.folders.of(job.id).iterdir()):
        if file.is_file() and not file.name.endswith(".part"):
            shutil.copyfile(file, target / file.name)


def _print_log(here: Session, job: Job) -> None:
    log = here.folders.of(job.id) / "slice.log"
    if log.exists():
        print(log.read_text(encoding="utf-8", errors="replace"))
