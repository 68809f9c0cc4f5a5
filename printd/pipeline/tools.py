"""What the steps work with; put together in ``daemon/app.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from printd.core.board import Board
from printd.core.compute import Compute
from printd.core.files import JobFolders
from printd.core.matching import Offer
from printd.meshers.base import Mesher
from printd.printers.base import Printer
from printd.slicers.profiles import Profile


@dataclass(frozen=True, slots=True)
class SlicerChoice:
    """The slicer program to use and how long it may take (None: by the size of the mesh)."""

    program: Path | None = None
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything outside the store that a step may use."""

    folders: JobFolders
    compute: Compute
    meshers: Mapping[str, Mesher]
    slicers: Mapping[str, SlicerChoice]  # by kind; one that is not named is found on PATH
    profiles: Mapping[str, Profile]  # by the profile's name
    printers: Mapping[str, Printer]
    board: Board
    offers: Callable[[], Sequence[Offer]]  # what the printers are and how they are now
    start_evidence_s: float = 120.0

    def slicer(self, kind: str) -> SlicerChoice:
        """Return which program slices for profiles of this kind."""
        return self.slicers.get(kind, SlicerChoice())
