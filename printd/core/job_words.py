"""What is true of a job, in the words that every display uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printd.core.jobs import Job, State
from printd.core.route import AWAY

WORDS: Final[Mapping[State, str]] = {
    State.RECEIVED: "received",
    State.DRAWN: "picture made",
    State.ORDERED: "making the mesh",
    State.MESHED: "checking the mesh",
    State.PRINTABLE: "slicing",
    State.SLICED: "waiting for a printer",
    State.ASSIGNED: "sending to {printer}",
    State.UPLOADED: "starting on {printer}",
    State.PRINTING: "printing on {printer}",
    State.PRINTED: "printed on {printer}",
    State.HELD: "needs a person",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
}


def label_of(job: Job) -> str:
    """Return the state of a job in words."""
    if job.state is State.ORDERED and job.facts.get(AWAY):
        return f"being made by {job.facts['ticket']['mesher']}"
    return WORDS[job.state].format(printer=job.printer or "a printer")
