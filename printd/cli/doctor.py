"""``printd doctor``: the configuration and the world it meets, one line per check."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict

from printd.cli.output import show_json, table
from printd.cli.session import configuration, place_of
from printd.core.errors import PrintdError
from printd.pipeline.doctoring import Finding, basics, findings


def doctor(args: argparse.Namespace) -> int:
    """Print every check; 1 when one fails."""
    found = list(_findings(args))
    if args.json:
        show_json([asdict(finding) for finding in found])
    else:
        table(
            (each.verdict, each.check, each.fact, f"→ {each.remedy}" if each.remedy else "")
            for each in found
        )
    return 1 if any(finding.verdict == "fail" for finding in found) else 0


def _findings(args: argparse.Namespace) -> Iterator[Finding]:
    yield from basics()
    try:
        loaded = configuration(args)
    except PrintdError as error:
        yield Finding("fail", "config", error.problem, error.advice)
        return
    yield from findings(place_of(loaded))
