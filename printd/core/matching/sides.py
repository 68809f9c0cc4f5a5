"""The two sides that are matched: what a job asks, and what a printer offers now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from printd.core.feeding import Feed, Source, feed_for
from printd.core.filaments import Filament
from printd.core.fleet import PrinterRow
from printd.core.jobs import Because
from printd.core.machine import Machine

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
