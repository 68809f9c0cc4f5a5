"""From which tray a print feeds, or why it has to wait for one. Pure.

One verdict for both who ask: matching, before a printer is chosen, and the adapter, right before
the start. A file names its filaments by slots, from 1; a start says which tray is meant by each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from printd.core.filaments import Filament, distance, is_same_colour, is_same_material
from printd.core.jobs import Because
from printd.core.spools import Spools, Tray

Source = Literal["auto", "ams", "external"]


@dataclass(frozen=True, slots=True)
class Feed:
    """Where the filaments of a print come from, by slot; None: the slot is not used."""

    use_ams: bool
    trays: tuple[Tray | None, ...] = ()


EXTERNAL_SPOOL = Feed(use_ams=False)


def feed_for(
    wanted: Mapping[int, Filament],
    spools: Spools,
    source: Source = "auto",
    *,
    printer: str = "the printer",
) -> Feed | Because:
    """Return which trays a print takes, or why it cannot begin.

    Args:
        wanted: by slot, from 1.
        spools: as the printer shows them.
        source: ``auto``: the AMS; the spool outside when there is none, or when it is loaded.
        printer: its name, for the sentence.
    """
    if source == "ams" and not spools.units:
        return Because(
            "no_ams",
            f"{printer} needs {_all(wanted)} from an AMS, and shows none.",
            "Connect it and switch it on, or set `spool: auto`.",
        )
    if source == "external" or not spools.units:
        return _outside(wanted, spools, printer)
    found = _from_ams(wanted, spools, printer)
    if source == "auto" and isinstance(found, Because) and spools.is_external_loaded:
        outside = _outside(wanted, spools, printer)
        return found if isinstance(outside, Because) else outside
    return found


def _from_ams(wanted: Mapping[int, Filament], spools: Spools, printer: str) -> Feed | Because:
    filled = [tray for tray in spools.trays if tray.is_filled]
    trays: list[Tray | None] = [None] * max(wanted, default=0)
    for slot, filament in wanted.items():
        tray = _best(filament, filled, spools.now)
        if tray is None:
            return _missing(filament, spools, printer)
        trays[slot - 1] = tray
    return Feed(use_ams=True, trays=tuple(trays))


def _best(filament: Filament, filled: Sequence[Tray], now: int | None) -> Tray | None:
    """Return the tray that is nearest in colour; of equal ones what is in the nozzle already.

    One that is known to hold too little comes after all others.
    """
    fit = [
        tray
        for tray in filled
        if tray.material
        and is_same_material(filament.material, tray.material)
        and is_same_colour(filament.colour, tray.colour)
    ]

    def order(tray: Tray) -> tuple[bool, float, bool, int]:
        is_short = tray.left_g is not None and tray.left_g < (filament.needed_g or 0.0)
        far = distance(filament.colour, tray.colour) if filament.colour else 0.0
        return is_short, far, tray.number != now, tray.number

    return min(fit, key=order, default=None)


def _missing(filament: Filament, spools: Spools, printer: str) -> Because:
    action = f"Load {filament} into the AMS, and set its material at the printer's display."
    if not any(tray.is_filled for tray in spools.trays):
        problem = f"{printer} needs {filament}, and every tray of its AMS is empty."
        return Because("tray_empty", problem, action)
    loaded = "; ".join(map(str, spools.trays))
    problem = f"{printer} needs {filament}, and no tray of its AMS holds it ({loaded})."
    return Because("wrong_tray", problem, action)


def _outside(wanted: Mapping[int, Filament], spools: Spools, printer: str) -> Feed | Because:
    if len(wanted) > 1:
        return Because(
            "no_ams",
            f"The file changes between {len(wanted)} filaments ({_all(wanted)}); "
            f"{printer} has no AMS, and the spool outside is one.",
            "Print it on a printer with an AMS.",
        )
    # What nobody has told the printer is as the configuration says.
    told = [tray for tray in spools.external if tray.material]
    for filament in wanted.values():
        if told and not any(_is_fit(filament, tray) for tray in told):
            return Because(
                "wrong_tray",
                f"{printer} needs {filament}, and its external spool is {told[0].holds}.",
                f"Load {filament}, and set its material at the printer's display.",
            )
    return EXTERNAL_SPOOL


def _is_fit(filament: Filament, tray: Tray) -> bool:
    """Say whether a spool will do; of one without a known colour only the material counts."""
    if not is_same_material(filament.material, tray.material):
        return False
    return not tray.colour or is_same_colour(filament.colour, tray.colour)


def _all(wanted: Mapping[int, Filament]) -> str:
    return ", ".join(map(str, wanted.values())) or "filament"
