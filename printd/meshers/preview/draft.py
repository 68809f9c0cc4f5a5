"""A draft: a folder with a photo that is looked at, and what of it is to be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from printd.core.compute import Limits
from printd.core.relief_settings import ReliefSettings
from printd.depth.base import DepthSource

DRAFTS: Final = "drafts"  # in the data folder; each draft has a folder of its own there
PHOTO: Final = "photo.bin"
MAP_PX: Final = 1024  # of the height map at most: a finer one looks the same on a screen
MEMORY_PER_PIXEL: Final = 100
WALL_S: Final = 60.0
Views = Literal["front", "tilted", "side", "back", "light-on"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a draft is to be seen."""

    folder: Path  # of the draft
    photo: Mapping[str, Any]  # its facts, as ``decode_photo`` returns them
    settings: ReliefSettings
    depth: DepthSource


def limits_for(source: DepthSource) -> Limits:
    """Return what each of these functions may use; somebody waits for it at a screen."""
    return Limits(
        memory_bytes=source.memory_bytes + MEMORY_PER_PIXEL * MAP_PX**2,
        wall_s=WALL_S + source.wall_s,
        is_watched=True,
    )
