"""The report of a repair: what the mesh was, what was done, what it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


def some(count: int, what: str) -> str:
    """Return how many there are, in words."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Figures:
    """A mesh in numbers."""

    triangles: int
    volume_mm3: float  # as its faces say; of an open or twisted mesh that means little
    size_mm: tuple[float, float, float]
    bodies: int  # parts that hang together
    open_edges: int


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that was done, in a word for programs, a number, and words for people."""

    code: str
    count: float
    words: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something to know before it is printed."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of a stranger's mesh."""

    kind: str  # of the file
    scale: float  # millimetres for 1 of the file
    before: Figures  # in the scale of the result
    after: Figures
    done: tuple[Done, ...]
    warnings: tuple[Warned, ...]
    thinnest_mm: float | None  # wall; None: none was met
    foot_mm2: float
    turned_deg: float

    def as_facts(self) -> dict[str, Any]:
        """Return plain values, as the store and ``--json`` want them."""
        facts = asdict(self)
        for side in ("before", "after"):
            facts[side]["size_mm"] = list(facts[side]["size_mm"])
        return facts | {"done": list(facts["done"]), "warnings": list(facts["warnings"])}
