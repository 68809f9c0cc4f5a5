"""The figures for Prometheus: what the store knows, in base units, with few labels.

Labels are names of printers, states, reasons; never numbers or names of jobs. Source: Prometheus
documentation, "Exposition formats", text format 0.0.4.
"""

from __future__ import annotations

import platform
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self

from printd import __version__
from printd.core.beds import BedState
from printd.core.board import Condition, PrinterStatus
from printd.core.database import Database
from printd.core.files import free_bytes
from printd.core.jobs import State
from printd.core.matching import Offer
from printd.web.tally import Histogram, Tally
from printd.web.tools import WebTools
from printd.web.view import Sight

OTHER: Final = "other"
SENSORS: Final = ("nozzle", "bed", "chamber")
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
Labels = Mapping[str, str]
Samples = Iterable[tuple[Labels, float]]
_FINISHED: Final = (
    "SELECT state, coalesce(printer, ''), source, count(*) FROM job INDEXED BY job_words"
    " WHERE state IN ('printed', 'failed', 'cancelled') GROUP BY 1, 2, 3"
)
_USED: Final = (
    "SELECT coalesce(printer, ''), coalesce(json_extract(facts, '$.gcode.material'), ''),"
    " total(json_extract(facts, '$.gcode.filament_g')),"
    " total(json_extract(facts, '$.gcode.print_time_s'))"
    " FROM job WHERE state = 'printed' GROUP BY 1, 2"
)
_PAID: Final = (
    "SELECT mesher, currency, sum(price_cents) FROM service_order"
    " WHERE state IN ('delivered', 'lost') GROUP BY 1, 2"
)
_DROPS: Final = "SELECT count(job), count(code) FROM drop_taken"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its name without the prefix, what it is, its samples."""

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    words: str
    samples: Iterable[tuple[str, Labels, float]]  # the end of the name, for histograms

    @classmethod
    def plain(cls, name: str, kind: Literal["gauge", "counter"], words: str, some: Samples) -> Self:
        """Return a metric whose samples all have its name."""
        return cls(name, kind, words, (("", labels, value) for labels, value in some))

    @classmethod
    def histogram(cls, name: str, words: str, seen: Histogram) -> Self:
        """Return a metric of seconds."""
        return cls(name, "histogram", words, seen.samples())

    def lines(self) -> Iterator[str]:
        """Return it as it is scraped."""
        name = f"printd_{self.name}"
        yield f"# HELP {name} {self.words}"
        yield f"# TYPE {name} {self.kind}"
        for end, labels, value in self.samples:
            said = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            yield f"{name}{end}{{{said}}} {value:.17g}" if said else f"{name}{end} {value:.17g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _materials(offer: Offer) -> Iterator[str]:
    yield from (offer.machine.material, *offer.materials)


def metrics(tools: WebTools, sight: Sight, tally: Tally) -> str:
    """Return all figures as text."""
    known = {word.casefold() for offer in sight.offers for word in _materials(offer)}
    families = [*_of_jobs(sight), *_of_history(tools.reading, known), *_of_printers(sight.offers)]
    families += [*_of_machine(tools), *_of_heat(tools.heard), *_of_tally(tally)]
    return "\n".join(line for family in families for line in family.lines()) + "\n"


def _of_jobs(sight: Sight) -> Iterator[Family]:
    yield Family.plain(
        "jobs", "gauge", "Jobs by state.", [({"state": s}, sight.counts[s]) for s in State]
    )
    waiting: dict[str, int] = {}
    for job in sight.jobs:
        why = sight.why(job) if job.state is State.SLICED else None
        if why is not None:
            waiting[why.code] = waiting.get(why.code, 0) + 1
    samples = [({"because": code}, count) for code, count in sorted(waiting.items())]
    yield Family.plain("jobs_waiting", "gauge", "Jobs that wait for a printer, by reason.", samples)


def _used(database: Database, known: Collection[str]) -> dict[tuple[str, str], tuple[float, float]]:
    """Return grams and seconds by printer and material; words of strangers' files are `other`."""
    sums: dict[tuple[str, str], tuple[float, float]] = {}
    for printer, material, filament_g, lasting_s in database.rows(_USED):
        key = printer, material if material.casefold() in known else OTHER
        before = sums.get(key, (0.0, 0.0))
        sums[key] = before[0] + filament_g, before[1] + lasting_s
    return sums


def _of_history(database: Database, known: Collection[str]) -> Iterator[Family]:
    finished = [
        ({"outcome": row[0], "printer": row[1], "source": row[2]}, row[3])
        for row in database.rows(_FINISHED)
    ]
    yield Family.plain("jobs_finished_total", "counter", "Jobs that are over.", finished)
    used = [
        ({"printer": printer, "material": material}, *much)
        for (printer, material), much in _used(database, known).items()
    ]
    grams = [(labels, filament_g) for labels, filament_g, _ in used]
    yield Family.plain(
        "filament_used_grams_total", "counter", "Filament of printed jobs, as sliced.", grams
    )
    seconds = [(labels, lasting_s) for labels, _, lasting_s in used]
    yield Family.plain(
        "print_seconds_total", "counter", "Time of printed jobs, as sliced.", seconds
    )
    paid = [({"mesher": row[0], "currency": row[1]}, row[2] / 100) for row in database.rows(_PAID)]
    yield Family.plain("mesher_cost_total", "counter", "What services have been paid.", paid)
    taken, refused = database.rows(_DROPS)[0]
    drops = [({"result": "accepted"}, taken), ({"result": "rejected"}, refused)]
    yield Family.plain("drop_files_total", "counter", "Files of the drop folder.", drops)


def _of_printers(offers: Iterable[Offer]) -> Iterator[Family]:
    found = {offer.name: offer for offer in offers}
    conditions = {name: _condition(offer) for name, offer in found.items()}
    up = [({"printer": n}, float(c is not Condition.OFFLINE)) for n, c in conditions.items()]
    yield Family.plain("printer_up", "gauge", "Whether the printer answers.", up)
    each = [
        ({"printer": name, "condition": one}, float(one is condition))
        for name, condition in conditions.items()
        for one in Condition
    ]
    yield Family.plain("printer_condition", "gauge", "What the printer does.", each)
    beds = [
        ({"printer": name}, float(offer.row.bed.state is BedState.CLEAR))
        for name, offer in found.items()
        if offer.has_bed
    ]
    yield Family.plain("printer_bed_clear", "gauge", "Whether the bed is known to be clear.", beds)
    service = [({"printer": n}, float(o.row.out_of_service is None)) for n, o in found.items()]
    yield Family.plain("printer_in_service", "gauge", "Whether the printer is in service.", service)
    for name, key, words in (
        ("print_progress_ratio", "progress", "How far the print is."),
        ("print_remaining_seconds", "remaining_s", "How long the print still takes."),
        ("print_layer", "layer", "The layer that is printed."),
        ("print_layers", "layers", "The layers of the print."),
    ):
        yield Family.plain(name, "gauge", words, [*_of_prints(found, key)])


def _of_prints(offers: Mapping[str, Offer], key: str) -> Iterator[tuple[Labels, float]]:
    for name, offer in offers.items():
        status = offer.row.status
        value = getattr(status, key) if status is not None else None
        if value is not None and _condition(offer) in (Condition.PRINTING, Condition.PAUSED):
            yield {"printer": name}, float(value)


def _condition(offer: Offer) -> Condition:
    return offer.row.status.condition if offer.row.status else Condition.OFFLINE


def _of_machine(tools: WebTools) -> Iterator[Family]:
    labels = {"version": __version__, "python": platform.python_version()}
    yield Family.plain("build_info", "gauge", "What runs.", [(labels, 1)])
    free, _ = free_bytes(tools.config.data_dir)
    yield Family.plain(
        "disk_free_bytes", "gauge", "Free where printd keeps its data.", [({}, free)]
    )
    size = tools.reading.path.stat().st_size
    yield Family.plain("db_bytes", "gauge", "Size of the database.", [({}, size)])
    scanned = tools.scanned_at
    if scanned is not None:
        yield Family.plain(
            "drop_last_scan_timestamp_seconds",
            "gauge",
            "When the drop folder was looked at last.",
            [({}, scanned.timestamp())],
        )


def _of_heat(found: Mapping[str, PrinterStatus | None]) -> Iterator[Family]:
    for name, ending, words in (
        ("temperature_celsius", "_c", "How hot it is."),
        ("temperature_target_celsius", "_target_c", "How hot it is to be; 0: it is off."),
    ):
        samples = [
            ({"printer": printer, "sensor": sensor}, celsius)
            for printer, status in found.items()
            if status is not None and status.condition is not Condition.OFFLINE
            for sensor in SENSORS
            if (celsius := getattr(status, f"{sensor}{ending}")) is not None
        ]
        yield Family.plain(name, "gauge", words, samples)


def _of_tally(tally: Tally) -> Iterator[Family]:
    for name, words, seen in (
        ("job_step_seconds", "How long jobs were in a state that they have left.", tally.steps),
        ("job_wait_seconds", "From a slice to its print.", tally.waits),
        ("mesher_seconds", "How long meshes took that were made.", tally.meshers),
        ("slicer_seconds", "How long slices took.", tally.slicers),
        ("http_request_seconds", "How long answers took to begin.", tally.answers),
    ):
        yield Family.histogram(name, words, seen)
    for name, words, counted in (
        ("mesher_requests_total", "Meshes that were ordered, by what came of them.", tally.orders),
        ("slicer_cache_hits_total", "Slices that had been made before.", tally.slices_kept),
    ):
        yield Family.plain(name, "counter", words, counted.samples())
