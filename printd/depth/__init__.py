"""Where a height map comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from printd.depth.base import DepthSource
from printd.depth.builtin import BuiltinDepth

# By the name in the configuration.
KINDS: Final[Mapping[str, Callable[[], DepthSource]]] = MappingProxyType({"builtin": BuiltinDepth})
