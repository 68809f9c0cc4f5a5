"""A mapping that can be exchanged as a whole while others read it.

Whoever iterates goes on over what was there at its beginning; nobody sees half a change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TypeVar

V = TypeVar("V")


class Current(Mapping[str, V]):
    """What there is now, by name."""

    def __init__(self, values: Mapping[str, V]) -> None:
        self._values = MappingProxyType(dict(values))

    def exchange(self, values: Mapping[str, V]) -> None:
        """Put ``values`` in the place of all that was there."""
        self._values = MappingProxyType(dict(values))

    def __getitem__(self, name: str) -> V:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
