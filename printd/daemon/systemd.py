"""Telling systemd how the daemon does. Source: sd_notify(3), sd_watchdog_enabled(3)."""

from __future__ import annotations

import logging
import os
import socket
import time

log = logging.getLogger(__name__)


def notify(words: str) -> None:
    """Send ``READY=1``, ``WATCHDOG=1``, ``STATUS=…`` or ``STOPPING=1``; nothing without systemd."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.settimeout(1.0)
        try:
            line.sendto(words.encode(), address)
        except OSError as error:  # prints go on, whether somebody listens or not
            log.warning("systemd was not told %s: %s", words, error.strerror or error)


class Watchdog:
    """Tells systemd that the daemon goes on, three times as often as it asks to hear it."""

    def __init__(self) -> None:
        self._told_s = 0.0

    def beat(self) -> None:
        """Say so, if it is time; called whenever something shows that the daemon goes on."""
        every_s = watchdog_s()
        now_s = time.monotonic()
        if every_s is not None and now_s - self._told_s >= every_s / 3:
            self._told_s = now_s
            notify("WATCHDOG=1")


def watchdog_s() -> float | None:
    """Return how often systemd wants to hear ``WATCHDOG=1``; None: it does not ask."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    text = os.environ.get("WATCHDOG_USEC", "")
    return int(text) / 1e6 if text.isdecimal() and int(text) else None
