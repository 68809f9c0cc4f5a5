"""What keeps a job from a printer, each with the sentence that every display shows."""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote
from typing import Final

from printd.core.bed_layout import beside_brim, layout_of, most_places
from printd.core.feeding import Feed
from printd.core.filaments import Filament, is_same_colour
from printd.core.jobs import Because, ToLoad
from printd.core.matching.sides import Needs, Offer, feed_of, wanted_of
from printd.core.moments import stamp

NOZZLE_TOLERANCE_MM: Final = 0.01


def wrong_printer(needs: Needs, offer: Offer) -> Because | None:
    """The job is for other printers by name."""
    if not needs.only_on or offer.name in needs.only_on:
        return None
    gone = needs.only_on - offer.house.printers if offer.house.printers else frozenset()
    which = " or ".join(sorted(needs.only_on))
    is_all = gone == needs.only_on
    said = "which" if is_all else " and ".join(sorted(gone))
    verb = "are" if len(gone) > 1 else "is"
    also = f"{',' if is_all else ';'} {said} {verb} no longer configured" if gone else ""
    return Because(
        "wrong_printer",
        f"#{needs.job} may only be printed on {which}{also}.",
        f"Slice it again for a printer that is there, and run `printd cancel {needs.job}`."
        if needs.is_file and needs.profile not in (None, offer.profile)
        else f"Run `printd move {needs.job} --to {offer.name}` to print it there.",
    )


def wrong_kind(needs: Needs, offer: Offer) -> Because | None:
    """It is made for another class of printers, or of a kind that this one does not take."""
    if needs.profile not in (None, offer.profile):
        return Because(
            "wrong_kind",
            f"The file was sliced for {needs.profile}; {offer.name} is {offer.profile}.",
            f"Slice it again for {offer.profile}, or print it on a printer of {needs.profile}."
            if needs.is_file
            else f"Run `printd move {needs.job} --to {offer.name}` to have it made for that one.",
        )
    if needs.endings and offer.takes and not needs.endings & offer.takes:
        made, takes = (" and ".join(sorted(them)) for them in (needs.endings, offer.takes))
        return Because(
            "wrong_kind",
            f"The file is {made}; {offer.name} takes {takes}.",
            f"Export it as {takes}, or print it on a printer that takes {made}.",
        )
    return None


def too_large(needs: Needs, offer: Offer) -> Because | None:
    """The model, or all its copies, do not fit onto the bed."""
    machine = beside_brim(offer.machine, needs.brim_mm)
    if layout_of(machine, needs.size_mm, needs.copies) is not None:
        return None
    room = _size((*machine.room_mm, machine.height_mm))
    size = _size(needs.size_mm)
    most = most_places(machine, needs.size_mm)
    if most:
        return Because(
            "too_large",
            f"{needs.copies} of {size} do not fit {room} of {offer.name}; {most} would.",
            f"Set copies_on_bed to {most}, or choose a smaller width.",
        )
    return Because(
        "too_large",
        f"{size} does not fit {room} of {offer.name}.",
        "Choose a smaller width, or a printer with a larger bed.",
    )


def _size(sides_mm: Iterable[float]) -> str:
    return " x ".join(f"{side:.1f}" for side in sides_mm) + " mm"


def no_such_quality(needs: Needs, offer: Offer) -> Because | None:
    """The profile has no such quality."""
    if needs.quality.casefold() in ("", *(name.casefold() for name in offer.qualities)):
        return None
    known = ", ".join(offer.qualities)
    return Because(
        "no_such_quality",
        f"{needs.asks} for the quality {needs.quality}; "
        f"{offer.profile} of {offer.name} has {known}.",
        "Change the recipe, or give the profile a file for that quality.",
    )


def no_such_material(needs: Needs, offer: Offer) -> Because | None:
    """The profile has no such material, whatever is loaded."""
    if needs.material.casefold() in ("", *(name.casefold() for name in offer.materials)):
        return None
    known = ", ".join(offer.materials)
    return Because(
        "no_such_material",
        f"{needs.asks} for {needs.material}; {offer.profile} of {offer.name} has {known}.",
        "Change the recipe, or give the profile a file for that material.",
    )


def wrong_nozzle(_needs: Needs, offer: Offer) -> Because | None:
    """The printer tells of another nozzle than its profile is for."""
    status = offer.row.status
    asked_mm, fitted_mm = offer.machine.nozzle_mm, status.nozzles_mm if status else ()
    if not fitted_mm or any(abs(asked_mm - each) <= NOZZLE_TOLERANCE_MM for each in fitted_mm):
        return None
    sizes = " and ".join(f"{each:g} mm" for each in fitted_mm)
    return Because(
        "wrong_nozzle",
        f"{offer.profile} is for a nozzle of {asked_mm:g} mm; {offer.name} has {sizes}.",
        f"Change the nozzle, or the `profile` of {offer.name}.",
    )


def wrong_material(needs: Needs, offer: Offer) -> Because | None:
    """Something else is loaded: as the printer tells, else a person or the configuration."""
    feed = feed_of(needs, offer)
    if isinstance(feed, Because):
        return feed
    if feed is not None and (feed.use_ams or _is_told(offer)):
        return None
    return _not_configured(needs, offer)


def _is_told(offer: Offer) -> bool:
    """Say whether somebody has told the printer what hangs outside."""
    spools = offer.row.status.spools if offer.row.status else None
    return spools is not None and any(tray.material for tray in spools.external)


def _not_configured(needs: Needs, offer: Offer) -> Because | None:
    """Compare with what the configuration says is loaded; a colour it does not name is any."""
    loaded = offer.machine.material
    is_other_colour = offer.colour != "" and not is_same_colour(needs.colour, offer.colour)
    if needs.material.casefold() in ("", loaded.casefold()) and not is_other_colour:
        return None
    asked = Filament(needs.material or loaded, needs.colour)
    colour = f" --colour {asked.colour_name}" if needs.colour else ""
    say = f"printd printers load {offer.name} --material {quote(asked.material)}{colour}"
    return Because(
        "wrong_material",
        f"{needs.asks} for {asked}; {offer.name} has {Filament(loaded, offer.colour)} loaded.",
        f"Load {asked}, then run `{say}`, "
        f"or {'slice the file again' if needs.is_file else 'change the recipe'}.",
        ToLoad(offer.name, asked),
    )


def reconfirm(needs: Needs, offer: Offer) -> Because | None:
    """It waits for so long that a person is asked once more."""
    now, wanted_at = offer.house.now, needs.confirmed_at
    if now is None or wanted_at is None or now - wanted_at <= offer.house.confirmed_for:
        return None
    return Because(
        "reconfirm",
        f"Nobody has asked for #{needs.job} since {stamp(wanted_at)}: is it still wanted?",
        f"Run `printd release {needs.job}` if it is, `printd cancel {needs.job}` if it is not.",
    )


def too_little_filament(needs: Needs, offer: Offer) -> Because | None:
    """The spool holds less than the print takes, as far as both are known."""
    feed = feed_of(needs, offer)
    if not isinstance(feed, Feed):
        return None
    wanted = wanted_of(needs, offer)
    for slot, tray in enumerate(feed.trays, start=1):
        needed_g = wanted[slot].needed_g if slot in wanted else None
        if tray is None or needed_g is None or tray.left_g is None or tray.left_g >= needed_g:
            continue
        return Because(
            "too_little_filament",
            f"It needs {needed_g:.0f} g of {wanted[slot]}; "
            f"{tray.place} of {offer.name} has {tray.left_g:.0f} g.",
            "Put in a spool that holds enough.",
        )
    return None


def closed_hours(needs: Needs, offer: Offer) -> Because | None:
    """It is not the hour to start this print on this printer."""
    if not is_closed(needs, offer) or offer.doors is None:
        return None
    return offer.doors.why_closed(offer.name, needs.lasting_s)


def is_closed(needs: Needs, offer: Offer) -> bool:
    """Say the same without the sentence, which takes a hundred times as long."""
    return offer.doors is not None and not offer.doors.may_start(needs.lasting_s)
