"""Tickets of the kiosk: who has the word of one sees its job, and may take it back.

The store keeps the hash of the word. A ticket follows its job: to the one that was made of it when
it had failed, and to its copies.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from printd.core.clock import from_text, to_text, utc_now
from printd.core.database import Database
from printd.core.names import display_name
from printd.web.problems import TicketGone

WORD_BYTES: Final = 16  # 128 bits
NAME_CHARACTERS: Final = 24  # on the wall


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a visitor takes along."""

    sha256: str
    job: int
    deletes_photo: bool
    shown_name: str  # that may stand on the wall; "": none
    made_at: datetime


class Tickets:
    """The tickets in the store.

    Args:
        reading: a connection that only reads.
        writing: one that writes.
        word: makes a new one.
        changed: told the number of a job when one of its tickets has changed.
    """

    def __init__(
        self,
        reading: Database,
        writing: Database,
        word: Callable[[], str] = lambda: secrets.token_urlsafe(WORD_BYTES),
        changed: Callable[[int], None] = lambda _job: None,
    ) -> None:
        self._reading = reading
        self._writing = writing
        self._word = word
        self._changed = changed

    def make(self, job: int, shown_name: str = "") -> str:
        """Return the word of a new ticket; the photo is deleted after printing unless told not to.

        Args:
            job: its number.
            shown_name: that may stand on the wall.
        """
        word = self._word()
        with self._writing.write() as connection:
            connection.execute(
                "INSERT INTO ticket(sha256, job, delete_photo, made_at, shown_name)"
                " VALUES (?, ?, 1, ?, ?)",
                (
                    _hash_of(word),
                    job,
                    to_text(utc_now()),
                    display_name(shown_name, NAME_CHARACTERS),
                ),
            )
        self._changed(job)
        return word

    def get(self, word: str) -> Ticket:
        """Return a ticket.

        Raises:
            TicketGone: nobody has such a one.
        """
        row = self._reading.row("SELECT * FROM ticket WHERE sha256 = ?", _hash_of(word))
        if row is None:
            raise TicketGone("This ticket is not known here.")
        return Ticket(
            row["sha256"],
            row["job"],
            bool(row["delete_photo"]),
            row["shown_name"],
            from_text(row["made_at"]),
        )

    def wish(self, ticket: Ticket, *, deletes_photo: bool) -> None:
        """Note whether the photo is to be deleted when the job is over."""
        with self._writing.write() as connection:
            connection.execute(
                "UPDATE ticket SET delete_photo = ? WHERE sha256 = ?",
                (int(deletes_photo), ticket.sha256),
            )
        self._changed(ticket.job)

    def job_now(self, ticket: Ticket) -> int:
        """Return the number of the job that counts: the newest that was made of its picture."""
        number = ticket.job
        while True:
            row = self._reading.row(
                "SELECT max(next.number) FROM job AS next JOIN job ON next.again_of = job.number"
                " WHERE job.number = ? AND job.state IN ('failed', 'cancelled')",
                number,
            )
            if row is None or row[0] is None:
                return number
            number = int(row[0])

    def shown_names(self) -> dict[int, str]:
        """Return the names that may stand on the wall, by the numbers of jobs."""
        rows = self._reading.rows("SELECT job, shown_name FROM ticket WHERE shown_name != ''")
        return {row["job"]: row["shown_name"] for row in rows}


def _hash_of(word: str) -> str:
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).hexdigest()
