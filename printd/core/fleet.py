"""What the store remembers of each printer: its last condition, its service, its progress.

Written by the monitor when something changes (progress at most every 10 s); read by matching and
by every display, also of programs beside the daemon.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Flag, auto

from printd.core.beds import Bed, bed_of, note
from printd.core.board import Condition, PrinterStatus
from printd.core.clock import from_text, to_text
from printd.core.database import Database
from printd.core.errors import NoSuchPrinter
from printd.core.jobs import State
from printd.core.loaded import Configured, Loaded
from printd.core.spools import Spools

STARTING = frozenset({State.ASSIGNED, State.UPLOADED})
PROGRESS_EVERY = timedelta(seconds=10)


class News(Flag):
    """What is new in the words of a printer."""

    CONDITION = auto()  # what it does, which print it shows, what it complains of
    FITTED = auto()  # its spools, its nozzles, a fault on its display


@dataclass(frozen=True, slots=True)
class PrinterRow:
    """One printer as the store last saw it."""

    name: str
    bed: Bed
    status: PrinterStatus | None  # None: never heard of
    seen_at: datetime | None
    out_of_service: str | None  # the note, when it is out of service
    job: int | None  # the job of ours that has it
    is_starting: bool = False  # that job is on its way there
    started_at: datetime | None = None  # when a start was last asked of it
    loaded: Loaded | None = None  # what a person says of it; None: the configuration's word holds


class Fleet:
    """The printer rows of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def database(self) -> Database:
        """Where the rows are."""
        return self._database

    def all(self) -> dict[str, PrinterRow]:
        """Return every printer by name."""
        rows = self._database.rows(
            "SELECT printer.*, job.number AS job, job.state AS job_state FROM printer"
            " LEFT JOIN job"
            " ON job.printer = printer.name"
            " AND (job.state IN ('assigned', 'uploaded', 'printing') OR job.in_doubt)"
            " ORDER BY printer.name"
        )
        return {row["name"]: _printer_of(row) for row in rows}

    def get(self, printer: str) -> PrinterRow:
        """Return one printer.

        Raises:
            NoSuchPrinter: the store has none of this name.
        """
        found = self.all().get(printer)
        if found is None:
            raise NoSuchPrinter(f"No printer is called {printer!r}.")
        return found

    def saw(self, printer: str, status: PrinterStatus, now: datetime) -> News:
        """Keep what a printer has said; returns what of it is new, progress left out."""
        before = self.get(printer)
        known = before.status
        news = _news(known, status)
        moved = known is None or _progress(known) != _progress(status)
        stale = before.seen_at is None or now - before.seen_at >= PROGRESS_EVERY
        if news or (moved and stale):
            is_back = known is not None and known.condition is Condition.OFFLINE
            self._write(printer, status, now, news, is_back=is_back)
        return news

    def _write(
        self, printer: str, status: PrinterStatus, now: datetime, news: News, *, is_back: bool
    ) -> None:
        with self._database.write() as connection:
            connection.execute(
                "UPDATE printer SET condition = ?, print_name = ?, progress = ?, layer = ?,"
                " layers = ?, remaining_s = ?, trouble = ?, spools = ?, nozzles_mm = ?, fault = ?,"
                " seen_at = ? WHERE name = ?",
                (
                    *(status.condition, status.print_name, status.progress, status.layer),
                    *(status.layers, status.remaining_s, status.trouble),
                    *(status.spools and status.spools.as_text(), json.dumps(status.nozzles_mm)),
                    *(status.fault, to_text(now), printer),
                ),
            )
            if News.CONDITION in news:
                words = filter(None, (status.condition, status.print_name, status.trouble))
                kind = "printer.online" if is_back else "printer.condition"
                note(connection, printer, kind, " ".join(words), "printd")
            if News.FITTED in news and status.spools is not None:
                spools = (*status.spools.trays, *status.spools.external)
                note(connection, printer, "printer.loaded", "; ".join(map(str, spools)), "printd")

    def out_of_service(self, printer: str, reason: str | None, *, who: str) -> None:
        """Take a printer out of service with a note, or (None) put it back."""
        self.get(printer)
        with self._database.write() as connection:
            connection.execute(
                "UPDATE printer SET out_of_service = ? WHERE name = ?", (reason, printer)
            )
            text = "back in service" if reason is None else f"out of service: {reason}"
            note(connection, printer, "printer.service", text, who)

    def words(self) -> dict[str, Loaded]:
        """Return what people say is loaded, by printer."""
        return {name: row.loaded for name, row in self.all().items() if row.loaded is not None}

    def load(self, printer: str, word: Loaded) -> None:
        """Keep what a person says is loaded in a printer."""
        self.get(printer)
        with self._database.write() as connection:
            connection.execute(
                "UPDATE printer SET loaded_material = ?, loaded_colour = ?, loaded_by = ?,"
                " loaded_at = ?, loaded_over = ? WHERE name = ?",
                (
                    *(word.material, word.colour, word.by, to_text(word.at)),
                    *(word.over.as_text(), printer),
                ),
            )
            note(connection, printer, "printer.loaded", str(word), word.by)

    def forget_words(self, printers: Collection[str]) -> None:
        """Let the configuration say again what is loaded."""
        if not printers:
            return
        with self._database.write() as connection:
            for name in sorted(printers):
                connection.execute(
                    "UPDATE printer SET loaded_material = NULL WHERE name = ?", (name,)
                )
                note(connection, name, "printer.loaded", "as the configuration says", "printd")

    def told(self, printer: str, words: str, *, who: str) -> None:
        """Keep in its history what a person has told a printer: ``to pause #41``."""
        with self._database.write() as connection:
            note(connection, printer, "printer.told", f"told {words}", who)


def _news(before: PrinterStatus | None, now: PrinterStatus) -> News:
    """Say what is kept at once; how full a spool is, is progress."""
    news = News(0)
    if before is None or _said(before) != _said(now):
        news |= News.CONDITION
    if _fitted(before or PrinterStatus(now.condition)) != _fitted(now):
        news |= News.FITTED
    return news


def _said(status: PrinterStatus) -> tuple[object, ...]:
    return status.condition, status.print_name, status.trouble


def _fitted(status: PrinterStatus) -> tuple[object, ...]:
    return status.spools and status.spools.as_loaded, status.nozzles_mm, status.fault


def _progress(status: PrinterStatus) -> tuple[object, ...]:
    return status.progress, status.layer, status.spools


def _printer_of(row: sqlite3.Row) -> PrinterRow:
    status = None
    if row["condition"]:
        status = PrinterStatus(
            Condition(row["condition"]),
            row["print_name"],
            row["progress"],
            row["layer"],
            row["layers"],
            row["remaining_s"],
            trouble=row["trouble"],
            spools=Spools.of_text(row["spools"]) if row["spools"] else None,
            nozzles_mm=tuple(json.loads(row["nozzles_mm"])),
            fault=row["fault"],
        )
    seen_at = from_text(row["seen_at"]) if row["seen_at"] else None
    return PrinterRow(
        row["name"],
        bed_of(row),
        status,
        seen_at,
        row["out_of_service"],
        row["job"],
        is_starting=row["job_state"] in STARTING,
        started_at=from_text(row["started_at"]) if row["started_at"] else None,
        loaded=_word_of(row),
    )


def _word_of(row: sqlite3.Row) -> Loaded | None:
    if row["loaded_material"] is None:
        return None
    return Loaded(
        row["loaded_material"],
        row["loaded_colour"],
        row["loaded_by"],
        from_text(row["loaded_at"]),
        Configured.of_text(row["loaded_over"]),
    )
