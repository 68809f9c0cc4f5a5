"""Families of networks that see depth: what each wants to be shown, and what its numbers mean.

Conventions of the usual exports, collected in 2026-11 and tried on stand-in networks, not on these
weights. Exports differ; each convention has a key in the configuration that says otherwise. The
weights are never part of printd; each has a licence of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Channels = tuple[float, float, float]

_IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
_IMAGENET_STD: Final = (0.229, 0.224, 0.225)
_HALF: Final = (0.5, 0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Family:
    """What networks of one family have in common."""

    larger: Literal["nearer", "farther"]  # what a larger number of the output means
    mean: Channels  # of red, green and blue from 0 to 1: taken off ...
    std: Channels  # ... and then divided by
    size_px: int  # of ``side``, if the network leaves it open
    side: Literal["short", "long", "both"]  # both: a square, into which the photo is squeezed
    multiple: int  # that each side has to be of


# By the name in the configuration, which ``core.config`` lists too.
FAMILIES: Final[Mapping[str, Family]] = MappingProxyType(
    {
        "depth-anything-v2": Family("nearer", _IMAGENET_MEAN, _IMAGENET_STD, 518, "short", 14),
        "depth-anything-v2-metric": Family(
            "farther", _IMAGENET_MEAN, _IMAGENET_STD, 518, "short", 14
        ),
        "depth-anything-3": Family("farther", _IMAGENET_MEAN, _IMAGENET_STD, 504, "long", 14),
        "midas": Family("nearer", _IMAGENET_MEAN, _IMAGENET_STD, 256, "short", 32),
        "midas-dpt": Family("nearer", _HALF, _HALF, 384, "short", 32),
        "depth-pro": Family("farther", _HALF, _HALF, 1536, "both", 1),
    }
)
