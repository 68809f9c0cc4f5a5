"""``printd kiosk``: the number that opens the staff corner of the kiosk."""

from __future__ import annotations

import argparse
import getpass
import sys

from printd.cli.output import show_json, show_text
from printd.cli.session import me, session
from printd.core.errors import SettingInvalid
from printd.web.kiosk_pin import KioskPin


def kiosk(args: argparse.Namespace) -> int:
    """Set the number, or take it away."""
    with session(args, create=True) as here:
        pin = KioskPin(here.database)
        if args.act == "pin" and not args.remove:
            pin.set(_asked(), by=me())
            words = "The staff corner opens by this number now: hold the top left corner for 2 s."
        elif args.act == "pin":
            pin.remove(by=me())
            words = "Nothing opens the staff corner any more."
        else:
            words = f"The staff corner has {'a' if pin.is_set else 'no'} PIN (`printd kiosk pin`)."
        has_pin = pin.is_set
    if args.json:
        show_json({"has_pin": has_pin})
    else:
        show_text(words)
    return 0


def _asked() -> str:
    """Ask for the number twice; of a program, take the first line that it sends."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    first = getpass.getpass("A PIN of 4 to 12 digits: ").strip()
    if getpass.getpass("Once more: ").strip() != first:
        raise SettingInvalid("The two are not the same.")
    return first
