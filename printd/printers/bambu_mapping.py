"""Which tray feeds a print, or why it has to wait for one. Pure.

A file names its filaments by slots, from 1; a start tells the printer which tray is meant by each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from printd.core.jobs import Because
from printd.printers.bambu_colours import (
    Filament,
    distance,
    is_same_colour,
    is_same_material,
)
from printd.printers.bambu_trays import Spools, Tray

Source = Literal["auto", "ams", "external"]


@dataclass(frozen=True, slots=True)
class Feed:
    """Where the filaments of a print come from, by slot; None: the slot is not used."""

    use_ams: bool
    trays: tuple[Tray | None, ...] = ()


EXTERNAL_SPOOL = Feed(use_ams=False)


def feed_for(
    wanted: Mapping[int, Filament], spools: Spools, source: Source = "auto"
) -> Feed | Because:
    """Return which trays a print takes, or why it cannot begin.

    Args:
        wanted: by slot, from 1.
        spools: as the printer shows them.
        source: ``auto``: the AMS; the spool outside when there is none, or when it is loaded.
    """
    filled = [tray for tray in spools.trays if tray.is_there and tray.remain != 0.0]
    if source == "ams" and not spools.units:
        return Because("no_ams", "The printer shows no AMS.", "Connect it and switch it on.")
    if source == "external" or not spools.units:
        return _outside(wanted, spools)
    found = _from_ams(wanted, spools, filled)
    if source == "auto" and isinstance(found, Because) and spools.is_external_loaded:
        outside = _outside(wanted, spools)
        return found if isinstance(outside, Because) else outside
    return found


def _from_ams(
    wanted: Mapping[int, Filament], spools: Spools, filled: Sequence[Tray]
) -> Feed | Because:
    trays: list[Tray | None] = [None] * max(wanted, default=0)
    for slot, filament in wanted.items():
        tray = _best(filament, filled, spools.now)
        if tray is None:
            return _missing(filament, spools, filled)
        trays[slot - 1] = tray
    return Feed(use_ams=True, trays=tuple(trays))


def _best(filament: Filament, filled: Sequence[Tray], now: int | None) -> Tray | None:
    """Return the tray that is nearest in colour; of equal ones what is in the nozzle already."""
    fit = [
        tray
        for tray in filled
        if tray.material
        and is_same_material(filament.material, tray.material)
        and is_same_colour(filament.colour, tray.colour)
    ]

    def order(tray: Tray) -> tuple[float, bool, int]:
        far = distance(filament.colour, tray.colour) if filament.colour else 0.0
        return far, tray.number != now, tray.number

    return min(fit, key=order, default=None)


def _missing(filament: Filament, spools: Spools, filled: Sequence[Tray]) -> Because:
    action = f"Load {filament} into the AMS, and set its material at the printer's display."
    if not filled:
        return Because("tray_empty", "Every tray of the AMS is empty.", action)
    holds = "; ".join(map(str, spools.trays))
    return Because("wrong_tray", f"No tray of the AMS holds {filament} ({holds}).", action)


def _outside(wanted: Mapping[int, Filament], spools: Spools) -> Feed | Because:
    if len(wanted) > 1:
        return Because(
            "no_ams",
            f"The file changes between {len(wanted)} filaments; the spool outside is one.",
            "Print it on a printer with an AMS.",
        )
    for filament in wanted.values():
        told = [tray for tray in spools.external if tray.material]
        # What nobody has told the printer is as the configuration says.
        if told and not any(_is_fit(filament, tray) for tray in told):
            return Because(
                "wrong_tray",
                f"{told[0].place[:1].upper()}{told[0].place[1:]} is {told[0].material}, "
                f"not {filament}.",
                f"Load {filament}, and set its material at the printer's display.",
            )
    return EXTERNAL_SPOOL


def _is_fit(filament: Filament, tray: Tray) -> bool:
    """Say whether a spool will do; of one without a known colour only the material counts."""
    if not is_same_material(filament.material, tray.material):
        return False
    return not tray.colour or is_same_colour(filament.colour, tray.colour)
