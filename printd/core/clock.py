"""Which clock for what: the wall for display, boot time for what must count a suspended machine.

Durations inside one process use ``time.monotonic`` directly.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path


def utc_now() -> datetime:
    """Return the aware wall-clock time."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """Return ``moment`` as the store keeps it; sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def from_text(text: str) -> datetime:
    """Return the moment that ``to_text`` wrote."""
    return datetime.fromisoformat(text)


def boottime_s() -> float:
    """Return seconds since the machine started, suspended time included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@cache
def boot_id() -> str:
    """Return the identity of this run of the machine; another one means a restart between."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
