"""The queue, stopped by a person: nothing new is started until somebody lets it go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from printd.core.clock import from_text, to_text, utc_now
from printd.core.database import Database
from printd.core.jobs import Because
from printd.core.moments import stamp
from printd.core.moves import write_event

STANDING: Final = "queue_paused"  # its row among the notes that stand for the house


@dataclass(frozen=True, slots=True)
class Pause:
    """Who has paused the queue, since when, and why."""

    by: str
    since: datetime
    note: str = ""

    def because(self) -> Because:
        """Return the reason that every waiting job shows."""
        why = f": {self.note}" if self.note else ""
        return Because(
            "queue_paused",
            f"The queue is paused by {self.by} since {stamp(self.since)}{why}.",
            "Run `printd queue resume`.",
        )


class Pausing:
    """The pause in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(self) -> Pause | None:
        """Return the pause; None: the queue goes on."""
        row = self._database.row("SELECT * FROM standing WHERE name = ?", STANDING)
        return Pause(row["who"], from_text(row["at"]), row["value"]) if row else None

    def because(self) -> Because | None:
        """Return why nothing is started; None: the queue goes on."""
        pause = self.state()
        return pause.because() if pause else None

    def pause(self, *, by: str, note: str = "") -> Pause:
        """Start nothing new; what prints goes on. A pause that stands is kept as it is."""
        with self._database.write() as connection:
            now = to_text(utc_now())
            news = connection.execute(
                "INSERT OR IGNORE INTO standing(name, value, at, who) VALUES (?, ?, ?, ?)",
                (STANDING, note, now, by),
            ).rowcount
            if news:
                write_event(connection, None, "queue.paused", text=note, who=by)
        return self.state() or Pause(by, utc_now(), note)

    def resume(self, *, by: str) -> bool:
        """Let the queue go on; returns whether it was paused."""
        with self._database.write() as connection:
            was = connection.execute("DELETE FROM standing WHERE name = ?", (STANDING,)).rowcount
            if was:
                write_event(connection, None, "queue.resumed", who=by)
        return bool(was)
