"""Which spools hang at a printer, as it says itself: trays of a changer (AMS), and spools outside.

A tray has a number for the whole printer: four for each unit, and 128 on for units with a single
one (AMS HT). The same words for the adapter that starts a print and for matching.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from printd.core.filaments import named

TRAYS: Final = 4  # of a unit
SINGLE_FROM: Final = 128  # units with one tray: their number is that of the tray
EXTERNAL: Final = 254  # what is in the nozzle, and the spool of the left one: it is from outside
NONE: Final = 255  # nothing is in the nozzle; the spool outside of the right one


@dataclass(frozen=True, slots=True)
class Tray:
    """One place for a spool."""

    number: int  # for the whole printer; 254 and 255 are outside
    unit: int
    slot: int
    material: str = ""  # "PLA"; "": empty, or the printer does not know
    colour: str = ""  # "RRGGBB"; "": not known
    code: str = ""  # of the filament, such as "GFA00"
    remain: float | None = None  # 0..1; only spools with a chip tell
    is_there: bool = False  # a spool is in it
    weight_g: float | None = None  # of the filament on a full spool

    @property
    def place(self) -> str:
        """Where a person finds it: ``tray 2 of AMS 1``."""
        if self.number in (EXTERNAL, NONE):
            return "the external spool"
        if self.unit >= SINGLE_FROM:
            return f"AMS HT {self.unit - SINGLE_FROM + 1}"
        return f"tray {self.slot + 1} of AMS {self.unit + 1}"

    @property
    def is_filled(self) -> bool:
        """Whether there is filament in it."""
        return self.is_there and self.remain != 0.0

    @property
    def left_g(self) -> float | None:
        """How much filament is left; None: not known."""
        if self.remain is None or not self.weight_g:
            return None
        return self.remain * self.weight_g

    @property
    def holds(self) -> str:
        """What is in it, in words: ``black PLA``."""
        if not self.is_filled:
            return "empty"
        return " ".join(filter(None, (named(self.colour), self.material or "unknown material")))

    def __str__(self) -> str:
        return f"{self.place}: {self.holds}"


@dataclass(frozen=True, slots=True)
class Spools:
    """All trays."""

    trays: tuple[Tray, ...] = ()  # in changers
    external: tuple[Tray, ...] = ()
    units: int = 0  # of changers
    now: int | None = None  # what is in the nozzle; None: nothing
    wanted: int | None = None  # what is being loaded

    @property
    def is_external_loaded(self) -> bool:
        """Say whether the filament in the nozzle is from outside."""
        return self.now == EXTERNAL

    @property
    def at_rest(self) -> Spools:
        """Return them without what is in the nozzle: no verdict hangs on that."""
        return replace(self, now=EXTERNAL if self.is_external_loaded else None, wanted=None)

    @property
    def as_loaded(self) -> Spools:
        """Return what a person changes: the same while a print feeds from one tray or another."""
        return Spools(
            tuple(replace(tray, remain=0.0 if tray.remain == 0.0 else None) for tray in self.trays),
            self.external,
            self.units,
            EXTERNAL if self.is_external_loaded else None,
        )

    def as_text(self) -> str:
        """Return them as the store keeps them."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def of_text(cls, text: str) -> Spools:
        """Return what ``as_text`` has written."""
        said: Mapping[str, Any] = json.loads(text)
        places = {key: tuple(Tray(**tray) for tray in said[key]) for key in ("trays", "external")}
        return cls(**{**said, **places})
