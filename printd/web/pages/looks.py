"""How states look: an icon, a word and a tone, never a colour alone. Source: ux reference 3.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printd.core.board import Condition
from printd.core.jobs import State

ICONS: Final[Mapping[str, str]] = {
    State.RECEIVED: "inbox",
    State.DRAWN: "image",
    State.ORDERED: "hourglass",
    State.MESHED: "search",
    State.PRINTABLE: "layers",
    State.SLICED: "clock",
    State.ASSIGNED: "circle-play",
    State.UPLOADED: "circle-play",
    State.PRINTING: "play",
    State.PRINTED: "check",
    State.HELD: "hand",
    State.FAILED: "x",
    State.CANCELLED: "square",
    Condition.OFFLINE: "plug",
    Condition.IDLE: "circle-check",
    Condition.PRINTING: "play",
    Condition.PAUSED: "pause",
    Condition.FINISHED: "check",
    Condition.FAILED: "triangle-alert",
    Condition.BUSY: "clock",
}
TONES: Final[Mapping[str, str]] = {
    State.RECEIVED: "grey",
    State.SLICED: "amber",
    State.PRINTING: "green",
    State.PRINTED: "green",
    State.HELD: "amber",
    State.FAILED: "red",
    State.CANCELLED: "grey",
    Condition.OFFLINE: "red",
    Condition.IDLE: "grey",
    Condition.PRINTING: "green",
    Condition.PAUSED: "amber",
    Condition.FINISHED: "green",
    Condition.FAILED: "red",
    Condition.BUSY: "amber",
}


def icon_of(state: str | None) -> str:
    """Return the icon of a job's state or a printer's condition; None: never heard of."""
    return ICONS.get(state or "", "circle-help")


def tone_of(state: str | None) -> str:
    """Return its tone: grey, blue, amber, green or red."""
    return TONES.get(state or "", "grey" if state is None else "blue")
