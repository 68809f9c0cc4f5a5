"""Which services a job goes to, one after another, and what comes of them; pure.

A recipe names a route: the next mesher is asked when the one before has come to nothing. It may
want several shapes, of which a person chooses one. Before all of them an artist may have to make
the picture that they see. All of it stands in the settings of the job and in what its steps have
found out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from printd.core.jobs import Facts, Job, State

ARTIST: Final = "artist"  # in the settings: who makes the picture first, if anybody
BACKGROUND: Final = "background"  # in the settings: what becomes of it, if it does not stay
DRAWN: Final = "drawn"  # in the facts: the picture that was made, and by whom
BEFORE_ORDER: Final = frozenset({State.RECEIVED, State.DRAWN})  # what is ordered next costs money
MESHER: Final = "mesher"  # in the settings: who makes the mesh, when there is no route
ROUTE: Final = "route"  # in the settings: several, in their order
FINAL: Final = "final_route"  # in the settings of a draft: who makes the real one
WANTED: Final = "candidates"  # in the settings: so many shapes to choose from
CHOOSE: Final = "choose"  # in the settings: a person looks at even a single shape
TRIED: Final = "tried"  # in the facts: who has come to nothing, and why
SHAPES: Final = "shapes"  # in the facts: what was made so far
CHOSEN: Final = "chosen"  # in the facts: the number of one of them, from 1 on
DEPTH_RETRIES: Final = "depth_retries"  # in the settings: paid anew when a picture was of no use
DEPTH_TRIES: Final = "depth_tries"  # in the facts: how often that was done
AWAY: Final = "away"  # in the facts: a service far away has the order in hand
INSTEAD: Final = "route"  # in the facts: the route that a person has chosen since


def artist_of(job: Job) -> str | None:
    """Return who makes the picture that a mesher sees; None: it was given."""
    return job.settings.get(ARTIST)


def loses_background(job: Job) -> bool:
    """Return whether the mesher is to see the subject alone."""
    return job.settings.get(BACKGROUND) is not None or artist_of(job) is not None


def before_order(job: Job) -> State:
    """Return the state from which a mesher is asked; a job goes there to be ordered again."""
    return State.RECEIVED if artist_of(job) is None else State.DRAWN


def is_to_be_drawn(job: Job) -> bool:
    """Return whether the next order of a job, or the one in doubt, is that of its picture."""
    state = (job.held_from or State.RECEIVED) if job.state is State.HELD else job.state
    return state is State.RECEIVED and artist_of(job) is not None


def route_of(job: Job) -> Sequence[str]:
    """Return the meshers that a job may go to."""
    route: Sequence[str] = job.facts.get(INSTEAD) or job.settings.get(ROUTE, ())
    return tuple(route) or (job.settings[MESHER],)


def turn(job: Job) -> str:
    """Return the mesher that makes the mesh now; after a retry it is the first again."""
    route = route_of(job)
    return route[min(len(job.facts.get(TRIED, ())), len(route) - 1)]


def after_failure(job: Job, code: str, problem: str) -> tuple[bool, Facts]:
    """Return whether another mesher is to be asked, and the facts that say so.

    At the end of the route a person's retry begins it anew.
    """
    tried = [*job.facts.get(TRIED, ()), {"mesher": turn(job), "code": code, "problem": problem}]
    others = {key: value for key, value in job.facts.items() if key not in (TRIED, "ticket")}
    if len(tried) < len(route_of(job)):
        return True, {**others, TRIED: tried}
    return False, others


def is_asked_to_choose(job: Job) -> bool:
    """Return whether a person chooses the shape; the final one of a draft has been chosen."""
    if INSTEAD in job.facts:
        return False
    return shapes_wanted(job) > 1 or bool(job.settings.get(CHOOSE))


def shapes_wanted(job: Job) -> int:
    """Return how many shapes are made to choose from."""
    return int(job.settings.get(WANTED, 1))


def shapes_of(job: Job) -> list[Mapping[str, Any]]:
    """Return what was made so far, oldest first."""
    return list(job.facts.get(SHAPES, ()))


def candidate_file(number: int, raw: str) -> str:
    """Return the name in the job's folder of a shape that waits to be chosen.

    Args:
        number: of the shape.
        raw: the name that it has when it is the only one.
    """
    return f"candidate-{number}.{raw.rpartition('.')[2]}"


def final_route(job: Job) -> Sequence[str]:
    """Return who makes the real one of a draft; nobody: it is none."""
    return tuple(job.settings.get(FINAL, ()))
