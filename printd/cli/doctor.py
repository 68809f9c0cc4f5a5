"""``printd doctor``: the configuration and the world it meets, one line per check."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from printd.cli.api import call
from printd.cli.output import say, show_json, table
from printd.cli.places import placed
from printd.cli.session import configuration, place_of
from printd.core.errors import DaemonAway, NotPossibleNow, PrintdError, RequestRefused
from printd.pipeline.doctoring import Finding, basics, findings


def doctor(args: argparse.Namespace) -> int:
    """Print every check, and do what else is asked for; 1 when a check fails."""
    out = None if args.bundle is None else placed(args.bundle)
    found = list(_findings(args))
    if not args.json:
        table(
            (each.verdict, each.check, each.fact, f"→ {each.remedy}" if each.remedy else "")
            for each in found
        )
    more: dict[str, object] = {}
    if out is not None:
        _bundle(args, out, found)
        more["bundle"] = str(out)
    if args.print_test is not None:
        more["job"] = _print_test(args, found)
    if args.json:
        rows = [asdict(finding) for finding in found]
        show_json({"checks": rows, **more} if more else rows)
    return 1 if any(finding.verdict == "fail" for finding in found) else 0


def _bundle(args: argparse.Namespace, out: Path, found: Sequence[Finding]) -> None:
    from printd.pipeline.bundling import LINES, write_bundle

    place, lines = None, []
    with suppress(PrintdError):  # a line of the findings says why
        place = place_of(configuration(args))
    if place is not None:
        with suppress(DaemonAway, RequestRefused):  # the journal may have its last lines
            told = call(place.config.data_dir, "GET", f"/log?lines={LINES}")
            lines = [f"{one['at']} {one['level']} {one['text']}" for one in told["lines"]]
    write_bundle(out, place, found, lines)
    say(
        f"{out}: what somebody needs to know who helps you, without keys, addresses, serial "
        "numbers, pictures and names. Have a look before you send it."
    )


def _print_test(args: argparse.Namespace, found: Sequence[Finding]) -> int | None:
    from printd.cli.print_test import print_test, tested_printer

    config = configuration(args).config
    printer = tested_printer(args.print_test, config)
    hinders = [each for each in found if each.verdict == "fail" and _is_about(each.check, printer)]
    if hinders:
        raise NotPossibleNow(
            f"Nothing was handed in: {hinders[0].check}: {hinders[0].fact.rstrip('.')}.",
            action=hinders[0].remedy or "Mend that first.",
        )
    return print_test(args, printer)


def _is_about(check: str, printer: str) -> bool:
    """Return whether a check is about this printer, or about no printer or service at all."""
    part, _, name = check.partition("_")
    if part in ("printer", "profile"):
        return name == printer or name.startswith(f"{printer}_")
    return part not in ("mesher", "depth", "pictures")


def _findings(args: argparse.Namespace) -> Iterator[Finding]:
    yield from basics()
    try:
        loaded = configuration(args)
    except PrintdError as error:
        yield Finding("fail", "config", error.problem, error.advice)
        return
    yield from findings(place_of(loaded))
