"""What a person asks of the daemon from another program: rows that only the daemon acts upon.

A command writes a row and waits for its answer; the daemon sees the row within half a second. If
no daemon runs, the row stays and is done at the next start.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from printd.core.clock import from_text, to_text, utc_now
from printd.core.database import Database
from printd.core.errors import DaemonAway, PrintdError
from printd.core.jobs import for_job

log = logging.getLogger(__name__)
POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Request:
    """One thing asked: a verb, its arguments, who asked."""

    seq: int
    at: datetime
    verb: str
    args: Mapping[str, Any]
    who: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request; ``code`` is None when it was done."""

    code: str | None
    values: Mapping[str, Any]


class Requests:
    """The rows of requests in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def post(self, verb: str, args: Mapping[str, Any], *, who: str) -> int:
        """Write a request, synced; returns its number."""
        with self._database.write() as connection:
            row = connection.execute(
                "INSERT INTO request(at, who, verb, args) VALUES (?, ?, ?, ?)",
                (to_text(utc_now()), who, verb, json.dumps(dict(args))),
            )
            return int(row.lastrowid or 0)

    def open(self, verbs: Collection[str]) -> list[Request]:
        """Return what has been asked and not been done, oldest first."""
        rows = self._database.rows("SELECT * FROM request WHERE done_at IS NULL ORDER BY seq")
        return [
            Request(
                row["seq"],
                from_text(row["at"]),
                row["verb"],
                json.loads(row["args"]),
                row["who"],
            )
            for row in rows
            if row["verb"] in verbs
        ]

    def done(self, request: Request, values: Mapping[str, Any]) -> None:
        """Answer that it was done; in the transaction that did it."""
        self._answer(request, None, values)

    def refused(self, request: Request, error: PrintdError) -> None:
        """Answer why it was not done."""
        job = request.args.get("job")
        action = for_job(error.action, job) if isinstance(job, int) else error.action
        words = {"problem": error.problem, "action": action, "exit_code": error.exit_code}
        # Whoever asked while the daemon did not run does not wait for an answer any more.
        log.info("%s, asked by %s: %s", request.verb, request.who, error.problem)
        self._answer(request, error.code, words)

    def _answer(self, request: Request, code: str | None, values: Mapping[str, Any]) -> None:
        with self._database.write() as connection:
            connection.execute(
                "UPDATE request SET done_at = ?, code = ?, answer = ? WHERE seq = ?",
                (to_text(utc_now()), code, json.dumps(dict(values)), request.seq),
            )

    def answer(self, seq: int) -> Answer | None:
        """Return what came of a request; None: not yet."""
        row = self._database.row("SELECT * FROM request WHERE seq = ?", seq)
        return _answer_of(row) if row is not None and row["done_at"] else None

    def wait(self, seq: int, timeout_s: float) -> Answer:
        """Wait for the daemon's answer.

        Raises:
            DaemonAway: none came in time; the request stays and is done later.
        """
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            found = self.answer(seq)
            if found is not None:
                return found
            time.sleep(POLL_S)
        raise DaemonAway(f"printd has not answered within {timeout_s:.0f} s.")


def _answer_of(row: sqlite3.Row) -> Answer:
    return Answer(row["code"], json.loads(row["answer"] or "{}"))
