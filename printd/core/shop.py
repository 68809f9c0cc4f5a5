"""Jobs and printers brought together: what the printers offer now, and why each job waits.

The same for the daemon and for programs beside it, because both read it from the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from printd.core.config import Config
from printd.core.database import Database
from printd.core.doors import doors_of
from printd.core.filaments import Filament, colour_of
from printd.core.files import JobFolders, free_bytes
from printd.core.fleet import Fleet, PrinterRow
from printd.core.hall import Hall
from printd.core.jobs import AT_PRINTER, Because, Job, State
from printd.core.matching import House, Needs, Offer, PrinterClass, why_not
from printd.core.order import Turns, Waiting, turns
from printd.core.pausing import Pausing
from printd.core.printer_config import BambuPrinterConfig, PrinterConfig
from printd.core.rows import KEPT
from printd.core.wallclock import what_is_odd

STAGGERED: Final = timedelta(minutes=5)  # a bed and a nozzle are hot by then
HOUR_MIN: Final = 60
ROUNDED_MIN: Final = 5
ANEW: Final = "made_anew"  # the code of a job that goes back a step
MADE: Final = AT_PRINTER | {State.SLICED}  # what is printed is there


def house_of(config: Config, database: Database, now: datetime) -> House:
    """Return what holds for all printers now."""
    return House(
        now=now,
        confirmed_for=timedelta(hours=config.limits.reconfirm_h),
        paused=Pausing(database).because(),
        no_room=_no_room(config),
        clock_odd=what_is_odd(database),
        printers=frozenset(config.printers),
    )


def _no_room(config: Config) -> Because | None:
    free, share = free_bytes(config.data_dir)
    limits = config.limits
    if free >= limits.free_mb * 1e6 and share >= limits.free_pct / 100:
        return None
    return Because(
        "disk_full",
        f"Only {free / 1e6:.0f} MB ({share:.0%}) are free where printd keeps its data; "
        "it starts nothing new.",
        "Free space on the disk; printd goes on by itself.",
    )


def offers_of(
    config: Config,
    fleet: Fleet,
    classes: Mapping[str, PrinterClass],
    now: datetime,
    confirmed_for: timedelta,
    house: House | None = None,
) -> list[Offer]:
    """Return the configured printers as they are now, in the order of the configuration.

    Args:
        config: names the printers.
        fleet: what the store remembers of them.
        classes: what each printer is, by its name.
        now: the wall clock.
        confirmed_for: for how long a cleared bed is trusted.
        house: what holds for all of them; None: as it is now.
    """
    rows = fleet.all()
    together = house_of(config, fleet.database, now) if house is None else house
    starts = _starts_left(config, rows, now)
    doors = doors_of(config.times(), now, together.clock_odd)
    offers = []
    for name, printer in config.printers.items():
        if name in rows and name in classes:
            row = rows[name]
            row = replace(row, bed=row.bed.trusted(now, confirmed_for))
            of = classes[name]
            what = (of.machine, of.profile, of.qualities, of.materials)
            offers.append(
                Offer(
                    row,
                    *what,
                    has_bed=printer.has_bed,
                    takes=printer.takes,
                    colour=colour_of(printer.colour),
                    source=printer.spool if isinstance(printer, BambuPrinterConfig) else "auto",
                    circuit=printer.circuit,
                    starts_left=starts[name],
                    doors=doors[name],
                    house=together,
                )
            )
    return offers


def _starts_left(
    config: Config, rows: Mapping[str, PrinterRow], now: datetime
) -> dict[str, int | None]:
    """Return for each printer how many more may start on its circuit now, others counted."""
    most = config.limits.stagger
    if most is None:
        return dict.fromkeys(config.printers)
    heating = {name for name, row in rows.items() if _heats(row, now)} & config.printers.keys()

    def others(name: str, printer: PrinterConfig) -> int:
        circuits = (config.printers[other].circuit for other in heating - {name})
        return sum(circuit == printer.circuit for circuit in circuits)

    return {name: max(0, most - others(name, printer)) for name, printer in config.printers.items()}


def _heats(row: PrinterRow, now: datetime) -> bool:
    """Say whether a start has just been asked of a printer, or is about to be."""
    return row.is_starting or (row.started_at is not None and now - row.started_at < STAGGERED)


@lru_cache(maxsize=KEPT)
def needs_of(job: Job) -> Needs:
    """Return what a job asks of a printer, from what its steps have found out."""
    gcode = job.facts.get("gcode", {}) if job.state in MADE else {}
    known = Needs(
        job.number,
        (0.0, 0.0, 0.0),  # G-code: its verdict says that it fits such printers
        gcode.get("profile"),
        str(gcode.get("material", "")),
        endings=_endings(job, gcode),
        filaments=_filaments(gcode),
        filament_g=gcode.get("filament_g") or None,
        lasting_s=gcode.get("print_time_s") or None,
        confirmed_at=job.confirmed_at or job.created_at,
        only_on=job.only_on,
        is_file=job.given.is_gcode,
        waived=frozenset(job.facts.get("waived", ())),
    )
    if job.given.is_gcode:
        return known
    width_mm, depth_mm, height_mm = job.facts["model"]["size_mm"]
    asked = job.settings.get("print", {})
    return replace(
        known,
        size_mm=(width_mm, depth_mm, height_mm),
        material=str(job.settings.get("material", "")),
        colour=colour_of(str(job.settings.get("colour", ""))),
        quality=str(asked.get("quality", "")),
        copies=int(asked.get("copies_on_bed", 1)),
        brim_mm=float(asked.get("brim_mm", 0.0)),
    )


def _endings(job: Job, gcode: Mapping[str, Any]) -> frozenset[str]:
    """Return how the files end that are made of a job: G-code, and a container around it."""
    if not gcode:
        return frozenset()
    return frozenset(file_ending(name) for name in made_files(job))


def _filaments(gcode: Mapping[str, Any]) -> tuple[tuple[int, Filament], ...]:
    return tuple((slot, Filament(**of)) for slot, of in gcode.get("filaments", ()))


def made_files(job: Job) -> list[str]:
    """Return the names of the job's file, and of the container around it if there is one."""
    gcode = job.facts["gcode"]
    own = job.given.file
    if not job.given.is_gcode:  # slices without a word are G-code
        own = str(gcode.get("file", JobFolders.GCODE))
    packed = gcode.get("packed")
    return [own, *([packed["file"]] if packed else [])]


def file_ending(name: str) -> str:
    """Return how a file ends: ``.gcode.3mf`` of ``print.gcode.3mf``."""
    return name[name.index(".") :]


def waiting_of(job: Job) -> Waiting:
    """Return a job that waits for a printer, as it stands in line."""
    may_move = not job.given.is_gcode
    return Waiting(needs_of(job), job.created_at, job.priority, may_move)


def why_they_wait(
    jobs: Iterable[Job], offers: Sequence[Offer], now: datetime
) -> dict[int, Because]:
    """Return the sentence that every display shows for each job that waits, by its number.

    Args:
        jobs: all that are not over: who waits for a printer waits for the others, too.
        offers: the printers.
        now: the wall clock.
    """
    found = list(jobs)
    return reasons_in(turns_of(found, offers, now), found, offers)


def reasons_in(line: Turns, found: Sequence[Job], offers: Sequence[Offer]) -> dict[int, Because]:
    """Return the same, when the pass over all jobs that wait has been made."""
    anew = {
        number: Because(ANEW, f"It is made ready anew: {why}.")
        for number, why in line.moves.items()
    }
    others = ((job.number, _own_reason(job, offers)) for job in found if not _waits(job))
    own = {number: why for number, why in others if why is not None}
    said = {**line.reasons, **anew, **own}
    return {number: why.of(number) for number, why in said.items()}


def why_not_there(job: Job, offers: Sequence[Offer]) -> dict[str, Because]:
    """Return why each printer does not take a job that waits for one; who would is left out.

    The sentence of the best one is that of ``why_they_wait``; these are the rest of them.
    """
    if not _waits(job):
        return {}
    needs = needs_of(job)
    found = ((offer.name, why_not(needs, offer)) for offer in offers)
    return {name: why.of(job.number) for name, why in found if why is not None}


def turns_of(jobs: Sequence[Job], offers: Sequence[Offer], now: datetime) -> Turns:
    """Return whose turn it is among the jobs that wait for a printer."""
    waiting = [waiting_of(job) for job in jobs if _waits(job)]
    coming = sum(job.state is State.PRINTABLE for job in jobs)
    return turns(waiting, Hall(offers), now, coming=coming)


def _waits(job: Job) -> bool:
    return job.state is State.SLICED


def _own_reason(job: Job, offers: Sequence[Offer]) -> Because | None:
    if job.state is State.PRINTING and job.because is None:
        return _how_far(job, offers)
    return job.because


def _how_far(job: Job, offers: Sequence[Offer]) -> Because | None:
    """Return layer and time of a print that goes on, as the printer last said."""
    status = next((offer.row.status for offer in offers if offer.name == job.printer), None)
    if status is None or status.print_name != job.print_name:
        return None
    words = []
    if status.layer and status.layers:
        words.append(f"layer {status.layer} of {status.layers}")
    if status.remaining_s is not None:
        minutes = round(status.remaining_s / 60)
        words.append(f"about {_lasting(minutes)} left" if minutes else "nearly done")
    text = ", ".join(words)
    return Because(status.condition, f"{text[0].upper()}{text[1:]}.") if text else None


def _lasting(minutes: int) -> str:
    """Return how long something lasts: over an hour to within five minutes, such as 2 h 15 min."""
    if minutes < HOUR_MIN:
        return f"{minutes} min"
    hours, rest = divmod(round(minutes / ROUNDED_MIN) * ROUNDED_MIN, HOUR_MIN)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
