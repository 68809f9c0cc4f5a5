"""``--watch``: what a command shows, shown again when it has changed, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import shutil
import sys
import time
from collections.abc import Callable
from typing import Final, TextIO

from printd.cli.streams import end_line, has_every_sign

LOOK_S: Final = 1.0
TOP: Final = "\x1b[H"  # of a terminal; ...
END_LINE: Final = "\x1b[K\n"  # ... nothing is left behind a line that was longer before, ...
END: Final = "\x1b[J"  # ... nor below the last one


class Kept(io.StringIO):
    """What a command shows, kept for a comparison; as wide as where it is shown."""

    def __init__(self, shown_on: TextIO) -> None:
        super().__init__()
        self._shown_on = shown_on

    def isatty(self) -> bool:
        """Return whether it is for a terminal."""
        return self._shown_on.isatty()


def shown_again(show: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Show it, again and again with ``--watch``; return the exit code.

    A terminal is redrawn in place; elsewhere each change is a text of its own, and with
    ``--json`` a line.
    """
    if not args.watch:
        return show(args)
    last = ""
    try:
        while True:
            text = _text_of(show, args)
            if text != last:
                _write(text, as_json=args.json)
                last = text
            time.sleep(LOOK_S)
    except KeyboardInterrupt:
        end_line()
    return 0


def _text_of(show: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> str:
    with contextlib.redirect_stdout(Kept(sys.stdout)) as kept:
        show(args)
    if sys.stdout.isatty() and not args.json:
        return screen_of(kept.getvalue(), shutil.get_terminal_size().lines)
    return kept.getvalue()


def screen_of(text: str, lines: int) -> str:
    """Return a text as it is drawn over the one before it, on a screen of so many lines."""
    shown = text.rstrip("\n").split("\n")
    room = max(1, lines - 1)  # the cursor stands on the last one
    if len(shown) > room:
        more = len(shown) - room + 1
        shown[room - 1 :] = [f"… {more} more lines: they need a higher window."]
    return TOP + END_LINE.join([*shown, ""]) + END


def _write(text: str, *, as_json: bool) -> None:
    if as_json:
        text = json.dumps(json.loads(text), ensure_ascii=not has_every_sign()) + "\n"
    elif not sys.stdout.isatty():
        text += "\n"
    sys.stdout.write(text)
    sys.stdout.flush()
