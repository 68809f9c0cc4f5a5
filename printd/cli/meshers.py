"""``printd meshers``: what makes meshes here, what else could, and what a run costs."""

from __future__ import annotations

import argparse

from printd.cli.output import say, show_json, table
from printd.cli.session import configuration
from printd.pipeline.mesher_list import Listed, configured, others


def meshers(args: argparse.Namespace) -> int:
    """List the meshers of the configuration, then every model that could be configured."""
    config = configuration(args).config
    ours, more = list(configured(config)), list(others(config))
    if args.json:
        show_json([listed.as_json() for listed in (*ours, *more)])
        return 0
    head = ("NAME", "MODEL", "A RUN COSTS", "GIVES", "STL", "AT HOME", "GOOD FOR")
    table([head, *(_words(listed) for listed in ours)])
    if more:
        print("\nnot configured (docs/meshers.md):")
        table(_words(listed) for listed in more)
    for note in dict.fromkeys(listed.row.note for listed in (*ours, *more) if listed.row.note):
        about = [listed.row.label for listed in (*ours, *more) if listed.row.note == note]
        say(f"note: {', '.join(dict.fromkeys(about))}: {note}")
    return 0


def _words(listed: Listed) -> tuple[str, ...]:
    row = listed.row
    return (
        listed.name or f"{row.kind} {row.model}",
        row.label,
        listed.price_words,
        ", ".join(row.formats),
        "STL" if row.returns_stl else "-",
        "yes" if row.at_home else "no",
        row.good_for,
    )
