"""What the store's history is called outside: the types of events, and which stream kind each is.

The store says what was written (``job.moved`` to held); programs are told what it means
(``job.held``). Names do not change: automations rely on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from printd.core.board import Condition
from printd.core.errors import Duplicate
from printd.core.jobs import Event, State

Group = Literal["job", "printer", "queue", "notice"]

_MOVED: Final[Mapping[State, str]] = {
    State.HELD: "job.held",
    State.SLICED: "job.sliced",
    State.PRINTING: "job.started",
    State.PRINTED: "job.printed",
    State.FAILED: "job.failed",
    State.CANCELLED: "job.cancelled",
}
_CALLED: Final[Mapping[str, str]] = {
    "job.accepted": "job.received",
    "bed.clear": "printer.bed_clear",
    "bed.occupied": "printer.bed_not_clear",
    "bed.unknown": "printer.bed_not_clear",
}
_CONDITIONS: Final[Mapping[str, str]] = {
    Condition.OFFLINE: "printer.offline",
    Condition.FAILED: "printer.fault",
}


def types_of(event: Event) -> tuple[str, ...]:
    """Return what an event of the store is called outside; a job that is held as it comes is more.

    Returns:
        Its names, in the order in which they are told.
    """
    if event.kind == "job.accepted" and event.after is State.HELD:
        same = ("drop.duplicate",) if event.code == Duplicate.code else ()
        return (_CALLED[event.kind], *same, _MOVED[State.HELD])
    return (_type_of(event),)


def _type_of(event: Event) -> str:
    if event.kind == "job.moved" and event.after is not None:
        return _MOVED.get(event.after, event.kind)
    if event.kind in {"printer.condition", "printer.online"}:
        word, _, _ = event.text.partition(" ")
        return _CONDITIONS.get(word, event.kind)
    return _CALLED.get(event.kind, event.kind)


def group_of(event: Event) -> Group:
    """Return the name of the stream's message: what is changed."""
    if event.job is not None:
        return "job"
    if event.kind.startswith(("printer.", "bed.")):
        return "printer"
    return "queue" if event.kind.startswith("queue.") else "notice"
