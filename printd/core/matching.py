"""Which printer may take a job, and why not: one table of tests, the first that fails wins.

Pure: works on what the caller knows of the job, the printers and the house. The same sentences
stand in the daemon, on the command line, on the page and in ``_status.txt``. Whose turn it is among
the jobs that wait is said in ``order.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from shlex import quote
from typing import Final, Protocol

from printd.core.bed_layout import beside_brim, layout_of, most_places
from printd.core.beds import BedState
from printd.core.board import Condition
from printd.core.feeding import Feed, Source, feed_for
from printd.core.filaments import Filament, is_same_colour
from printd.core.fleet import PrinterRow
from printd.core.jobs import Because, ToLoad
from printd.core.machine import Machine

NOZZLE_TOLERANCE_MM: Final = 0.01
UNTIL_MIN: Final = 5  # the end of a print is not known more exactly than this
Size = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a job asks of a printer."""

    job: int
    size_mm: Size  # width, depth, height of the model
    profile: str | None = None  # the profile it has been sliced for; None: not sliced yet
    material: str = ""  # as the recipe names it; "": any
    quality: str = ""  # likewise; "": that of the profile
    copies: int = 1  # in one print
    brim_mm: float = 0.0  # around them
    colour: str = ""  # "RRGGBB"; "": any
    endings: frozenset[str] = frozenset()  # of the files that are made of it; none: not yet
    filaments: tuple[tuple[int, Filament], ...] = ()  # by slot, as a person's file names them
    filament_g: float | None = None  # None: not known
    lasting_s: float | None = None  # how long it prints; None: not known
    confirmed_at: datetime | None = None  # when a person wanted it last
    only_on: frozenset[str] = frozenset()  # printers that may take it; none: any
    is_file: bool = False  # a person has sliced it; no recipe asks for anything
    waived: frozenset[str] = frozenset()  # codes that a person has overruled for it

    @property
    def kind(self) -> tuple[object, ...]:
        """Return what all tests of job and printer together look at: equal jobs are judged once."""
        return (
            *(self.size_mm, self.profile, self.material, self.quality, self.copies, self.brim_mm),
            *(self.colour, self.endings, self.filaments, self.filament_g, self.lasting_s),
            *(self.only_on, self.waived),
        )

    @property
    def asks(self) -> str:
        """Return who asks for a material: the recipe, or the file."""
        return "The file asks" if self.is_file else "The recipe asks"

    @property
    def words(self) -> tuple[object, ...]:
        """Return what the tests of ``OF_WORDS`` look at: sizes and amounts are not among it."""
        filaments = tuple((slot, of.material, of.colour) for slot, of in self.filaments)
        return self.profile, self.material, self.quality, self.colour, self.endings, filaments


class Doors(Protocol):
    """The hours of a printer at this moment; equal ones answer alike."""

    @property
    def starts_at(self) -> datetime | None:
        """From when a print of no length may be started; None: never."""

    def may_start(self, lasting_s: float | None = None) -> bool:
        """Return whether a print may be started now that lasts so long."""

    def why_closed(self, name: str, lasting_s: float | None = None) -> Because | None:
        """Return why a print may not be started now on the printer ``name``; None: it may."""


NOBODY: Final = Needs(job=0, size_mm=(0.0, 0.0, 0.0))  # asks for nothing


@dataclass(frozen=True, slots=True)
class PrinterClass:
    """What a printer is, as its profile says: what is sliced for one is for all of a class."""

    profile: str
    machine: Machine  # with what is loaded
    qualities: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class House:
    """What holds for all printers at this moment."""

    now: datetime | None = None  # None: nothing grows old
    confirmed_for: timedelta = timedelta.max  # how long a person's word on a job is good
    paused: Because | None = None  # a person has stopped the queue
    no_room: Because | None = None  # on the disk
    clock_odd: str = ""  # what is wrong with the clock; "": nothing is
    printers: frozenset[str] = frozenset()  # that are configured; none: not known


@dataclass(frozen=True, slots=True)
class Offer:
    """What a printer is and how it is now. The bed has been judged by its age already."""

    row: PrinterRow
    machine: Machine
    profile: str
    qualities: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()  # that could be loaded
    has_bed: bool = True
    takes: frozenset[str] = frozenset()  # endings of files; none: any
    colour: str = ""  # "RRGGBB" of what is loaded, as the configuration says
    source: Source = "auto"  # of its filament, if it has a changer
    circuit: str = ""  # that its heaters hang on
    starts_left: int | None = None  # that may begin on the circuit now; None: any number
    doors: Doors | None = None  # its hours; None: it may start whenever
    house: House = field(default_factory=House)

    @property
    def name(self) -> str:
        """The printer's name."""
        return self.row.name

    @property
    def kind(self) -> tuple[object, ...]:
        """Return what all tests of job and printer together look at: equal ones judge alike."""
        status = self.row.status
        spools = status.spools.at_rest if status and status.spools else None
        shown = (spools, status.nozzles_mm) if status else ()
        what = (self.machine, self.profile, self.qualities, self.materials)
        return *what, self.takes, self.colour, self.source, self.doors, shown


def wanted_of(needs: Needs, offer: Offer) -> dict[int, Filament]:
    """Return the filaments that a print of the job on this printer is made of, by slot."""
    if needs.filaments:
        return dict(needs.filaments)
    material = needs.material or offer.machine.material
    return {1: Filament(material, needs.colour, needs.filament_g)}


def feed_of(needs: Needs, offer: Offer) -> Feed | Because | None:
    """Return where the print would feed from; None: the printer tells nothing of its spools."""
    status = offer.row.status
    if status is None or status.spools is None:
        return None
    wanted = wanted_of(needs, offer)
    return feed_for(wanted, status.spools, offer.source, printer=offer.name)


def _wrong_printer(needs: Needs, offer: Offer) -> Because | None:
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
        f"Run `printd move {needs.job} --to {offer.name}` to print it there.",
    )


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
    if needs.profile not in (None, offer.profile):
        return Because(
            "wrong_kind",
            f"The file was sliced for {needs.profile}; {offer.name} is {offer.profile}.",
            f"Slice it again for {offer.profile}, or print it on a printer of {needs.profile}.",
        )
    if needs.endings and offer.takes and not needs.endings & offer.takes:
        made, takes = (" and ".join(sorted(them)) for them in (needs.endings, offer.takes))
        return Because(
            "wrong_kind",
            f"The file is {made}; {offer.name} takes {takes}.",
            f"Export it as {takes}, or print it on a printer that takes {made}.",
        )
    return None


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
        f"{needs.asks} for the quality {needs.quality}; "
        f"{offer.profile} of {offer.name} has {known}.",
        "Change the recipe, or give the profile a file for that quality.",
    )


def _no_such_material(needs: Needs, offer: Offer) -> Because | None:
    if needs.material.casefold() in ("", *(name.casefold() for name in offer.materials)):
        return None
    known = ", ".join(offer.materials)
    return Because(
        "no_such_material",
        f"{needs.asks} for {needs.material}; {offer.profile} of {offer.name} has {known}.",
        "Change the recipe, or give the profile a file for that material.",
    )


def _wrong_nozzle(_needs: Needs, offer: Offer) -> Because | None:
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


def _wrong_material(needs: Needs, offer: Offer) -> Because | None:
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


def _busy(needs: Needs, offer: Offer) -> Because | None:
    status = offer.row.status
    condition = status.condition if status else None
    at_work = (Condition.PRINTING, Condition.PAUSED, Condition.BUSY)
    if offer.row.job not in (None, needs.job):
        return Because("busy", f"{offer.name} {_does(offer)} #{offer.row.job}{_until(offer)}.")
    if status is None or condition not in at_work:
        return None
    if status.trouble:
        return Because("busy", f"{offer.name} is busy: {status.trouble}")
    return Because("busy", f"{offer.name} is busy with something else.")


def _does(offer: Offer) -> str:
    """Return what the printer does with the job that has it."""
    status = offer.row.status
    if status is None or status.print_name is None:
        return "is taken by"
    words = {Condition.PRINTING: "prints", Condition.PAUSED: "has paused"}
    return words.get(status.condition, "is taken by")


def _until(offer: Offer) -> str:
    """Return until when it prints, where that is known: `` until about 16:20 UTC``."""
    status, seen_at = offer.row.status, offer.row.seen_at
    if status is None or seen_at is None or status.remaining_s is None:
        return ""
    if status.condition is not Condition.PRINTING:
        return ""
    end = seen_at + timedelta(seconds=status.remaining_s, minutes=UNTIL_MIN / 2)
    end -= timedelta(minutes=end.minute % UNTIL_MIN, seconds=end.second)
    if end <= seen_at:  # rounded to what is over
        end += timedelta(minutes=UNTIL_MIN)
    day = "" if end.date() == seen_at.date() else f"{end:%d %b} "
    return f" until about {day}{end:%H:%M} UTC"


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


def _reconfirm(needs: Needs, offer: Offer) -> Because | None:
    now, wanted_at = offer.house.now, needs.confirmed_at
    if now is None or wanted_at is None or now - wanted_at <= offer.house.confirmed_for:
        return None
    return Because(
        "reconfirm",
        f"Nobody has asked for #{needs.job} since {wanted_at:%d %b %H:%M} UTC: is it still wanted?",
        f"Run `printd release {needs.job}` if it is, `printd cancel {needs.job}` if it is not.",
    )


def _too_little_filament(needs: Needs, offer: Offer) -> Because | None:
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


def _closed_hours(needs: Needs, offer: Offer) -> Because | None:
    if not is_closed(needs, offer) or offer.doors is None:
        return None
    return offer.doors.why_closed(offer.name, needs.lasting_s)


def is_closed(needs: Needs, offer: Offer) -> bool:
    """Say the same without the sentence, which takes a hundred times as long."""
    return offer.doors is not None and not offer.doors.may_start(needs.lasting_s)


def _queue_paused(_needs: Needs, offer: Offer) -> Because | None:
    return offer.house.paused


def _fault_shown(_needs: Needs, offer: Offer) -> Because | None:
    status = offer.row.status
    if status is None or status.fault is None:
        return None
    return Because(
        "fault_shown",
        f"{offer.name} shows on its display: {status.fault}.",
        "Put it right, and dismiss the message at the display.",
    )


def _staggered(_needs: Needs, offer: Offer) -> Because | None:
    if offer.starts_left is None or offer.starts_left > 0:
        return None
    where = f"circuit {offer.circuit}" if offer.circuit else "circuit"
    text = f"{offer.name} waits until the printers on its {where} that have just started are hot."
    return Because("staggered", text, "It starts by itself then.")


def _disk_full(_needs: Needs, offer: Offer) -> Because | None:
    return offer.house.no_room


Test = Callable[[Needs, Offer], Because | None]
# Tests that time or a person at the printer can pass come last.
TESTS: Final[Sequence[Test]] = (
    _wrong_printer,
    _out_of_service,
    _offline,
    _wrong_kind,
    _no_such_quality,
    _no_such_material,
    _too_large,
    _wrong_nozzle,
    _wrong_material,
    _busy,
    _bed_not_clear,
    _reconfirm,
    _too_little_filament,
    _closed_hours,
    _queue_paused,
    _fault_shown,
    _staggered,
    _disk_full,
)
# What these say is the same for every job that has no printer yet; and for every printer.
OF_PRINTER: Final = frozenset(
    {_out_of_service, _offline, _busy, _bed_not_clear, _queue_paused, _fault_shown}
    | {_staggered, _disk_full}
)
OF_ANY_JOB: Final = OF_PRINTER | {_wrong_nozzle, _closed_hours}
OF_HOURS: Final = _closed_hours
OF_JOB: Final = frozenset({_reconfirm})
OF_WORDS: Final = frozenset(
    {_wrong_kind, _no_such_quality, _no_such_material, _wrong_nozzle, _wrong_material}
)
OF_NAME: Final = frozenset({_wrong_printer})  # printers of a kind differ in it
NEVER: Final = frozenset({"too_large", "no_such_quality", "no_such_material"})  # no waiting helps
OF_NEVER: Final = frozenset({_too_large, _no_such_quality, _no_such_material})
# A person may overrule these for one job; the others are about what would go wrong.
WAIVABLE: Final = frozenset({"too_little_filament", "closed_hours", "queue_paused"})


def is_near(place: int) -> bool:
    """Say whether the first test that fails, by its place, is one that time alone may pass."""
    return place >= TESTS.index(_busy)


def why_not(needs: Needs, offer: Offer) -> Because | None:
    """Return the first reason why ``offer`` cannot take the job now; None: it can."""
    for test in TESTS:
        reason = test(needs, offer)
        if reason is not None and reason.code not in needs.waived & WAIVABLE:
            return reason
    return None


def why_stopped(offer: Offer) -> Because | None:
    """Return the first reason why a printer takes no job at all, whatever it asks."""
    reasons = (test(NOBODY, offer) for test in TESTS if test in OF_ANY_JOB)
    return next(filter(None, reasons), None)


def why_never(needs: Needs, offers: Iterable[Offer]) -> Because | None:
    """Return why no waiting helps: the ``NEVER`` reason of the first printer that has one."""
    reasons = (test(needs, offer) for offer in offers for test in TESTS)
    return next((reason for reason in reasons if reason and reason.code in NEVER), None)


def _size(sides_mm: Iterable[float]) -> str:
    return " x ".join(f"{side:.1f}" for side in sides_mm) + " mm"
