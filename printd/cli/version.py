"""``printd version``."""

from __future__ import annotations

import argparse
import json

from printd import __version__


def version(args: argparse.Namespace) -> int:
    """Print the version."""
    print(json.dumps({"version": __version__}) if args.json else f"printd {__version__}")
    return 0
