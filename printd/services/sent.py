"""A note beside the picture that an order is about to be sent: without one, nothing was.

It is on the disk before the order leaves. What it holds helps to know a lost order again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from printd.core.clock import from_text, to_text, utc_now
from printd.core.errors import ServiceAway, ServiceError
from printd.core.files import write_file

NOTE: Final = "sent.json"


@contextmanager
def sending(picture: Path, by: str, **more: Any) -> Iterator[None]:
    """Note that an order of ``by`` for this picture is about to leave.

    The note goes again when the order was not accepted, and stays when that is not known.

    Raises:
        DiskFull, DiskFailed: the note cannot be written; nothing is sent.
    """
    note = {"by": by, "at": to_text(utc_now()), **more}
    write_file(picture.with_name(NOTE), json.dumps(note).encode())
    try:
        yield
    except (ServiceError, ServiceAway):
        forget(picture)
        raise


def sent(picture: Path, by: str) -> Mapping[str, Any] | None:
    """Return what was noted of the last order for this picture; None: ``by`` has sent none."""
    try:
        note = json.loads(picture.with_name(NOTE).read_bytes())
    except FileNotFoundError:
        return None
    return note if isinstance(note, dict) and note.get("by") == by else None


def sent_at(note: Mapping[str, Any]) -> datetime:
    """Return when it was about to leave."""
    return from_text(note["at"])


def forget(picture: Path) -> None:
    """Take the note away: what became of the order is known."""
    picture.with_name(NOTE).unlink(missing_ok=True)


def may_still_show(note: Mapping[str, Any], lands_s: float) -> bool:
    """Return whether the order is so fresh that a list may not show it yet."""
    return (utc_now() - sent_at(note)).total_seconds() < lands_s
