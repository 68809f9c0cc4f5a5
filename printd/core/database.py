"""The database file: opened, checked, migrated, and written in short synced transactions.

One daemon owns the data folder (``flock``); commands open the same file beside it. With
``synchronous=FULL`` a committed change survives a power cut; a forgotten mark would be a second
print. Source: SQLite manual, PRAGMA synchronous, WAL.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from printd.core.errors import (
    AlreadyRunning,
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseNewer,
    DiskFailed,
    DiskFull,
    FolderUnusable,
    PrintdError,
)
from printd.core.files import make_folder
from printd.core.locks import is_locked, take_lock
from printd.core.schema import MIGRATIONS

FILE = "printd.db"
LOCK = "lock"
NETWORK = ("nfs", "nfs4", "cifs", "smb3", "9p")
BUSY_S = 5.0  # a backup program may hold the file for so long


def mount_kind(folder: Path) -> str:
    """Return the kind of file system that holds ``folder``, such as ``ext4`` or ``nfs4``."""
    device = os.stat(folder).st_dev  # noqa: PTH116  st_dev is all that is asked for
    wanted = f"{os.major(device)}:{os.minor(device)}"
    kind = ""
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        fields = line.split()
        if fields[2] == wanted:
            kind = fields[fields.index("-") + 1]
    return kind


def is_network(folder: Path) -> bool:
    """Return whether ``folder`` lies on a share, where events and locks cannot be trusted."""
    kind = mount_kind(folder)
    return kind in NETWORK or kind.startswith("fuse")


def translate(error: sqlite3.Error, path: Path) -> PrintdError:
    """Return what an error of the database means to a person."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return DatabaseDamaged(f"The database {path} is damaged ({error}).")
    if name.startswith("SQLITE_FULL"):
        return DiskFull(f"No room left on the disk for the database {path.name}.")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseBusy(f"Another program has locked the database {path.name}.")
    return DiskFailed(f"The database {path} cannot be written ({error}).")


def inspect(path: Path, *, thoroughly: bool) -> int:
    """Return the version of the database at ``path``; not one byte of it is changed.

    Reads only: a connection that may write folds the log into the file when it is closed. One
    exception: what a cut-off transaction of the first start has left is undone.

    Raises:
        DatabaseNewer: its version is not known here.
        DatabaseDamaged: its pages do not fit together; looked at only ``thoroughly``.
        sqlite3.Error: it cannot be read.
    """
    # A journal is of a first start that was cut off: nothing can be read before it is rolled back.
    mode = "rw" if path.with_name(f"{path.name}-journal").exists() else "ro"
    with closing(
        sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True)
    ) as connection:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise DatabaseNewer(
                f"The database {path} has version {version}; "
                f"this printd knows versions up to {len(MIGRATIONS)}."
            )
        problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0] if thoroughly else "ok"
        if problem != "ok":
            words = " ".join(str(problem).replace("*", "").split())
            raise DatabaseDamaged(f"The database {path} is damaged ({words}).")
    return version


class Database:
    """One connection, shared by the threads of a program, one transaction at a time."""

    def __init__(self, path: Path, busy_s: float = BUSY_S) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        if path.exists() and not path.is_file():
            raise FolderUnusable(f"The database {path} is no file.")
        self._connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=busy_s
        )
        self._connection.row_factory = sqlite3.Row

    def prepare(self, keep: Callable[[int], object] = lambda _version: None) -> None:
        """Check the file and bring it to this version's tables.

        Args:
            keep: called with the version of an older file before that is changed.

        Raises:
            DatabaseDamaged, DatabaseNewer: the file is left as it was found.
        """
        try:
            version = inspect(self.path, thoroughly=True)
            if 0 < version < len(MIGRATIONS):
                keep(version)
            self._settle()
            self._migrate(version)
        except sqlite3.Error as error:
            self.close()
            raise translate(error, self.path) from error
        except PrintdError:
            self.close()
            raise

    def use(self) -> None:
        """Open a file that the daemon has prepared, beside it.

        Raises:
            DatabaseNewer, DatabaseDamaged: not of this version.
        """
        try:
            version = inspect(self.path, thoroughly=False)
            if version < len(MIGRATIONS):
                raise DatabaseDamaged(
                    f"The database {self.path} is of an older version.",
                    action="Start `printd run` once; it brings the database up to date.",
                )
            self._settle()
        except sqlite3.Error as error:
            self.close()
            raise translate(error, self.path) from error
        except PrintdError:
            self.close()
            raise

    def _settle(self) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "trusted_schema=OFF",
            "cell_size_check=ON",
        ):
            self._connection.execute(f"PRAGMA {pragma}").fetchall()

    def _migrate(self, version: int) -> None:
        if version == len(MIGRATIONS):
            return
        with self.write() as connection:
            for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
                for statement in filter(None, (part.strip() for part in script.split(";\n"))):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={number}")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Open one synced transaction; it is committed at the end, or nothing of it is there.

        Inside another ``write`` of the same thread it is part of that one.

        Raises:
            DiskFull: no room; nothing was changed.
            DiskFailed: the disk did not take it; the program must not go on.
        """
        with self._lock:
            self._depth += 1
            try:
                if self._depth > 1:
                    yield self._connection
                    return
                yield from self._outermost()
            except sqlite3.IntegrityError:
                raise  # a rule of the tables said no: the caller knows which
            except sqlite3.Error as error:
                raise translate(error, self.path) from error
            finally:
                self._depth -= 1

    def _outermost(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """Return the rows of a query."""
        with self._lock:
            try:
                return self._connection.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise translate(error, self.path) from error

    def row(self, query: str, *values: Any) -> sqlite3.Row | None:
        """Return the first row of a query."""
        found = self.rows(query, *values)
        return found[0] if found else None

    def changes(self) -> tuple[int, int]:
        """Return numbers that differ after this or another program has written."""
        with self._lock:
            return self._connection.total_changes, self.changed_by_others()

    def changed_by_others(self) -> int:
        """Return a number that differs after another program has committed."""
        found = self.row("PRAGMA data_version")
        return int(found[0]) if found else 0

    def close(self) -> None:
        """Close the connection; the last one folds the log into the file."""
        with self._lock:
            self._connection.close()


def own_folder(data_dir: Path) -> int:
    """Take the data folder for this daemon; returns the descriptor that holds the lock.

    Raises:
        AlreadyRunning: another daemon has it.
        FolderUnusable: it cannot be made or written, or lies on a network share.
    """
    try:
        make_folder(data_dir)
        if is_network(data_dir):
            raise FolderUnusable(
                f"The data folder {data_dir} lies on {mount_kind(data_dir)}; "
                "the database needs a local disk.",
                action="Name a local folder as `data_dir`.",
            )
        return take_lock(data_dir / LOCK, f"{os.getpid()}\n")
    except BlockingIOError as error:
        owner = error.args[1]
        raise AlreadyRunning(
            f"Another printd (process {owner}) owns the data folder {data_dir}."
        ) from error
    except OSError as error:
        raise FolderUnusable(
            f"The data folder {data_dir} cannot be used: {error.strerror or error}."
        ) from error


def is_owned(data_dir: Path) -> bool:
    """Return whether a daemon runs on ``data_dir``."""
    return is_locked(data_dir / LOCK)
