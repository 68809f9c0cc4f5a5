"""What the steps work with; put together in ``daemon/app.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from printd.core.board import Board
from printd.core.compute import Compute, Limits
from printd.core.config import SlicerConfig
from printd.core.files import JobFolders
from printd.core.jobs import Facts, Job
from printd.core.matching import Offer
from printd.core.spending import Spending
from printd.meshers.base import Mesher
from printd.pipeline import tasks
from printd.pipeline.turns import Line
from printd.printers.base import Printer
from printd.services.artist import Artist
from printd.slicers.base import Program
from printd.slicers.cache import SliceCache
from printd.slicers.find import Found, look_for
from printd.slicers.profiles import Profile

ASKING: Final = Limits(memory_bytes=2 << 30, wall_s=90.0)  # of a slicer for its version


class Programs:
    """The slicers of this machine: each is asked for its version once.

    Args:
        choice: what the configuration says of a kind; without a word it is found on PATH.
        compute: where it is asked.
    """

    def __init__(self, choice: Callable[[str], SlicerConfig], compute: Compute) -> None:
        self._choice = choice
        self._compute = compute
        self._known: dict[Found, Program] = {}

    def of(self, kind: str) -> Program:
        """Return the program that slices for profiles of this kind.

        Raises:
            SlicerMissing: it is not there, cannot be run, or does not say what it is.
        """
        found = look_for(kind, self._choice(kind).program)
        if found not in self._known:
            self._known[found] = self._compute.run(tasks.ask_version, found, limits=ASKING)
        return self._known[found]

    def timeout_s(self, kind: str) -> float | None:
        """Return how long it may take; None: by the size of the mesh."""
        return self._choice(kind).timeout_s


def _anything(_job: Job, _facts: Facts) -> None:
    """Let every job go on: nothing is limited."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything outside the store that a step may use."""

    folders: JobFolders
    compute: Compute
    meshers: Mapping[str, Mesher]
    programs: Programs
    slices: SliceCache
    profiles: Mapping[str, Profile]  # by the printer's name, for what is loaded
    printers: Mapping[str, Printer]
    board: Board
    offers: Callable[[], Sequence[Offer]]  # what the printers are and how they are now
    line: Line  # of the jobs that wait for one of them
    spending: Spending  # what services are paid
    artists: Mapping[str, Artist] = field(default_factory=dict)  # who makes pictures for meshers
    start_evidence_s: float = 120.0
    check_use: Callable[[Job, Facts], None] = _anything  # of a sliced job; raises LimitReached
