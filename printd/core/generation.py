"""Whether the database is the newest there is: a word in it and in a file beside it.

Both change together when a database is restored. A database that was put back by hand, or lost
its last days with a disk, has another word than the file, or fewer events than the file has
noted: it is older than the world. Source: reliability rules on backups.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from printd.core.clock import to_text, utc_now
from printd.core.database import Database
from printd.core.files import disk_problem, sync_file, sync_folder
from printd.core.restored import hold_everything

FILE: Final = "generation"
STANDING: Final = "generation"  # its row among the notes that stand for the house
NOTED_EVERY: Final = 100  # events


@dataclass(frozen=True, slots=True)
class _Noted:
    """What the file says."""

    word: str
    events: int


class Generation:
    """The word of one data folder."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        self._database = database
        self._file = data_dir / FILE
        self._noted_events = 0

    def check(self) -> int | None:
        """Hold everything if the database is older than the world.

        Returns:
            How many jobs are held; None: the database is the newest.

        Raises:
            DiskFull, DiskFailed: the file cannot be written.
        """
        noted, word = _read(self._file), self._word()
        if word is None and noted is None:
            self.renew()
            return None
        why = self._why_old(noted, word)
        held = None
        if why is not None:
            with self._database.write() as connection:
                held = hold_everything(connection, why)
        if why is not None or word is None:
            self.renew()
        else:
            self._write(word)
        return held

    def _why_old(self, noted: _Noted | None, word: str | None) -> str | None:
        if noted is None:
            return "The database came here without the file beside it."
        if word is not None and word != noted.word:
            return "The database is not the one that was here before."
        if noted.events > self._events():
            return "The database is older than what has been done here since."
        return None

    def renew(self) -> None:
        """Take a new word: the database is another one from now on.

        The file comes first: cut off in between, the next start finds another word, and holds.
        """
        word = secrets.token_hex(8)
        self._write(word)
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO standing(name, value, at, who) VALUES (?, ?, ?, 'printd')",
                (STANDING, word, to_text(utc_now())),
            )

    def note(self) -> None:
        """Note in the file how many events there are, if that are many more than it says."""
        word = self._word()
        if word is not None and self._events() - self._noted_events >= NOTED_EVERY:
            self._write(word)

    def _write(self, word: str) -> None:
        self._noted_events = self._events()
        content = json.dumps({"generation": word, "events": self._noted_events}).encode()
        part = self._file.with_name(f"{FILE}.part")
        try:
            part.unlink(missing_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(content)
                out.flush()
                sync_file(out.fileno(), part)
            part.replace(self._file)
        except OSError as error:
            raise disk_problem(error, self._file) from error
        sync_folder(self._file.parent)

    def _word(self) -> str | None:
        row = self._database.row("SELECT value FROM standing WHERE name = ?", STANDING)
        return str(row[0]) if row else None

    def _events(self) -> int:
        row = self._database.row("SELECT max(seq) FROM event")
        return int(row[0] or 0) if row else 0


def _read(file: Path) -> _Noted | None:
    """Return what the file says; one that says nothing sensible is as good as none."""
    try:
        values: Any = json.loads(file.read_bytes())
        return _Noted(str(values["generation"]), int(values["events"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
