"""How states look: an icon, a word and a tone, never a colour alone. Source: ux reference 3.1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from printd.core.board import Condition
from printd.core.filaments import named
from printd.core.jobs import State
from printd.web.job_documents import JobDocument

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


def colour_word(colour: str, words: Callable[[str], str]) -> str:
    """Return what people call the colour ``RRGGBB`` of a filament; "" of none."""
    name = named(colour)
    return words(name) if name else ""


def icon_of(state: str | None) -> str:
    """Return the icon of a job's state or a printer's condition; None: never heard of."""
    return ICONS.get(state or "", "circle-help")


def tone_of(state: str | None) -> str:
    """Return its tone: grey, blue, amber, green or red."""
    return TONES.get(state or "", "grey" if state is None else "blue")


def N_(words: str) -> str:  # noqa: N802  the name by which words are found for the catalogues
    """Return words that are said elsewhere, in the language of the page."""
    return words


# As ``core/job_words.py`` has them, for each language.
LABELS: Final[Mapping[State, str]] = {
    State.RECEIVED: N_("received"),
    State.DRAWN: N_("picture made"),
    State.ORDERED: N_("making the shape"),
    State.MESHED: N_("checking the shape"),
    State.PRINTABLE: N_("slicing"),
    State.SLICED: N_("waiting for a printer"),
    State.ASSIGNED: N_("sending to %(printer)s"),
    State.UPLOADED: N_("starting on %(printer)s"),
    State.PRINTING: N_("printing on %(printer)s"),
    State.PRINTED: N_("printed on %(printer)s"),
    State.HELD: N_("needs a person"),
    State.FAILED: N_("failed"),
    State.CANCELLED: N_("cancelled"),
}
# Of no job in particular.
ALONE: Final[Mapping[State, str]] = {
    State.ASSIGNED: N_("sending to a printer"),
    State.UPLOADED: N_("starting"),
    State.PRINTING: N_("printing"),
    State.PRINTED: N_("printed"),
}
SOURCES: Final[Mapping[str, str]] = {
    "drop": N_("drop folder"),
    "command": N_("command"),
    "api": N_("program"),
    "kiosk": N_("kiosk"),
    "slicer": N_("slicer"),
    "page": N_("page Make"),
}
CONDITIONS: Final[Mapping[str, str]] = {
    Condition.OFFLINE: N_("offline"),
    Condition.IDLE: N_("idle"),
    Condition.PRINTING: N_("printing"),
    Condition.PAUSED: N_("paused"),
    Condition.FINISHED: N_("finished"),
    Condition.FAILED: N_("failed"),
    Condition.CANCELLED: N_("cancelled"),
    Condition.BUSY: N_("busy"),
}


def label_of(job: JobDocument, words: Callable[[str], str]) -> str:
    """Return the state of a job in words."""
    return words(LABELS[job.state]) % {"printer": job.printer or "?"}


def state_of(state: str, words: Callable[[str], str]) -> str:
    """Return a state in words, of no job in particular."""
    return words(ALONE.get(State(state)) or LABELS[State(state)])


def source_of(source: str, words: Callable[[str], str]) -> str:
    """Return how a job came, in words."""
    return words(SOURCES[source]) if source in SOURCES else source


def condition_of(condition: str | None, words: Callable[[str], str]) -> str:
    """Return what a printer is doing in words."""
    return words(CONDITIONS[condition] if condition else N_("never heard of"))
