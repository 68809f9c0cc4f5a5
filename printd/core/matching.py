"""Which printer may take a job, and why not: one table of tests, the first that fails wins.

Pure: works on what the caller knows of the job and the printers. The same sentences stand in the
daemon, on the command line and in ``_status.txt``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from printd.core.bed_layout import beside_brim, layout_of, most_places
from printd.core.beds import BedState
from printd.core.board import Condition
from printd.core.fleet import PrinterRow
from printd.core.jobs import Because
from printd.core.machine import Machine


@dataclass(frozen=True, slots=True)
class Needs:
    """What a job asks of a printer."""

    job: int
    size_mm: tuple[float, float, float]  # width, depth, height of the model
    profile: str | None = None  # the profile it has been sliced for; None: not sliced yet
    material: str = ""  # as the recipe names it; "": any
    quality: str = ""  # likewise; "": that of the profile
    copies: int = 1  # in one print
    brim_mm: float = 0.0  # around them


@dataclass(frozen=True, slots=True)
class PrinterClass:
    """What a printer is, as its profile says: what is sliced for one is for all of a class."""

    profile: str
    machine: Machine  # with what is loaded
    qualities: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """What a printer is and how it is now. The bed has been judged by its age already."""

    row: PrinterRow
    machine: Machine
    profile: str
    qualities: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()  # that could be loaded
    has_bed: bool = True

    @property
    def name(self) -> str:
        """The printer's name."""
        return self.row.name


def _out_of_service(_needs: Needs, offer: Offer) -> Because | None:
    reason = offer.row.out_of_service
    if reason is None:
        return None
    action = f"Run `printd printers in {offer.name}` when it is ready."
    return Because("out_of_service", f"{offer.name} is out of service: {reason}.", action)


def _offline(_needs: Needs, offer: Offer) -> Because | None:
    status = offer.row.status
    if status is not None and status.condition is not Condition.OFFLINE:
        return None
    if status is not None and status.trouble:
        return Because("offline", f"{offer.name} cannot be used: {status.trouble}")
    since = f" since {offer.row.seen_at:%d %b %H:%M} UTC" if offer.row.seen_at else ""
    action = f"Check power and network of {offer.name}; printd keeps trying."
    return Because("offline", f"{offer.name} has not answered{since}.", action)


def _wrong_kind(needs: Needs, offer: Offer) -> Because | None:
    if needs.profile in (None, offer.profile):
        return None
    return Because(
        "wrong_kind", f"The file was sliced for {needs.profile}; {offer.name} is {offer.profile}."
    )


def _too_large(needs: Needs, offer: Offer) -> Because | None:
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


def _no_such_quality(needs: Needs, offer: Offer) -> Because | None:
    if needs.quality.casefold() in ("", *(name.casefold() for name in offer.qualities)):
        return None
    known = ", ".join(offer.qualities)
    return Because(
        "no_such_quality",
        f"The recipe asks for the quality {needs.quality}; "
        f"{offer.profile} of {offer.name} has {known}.",
        "Change the recipe, or give the profile a file for that quality.",
    )


def _no_such_material(needs: Needs, offer: Offer) -> Because | None:
    if needs.material.casefold() in ("", *(name.casefold() for name in offer.materials)):
        return None
    known = ", ".join(offer.materials)
    return Because(
        "no_such_material",
        f"The recipe asks for {needs.material}; {offer.profile} of {offer.name} has {known}.",
        "Change the recipe, or give the profile a file for that material.",
    )


def _wrong_material(needs: Needs, offer: Offer) -> Because | None:
    loaded = offer.machine.material
    if needs.material.casefold() in ("", loaded.casefold()):
        return None
    return Because(
        "wrong_material",
        f"The recipe asks for {needs.material}; {offer.name} has {loaded} loaded.",
        f"Load {needs.material} and write `material: {needs.material}` for {offer.name} into the "
        "configuration, or change the recipe.",
    )


def _busy(needs: Needs, offer: Offer) -> Because | None:
    if offer.row.job not in (None, needs.job):
        return Because("busy", f"{offer.name} is taken by #{offer.row.job}.")
    status = offer.row.status
    if status is None or status.condition not in (
        Condition.PRINTING,
        Condition.PAUSED,
        Condition.BUSY,
    ):
        return None
    return Because("busy", f"{offer.name} is busy with something else.")


def _bed_not_clear(_needs: Needs, offer: Offer) -> Because | None:
    bed = offer.row.bed
    if not offer.has_bed or bed.state is BedState.CLEAR:
        return None
    action = f"Look at it, clear it, then run `printd printers bed-clear {offer.name}`."
    if bed.state is BedState.UNKNOWN:
        text = f"It is not known whether the bed of {offer.name} is clear: {bed.why}."
        return Because("bed_unknown", text, action)
    return Because(
        "bed_not_clear", f"The bed of {offer.name} has not been cleared: {bed.why}.", action
    )


# Tests that time or a person at the printer can pass come last.
TESTS: Final[Sequence[Callable[[Needs, Offer], Because | None]]] = (
    _out_of_service,
    _offline,
    _wrong_kind,
    _no_such_quality,
    _no_such_material,
    _too_large,
    _wrong_material,
    _busy,
    _bed_not_clear,
)
NEVER: Final = frozenset({"too_large", "no_such_quality", "no_such_material"})  # no waiting helps


def why_not(needs: Needs, offer: Offer) -> Because | None:
    """Return the first reason why ``offer`` cannot take the job now; None: it can."""
    return next(filter(None, (test(needs, offer) for test in TESTS)), None)


def why_never(needs: Needs, offers: Iterable[Offer]) -> Because | None:
    """Return why no waiting helps: the ``NEVER`` reason of the first printer that has one."""
    reasons = (test(needs, offer) for offer in offers for test in TESTS)
    return next((reason for reason in reasons if reason and reason.code in NEVER), None)


def free(needs: Needs, offers: Iterable[Offer]) -> Offer | None:
    """Return the first printer that can take the job now."""
    return next((offer for offer in offers if why_not(needs, offer) is None), None)


def best(needs: Needs, offers: Iterable[Offer]) -> Offer | None:
    """Return the printer that can take the job soonest, ``NEVER`` reasons left out."""
    ranked = [(_distance(needs, offer), offer) for offer in offers]
    possible = [pair for pair in ranked if pair[0] is not None]
    return min(possible, key=lambda pair: pair[0] or 0)[1] if possible else None


def why_waiting(needs: Needs, offers: Sequence[Offer]) -> Because | None:
    """Return why no printer takes the job now, in the words for the nearest one."""
    if not offers:
        return Because("no_printer", "No printer is configured.", "Name one under `printers:`.")
    if free(needs, offers) is not None:
        return None
    offer = best(needs, offers)
    return why_not(needs, offer) if offer else why_never(needs, offers)


def _distance(needs: Needs, offer: Offer) -> int | None:
    """Return how late the first failing test is: the later, the nearer (0: free now)."""
    if any((reason := test(needs, offer)) is not None and reason.code in NEVER for test in TESTS):
        return None
    for index, test in enumerate(TESTS):
        if test(needs, offer) is not None:
            return len(TESTS) - index
    return 0


def _size(sides_mm: Iterable[float]) -> str:
    return " x ".join(f"{side:.1f}" for side in sides_mm) + " mm"
