"""What people say is loaded in printers, and the configuration as it holds with that. Pure.

A word holds until another word, or until the configuration says something else of that printer
than it said when the word was given: the newer fact wins.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TypeVar

from printd.core.config import Config
from printd.core.errors import NotPossibleNow, SettingInvalid
from printd.core.filaments import colour_of
from printd.core.loaded import Configured, Loaded
from printd.core.matching import Offer
from printd.core.printer_config import AnyPrinterConfig

AnyPrinter = TypeVar("AnyPrinter", bound=AnyPrinterConfig)


def as_loaded(
    config: Config, words: Mapping[str, Loaded], materials: Mapping[str, Collection[str]]
) -> Config:
    """Return the configuration as it holds: with what people have said is loaded.

    Args:
        config: as its file says.
        words: by printer.
        materials: those of the profile of each printer; a word that names none of them is void.
    """
    printers = {
        name: with_word(printer, words[name])
        if name in words
        and words[name].holds_over(printer)
        and words[name].material in materials.get(name, ())
        else printer
        for name, printer in config.printers.items()
    }
    return config.model_copy(update={"printers": printers})


def with_word(printer: AnyPrinter, word: Loaded) -> AnyPrinter:
    """Return a printer's part of the configuration with what a person says is loaded."""
    return printer.model_copy(update={"material": word.material, "colour": word.colour})


def overruled(config: Config, words: Mapping[str, Loaded]) -> frozenset[str]:
    """Return the printers of which the configuration has said something else since.

    Args:
        config: as its file says.
        words: by printer.
    """
    return frozenset(
        name for name, word in words.items() if not word.holds_over(config.printers.get(name))
    )


def tells_itself(offer: Offer) -> bool:
    """Say whether a printer tells what is loaded, so that nobody else can."""
    spools = offer.row.status.spools if offer.row.status else None
    if spools is None:
        return False
    is_outside_told = any(tray.material for tray in spools.external)
    return is_outside_told or (spools.units > 0 and offer.source != "external")


def word_of(
    offer: Offer, over: Configured, material: str | None, colour: str, *, by: str, at: datetime
) -> Loaded:
    """Return a person's word on what is loaded in a printer, if it can be so.

    Args:
        offer: the printer as it is now.
        over: what the configuration says of it.
        material: as the person calls it; None: the one that was there.
        colour: likewise, or as #RRGGBB; "": not said.
        by: who says so.
        at: when.

    Raises:
        SettingInvalid: its profile has no such material, or nobody knows the colour.
        NotPossibleNow: the printer tells it by itself.
    """
    name = offer.name
    if tells_itself(offer):
        raise NotPossibleNow(
            f"{name} tells by itself what is loaded.",
            action=f"Set material and colour at the display of {name}.",
        )
    asked = offer.machine.material if material is None else material.strip()
    found = next((one for one in offer.materials if one.casefold() == asked.casefold()), None)
    if found is None:
        raise SettingInvalid(
            f"material: {asked!r}; {offer.profile} of {name} has {', '.join(offer.materials)}.",
            action="Name one of these, or give the profile a file for that material.",
        )
    try:
        colour_of(colour)
    except ValueError as error:
        raise SettingInvalid(f"colour: {error}.", action="Name one of these.") from error
    return Loaded(found, colour.strip().lower(), by, at, over)
