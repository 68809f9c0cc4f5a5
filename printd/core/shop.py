"""Jobs and printers brought together: what the printers offer now, and why a job waits.

The same for the daemon and for programs beside it, because both read it from the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from printd.core.config import Config
from printd.core.fleet import Fleet
from printd.core.given import Given
from printd.core.jobs import Because, Job, State
from printd.core.matching import Needs, Offer, PrinterClass, why_waiting


def offers_of(
    config: Config,
    fleet: Fleet,
    classes: Mapping[str, PrinterClass],
    now: datetime,
    confirmed_for: timedelta,
) -> list[Offer]:
    """Return the configured printers as they are now, in the order of the configuration.

    Args:
        config: names the printers.
        fleet: what the store remembers of them.
        classes: what each printer is, by its name.
        now: the wall clock.
        confirmed_for: for how long a cleared bed is trusted.
    """
    rows = fleet.all()
    offers = []
    for name, printer in config.printers.items():
        if name in rows and name in classes:
            row = rows[name]
            row = replace(row, bed=row.bed.trusted(now, confirmed_for))
            of = classes[name]
            what = (of.machine, of.profile, of.qualities, of.materials)
            offers.append(Offer(row, *what, has_bed=printer.has_bed))
    return offers


def needs_of(job: Job) -> Needs:
    """Return what a job asks of a printer, from what its steps have found out."""
    gcode = job.facts.get("gcode", {})
    profile = gcode.get("profile")
    if job.given is not Given.PHOTO:  # its verdict says that it fits such printers
        return Needs(job.number, (0.0, 0.0, 0.0), profile, str(gcode.get("material", "")))
    size = job.facts["model"]["size_mm"]
    material = str(job.settings.get("material", ""))
    asked = job.settings.get("print", {})
    return Needs(
        job.number,
        (size[0], size[1], size[2]),
        profile,
        material,
        quality=str(asked.get("quality", "")),
        copies=int(asked.get("copies_on_bed", 1)),
        brim_mm=float(asked.get("brim_mm", 0.0)),
    )


def why_it_waits(job: Job, offers: Sequence[Offer]) -> Because | None:
    """Return the sentence that every display shows for a job; None: nothing to say."""
    if job.state is State.SLICED:
        return why_waiting(needs_of(job), offers)
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
        words.append(f"about {minutes} min left" if minutes else "nearly done")
    text = ", ".join(words)
    return Because(status.condition, f"{text[0].upper()}{text[1:]}.") if text else None
