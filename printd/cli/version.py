"""``printd version`` and ``help``: what this program is, and how it is typed."""

from __future__ import annotations

import argparse
import json

from printd import __version__
from printd.cli.parser import build_parser


def version(args: argparse.Namespace) -> int:
    """Print the version."""
    print(json.dumps({"version": __version__}) if args.json else f"printd {__version__}")
    return 0


def help_(args: argparse.Namespace) -> int:
    """Tell how all commands, or one, are typed, as ``--help`` does."""
    build_parser().parse_args([*args.words, "--help"])
    return 0
