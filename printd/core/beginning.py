"""From which step a job is made again: what is good of it is kept, the rest is made anew; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from printd.core.errors import NotPossibleNow, SettingInvalid
from printd.core.files import JobFolders
from printd.core.given import Given
from printd.core.jobs import Facts, Job, State, after_hold
from printd.core.names import display_name
from printd.core.route import AWAY, CHOSEN, DRAWN, INSTEAD, SHAPES, TRIED, artist_of
from printd.core.shop import made_files

S = State


class From(StrEnum):
    """The steps that a person can name."""

    PICTURE = "picture"  # the picture is made anew, of words or without its background
    MESH = "mesh"  # the shape is made anew, of the photo
    CHECK = "check"  # the shape is kept, and checked anew; G-code is judged anew
    SLICE = "slice"  # the checked shape is kept
    PRINT = "print"  # the file is kept


_OF_PHOTO: Final[Mapping[From, State]] = {
    From.MESH: S.RECEIVED,
    From.CHECK: S.MESHED,
    From.SLICE: S.PRINTABLE,
    From.PRINT: S.SLICED,
}
_OF_GCODE: Final = {From.CHECK: S.RECEIVED, From.PRINT: S.SLICED}
# Of a job that is kept by one made of it again: what may have been paid for.
SHAPE: Final = (DRAWN, "ticket", "raw", SHAPES, CHOSEN, INSTEAD)
_OF_DRAWN: Final[Mapping[From, State]] = {
    From.PICTURE: S.RECEIVED,
    **_OF_PHOTO,
    From.MESH: S.DRAWN,
}
_OF_MESH: Final[Mapping[From, State]] = {
    word: state for word, state in _OF_PHOTO.items() if word is not From.MESH
}
_STEPS: Final[Mapping[Given, Mapping[From, State]]] = {
    Given.PHOTO: _OF_PHOTO,
    Given.WORDS: _OF_DRAWN,
    Given.MESH: _OF_MESH,
    Given.GCODE: _OF_GCODE,
    Given.CONTAINER: _OF_GCODE,
}
# What each step finds out, and all that come after it find out anew.
_FOUND: Final = (
    (S.RECEIVED, (DRAWN,)),
    (S.DRAWN, ("ticket", "raw", AWAY, TRIED, SHAPES, CHOSEN)),
    (S.MESHED, ("model",)),
    (S.PRINTABLE, ("gcode", "price")),
    (S.SLICED, ("started_at", "ended_at", "ejected")),
)
_ORDER: Final = (S.RECEIVED, S.DRAWN, S.ORDERED, S.MESHED, S.PRINTABLE, S.SLICED)


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a job begins, what is known of it then, and the files that this stands on."""

    state: State
    facts: Facts
    files: tuple[str, ...]


def without_a_word(job: Job) -> str:
    """Return the step that a job begins with when nobody names one; "": all is made anew.

    What was paid for is kept: nobody pays twice who has not asked for another one.
    """
    if job.facts.get("raw", {}).get("foreign") and _came_to(job, S.MESHED):
        return From.CHECK
    return From.MESH if DRAWN in job.facts and _came_to(job, S.DRAWN) else ""


def steps_of(job: Job) -> tuple[From, ...]:
    """Return the steps from which a job can be made again: those that it once came to."""
    steps = _STEPS[job.given] if artist_of(job) is None else _OF_DRAWN
    return tuple(word for word, state in steps.items() if _came_to(job, state))


def beginning_of(job: Job, word: str) -> Beginning:
    """Return where a job begins that is made again from a step.

    Args:
        job: held, or over.
        word: a value of ``From``.

    Raises:
        SettingInvalid: there is no such step for what the job is made of.
        NotPossibleNow: it never came so far.
    """
    steps = _STEPS[job.given] if artist_of(job) is None else _OF_DRAWN
    if word not in list(steps):
        known = ", ".join(steps)
        raise SettingInvalid(f"There is no step {display_name(word)!r}; there are: {known}.")
    state = steps[From(word)]
    if not _came_to(job, state):
        raise NotPossibleNow(
            f"#{job.number} never came so far: what `{word}` begins with is not there.",
            action="Begin with an earlier step, or without `--from`.",
        )
    gone = {key for of, keys in _FOUND if _ORDER.index(of) >= _ORDER.index(state) for key in keys}
    facts = {key: of for key, of in job.facts.items() if key not in gone}
    return Beginning(state, facts, _files(job, state))


def _came_to(job: Job, state: State) -> bool:
    if job.state is S.HELD:
        return _ORDER.index(state) <= _ORDER.index(after_hold(job.held_from or S.RECEIVED))
    needs = {S.DRAWN: DRAWN, S.MESHED: "raw", S.PRINTABLE: "model", S.SLICED: "gcode"}.get(state)
    return needs is None or needs in job.facts


def _files(job: Job, state: State) -> tuple[str, ...]:
    if state in (S.DRAWN, S.MESHED):
        drawn = [job.facts[DRAWN]["file"]] if DRAWN in job.facts else []
        # Jobs of an older printd do not say how their shape is called: there was one name.
        shape = job.facts.get("raw", {}).get("file", JobFolders.RAW)
        return (*drawn, *([shape] if state is S.MESHED else []))
    if state is S.PRINTABLE:
        return (JobFolders.MODEL,)
    return tuple(made_files(job)) if state is S.SLICED else (job.given.file,)
