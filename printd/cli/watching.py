"""``--watch``: what a command shows, shown again when it has changed, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import time
from collections.abc import Callable
from typing import Final

LOOK_S: Final = 1.0
CLEAR: Final = "\x1b[H\x1b[2J"  # of a terminal: to the top, and nothing below


def shown_again(show: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Show it, again and again with ``--watch``; return the exit code.

    A terminal is redrawn in place; elsewhere each change is a text of its own, and with
    ``--json`` a line.
    """
    if not args.watch:
        return show(args)
    last = ""
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            text = _text_of(show, args)
            if text != last:
                _write(text, as_json=args.json)
                last = text
            time.sleep(LOOK_S)
    return 0


def _text_of(show: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as kept:
        show(args)
    return kept.getvalue()


def _write(text: str, *, as_json: bool) -> None:
    if as_json:
        text = json.dumps(json.loads(text), ensure_ascii=False) + "\n"
    elif sys.stdout.isatty():
        text = CLEAR + text
    else:
        text += "\n"
    sys.stdout.write(text)
    sys.stdout.flush()
