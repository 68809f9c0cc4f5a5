"""The database file: durable, one transaction at a time, never changed when it is refused."""

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from printd.core.database import (
    FILE,
    Database,
    is_network,
    is_owned,
    mount_kind,
    own_folder,
)
from printd.core.errors import (
    AlreadyRunning,
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseNewer,
    DiskFailed,
    DiskFull,
    FolderUnusable,
    StartupError,
)
from printd.core.schema import MIGRATIONS
from tests.peers.disks import files_of_at_most, small_disk

INSERT = "INSERT INTO drop_taken(fingerprint, at) VALUES (?, '')"
Opened = Callable[[], Database]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / FILE
    database = Database(made)
    database.prepare()
    database.close()
    return made


@pytest.fixture
def opened(path: Path) -> Iterator[Opened]:
    """Opens the file, once more each time; all are closed after the test."""
    with ExitStack() as stack:

        def open_it() -> Database:
            database = Database(path)
            stack.callback(database.close)
            database.use()
            return database

        yield open_it


def files_of(folder: Path) -> dict[str, str]:
    """Return what is stored in a folder: an empty log says nothing, -shm is only an index."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if not path.name.endswith("-shm") and path.stat().st_size
    }


def fingerprints(database: Database) -> list[str]:
    return [row[0] for row in database.rows("SELECT fingerprint FROM drop_taken ORDER BY 1")]


def insert(database: Database, *names: str) -> None:
    """Write each name in a transaction of its own, or in that of the caller."""
    for name in names:
        with database.write() as connection:
            connection.execute(INSERT, (name,))


def raw(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


# What protects a commit.


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),  # FULL
        ("foreign_keys", 1),
        ("trusted_schema", 0),
        ("cell_size_check", 1),
    ],
)
def test_every_connection_is_set_so_that_a_commit_lasts(
    path: Path, opened: Opened, pragma: str, value: object
) -> None:
    for database in (Database(path), opened()):
        database.prepare()
        row = database.row(f"PRAGMA {pragma}")
        assert row is not None
        assert row[0] == value
        database.close()


def test_a_commit_is_there_after_sigkill(path: Path, opened: Opened) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path;"
        "from printd.core.database import Database;"
        "database = Database(Path(sys.argv[1])); database.use();"
        "write = database.write();"
        f"write.__enter__().execute({INSERT!r}, ('kept',)); write.__exit__(None, None, None);"
        f"write = database.write(); write.__enter__().execute({INSERT!r}, ('lost',));"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert fingerprints(opened()) == ["kept"]


def test_a_write_within_a_write_is_one_transaction(opened: Opened) -> None:
    database = opened()
    with pytest.raises(sqlite3.IntegrityError), database.write():
        insert(database, "outer", "inner", "outer")
    assert fingerprints(database) == []
    with database.write():
        insert(database, "outer", "inner")
    assert fingerprints(opened()) == ["inner", "outer"]


def test_nothing_of_a_transaction_is_seen_before_its_end(opened: Opened) -> None:
    database, other = opened(), opened()
    with database.write() as connection:
        connection.execute(INSERT, ("a",))
        assert fingerprints(other) == []
    assert fingerprints(other) == ["a"]


def test_threads_write_one_after_the_other(opened: Opened) -> None:
    database = opened()

    def write(name: str) -> None:
        for number in range(5):
            with database.write() as connection:
                connection.execute(INSERT, (f"{name}{number}",))

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fingerprints(database)) == 20


def test_a_rule_of_the_tables_is_the_callers_business(opened: Opened) -> None:
    database = opened()
    with database.write() as connection:
        connection.execute(INSERT, ("a",))
    with pytest.raises(sqlite3.IntegrityError), database.write():
        insert(database, "b", "a")
    assert fingerprints(database) == ["a"]


# Versions.


def test_a_new_file_gets_every_migration(opened: Opened) -> None:
    row = opened().row("PRAGMA user_version")
    assert row is not None
    assert row[0] == len(MIGRATIONS)


def test_only_missing_migrations_run(
    path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = "CREATE TABLE added (a TEXT);\nCREATE INDEX added_a ON added(a)"
    monkeypatch.setattr("printd.core.database.MIGRATIONS", (*MIGRATIONS, again))
    with pytest.raises(DatabaseDamaged, match="older version") as refused:
        opened()
    assert "printd run" in refused.value.action
    for _ in range(2):
        database = Database(path)
        database.prepare()
        assert database.rows("SELECT * FROM added") == []
        database.close()


def test_a_migration_that_fails_leaves_the_file_at_its_version(
    path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = "CREATE TABLE added (a TEXT);\nCREATE TABLE added (a TEXT)"
    monkeypatch.setattr("printd.core.database.MIGRATIONS", (*MIGRATIONS, broken))
    with pytest.raises(StartupError):
        Database(path).prepare()
    monkeypatch.undo()
    database = opened()
    assert database.rows("SELECT name FROM sqlite_master WHERE name = 'added'") == []


@pytest.mark.parametrize("word", ["prepare", "use"])
def test_a_database_of_a_newer_printd_is_refused_and_not_touched(path: Path, word: str) -> None:
    raw(path, "PRAGMA user_version = 99")
    before = files_of(path.parent)
    database = Database(path)
    with pytest.raises(DatabaseNewer, match="has version 99") as refused:
        getattr(database, word)()
    database.close()
    assert refused.value.exit_code == 78
    assert files_of(path.parent) == before


@pytest.mark.parametrize("word", ["prepare", "use"])
def test_the_log_that_a_killed_newer_printd_left_is_not_folded_in(path: Path, word: str) -> None:
    program = (
        "import os, signal, sqlite3, sys; connection = sqlite3.connect(sys.argv[1]);"
        "connection.execute('PRAGMA user_version = 99'); connection.commit();"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    before = files_of(path.parent)
    assert f"{FILE}-wal" in before
    database = Database(path)
    with pytest.raises(DatabaseNewer):
        getattr(database, word)()
    database.close()
    assert files_of(path.parent) == before


# Damage.


@pytest.mark.parametrize("damage", ["not a database", "a page overwritten", "cut short"])
def test_a_damaged_database_is_refused_and_not_touched(path: Path, damage: str) -> None:
    content = bytearray(path.read_bytes())
    if damage == "not a database":
        content[:] = b"photos: 17, thanks\n" * 400
    elif damage == "a page overwritten":
        content[4096:8192] = os.urandom(4096)
    else:
        del content[len(content) // 2 :]
    path.write_bytes(content)
    before = files_of(path.parent)
    database = Database(path)
    with pytest.raises(DatabaseDamaged, match=FILE) as refused:
        database.prepare()
    database.close()
    assert refused.value.exit_code == 78
    assert "\n" not in refused.value.problem
    assert files_of(path.parent) == before


# The disk.


def test_a_full_disk_changes_nothing_and_passes(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "600k") as disk:
        database = Database(disk / FILE)
        database.prepare()
        names = [f"{number:04}" * 200 for number in range(10_000)]
        with pytest.raises(DiskFull):
            insert(database, *names)
        written = fingerprints(database)
        assert written == names[: len(written)]
        assert len(written) > 0
        row = database.row("PRAGMA integrity_check")
        assert row is not None
        assert row[0] == "ok"
        database.close()


def test_a_write_that_the_disk_refuses_ends_the_program_and_changes_nothing(
    path: Path, opened: Opened
) -> None:
    database = opened()
    with database.write() as connection:
        connection.execute(INSERT, ("before",))
    log_bytes = path.with_name(f"{FILE}-wal").stat().st_size
    with files_of_at_most(log_bytes), pytest.raises(DiskFailed) as failed:
        insert(database, "lost")
    assert failed.value.exit_code == 74
    assert fingerprints(database) == ["before"]


# The folder.


def test_one_daemon_owns_a_data_folder(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert not is_owned(data)
    lock = own_folder(data)
    assert is_owned(data)
    assert data.stat().st_mode & 0o777 == 0o700
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}") as refused:
        own_folder(data)
    assert refused.value.exit_code == 69
    os.close(lock)
    assert not is_owned(data)
    os.close(own_folder(data))


def test_a_data_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(FolderUnusable, match="cannot be used"):
        own_folder(tmp_path / "data")


@pytest.mark.parametrize(
    ("kind", "is_share"),
    [
        ("nfs4", True),
        ("cifs", True),
        ("9p", True),
        ("fuse.sshfs", True),
        ("ext4", False),
        ("tmpfs", False),
    ],
)
def test_a_data_folder_on_a_share_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, is_share: bool
) -> None:
    monkeypatch.setattr("printd.core.database.mount_kind", lambda folder: kind)
    assert is_network(tmp_path) is is_share
    if is_share:
        with pytest.raises(FolderUnusable, match=f"lies on {kind}"):
            own_folder(tmp_path)


def test_the_kind_of_a_mount_is_read_from_the_kernel(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        assert mount_kind(disk) == "tmpfs"


def test_a_database_locked_by_another_program_is_waited_for_and_then_said(tmp_path: Path) -> None:
    ours = Database(tmp_path / FILE, busy_s=0.05)
    ours.prepare()
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseBusy), ours.write():
        pass

    other.execute("ROLLBACK")
    with ours.write() as connection:
        connection.execute("INSERT INTO event(at, kind) VALUES ('', 'after')")
    other.close()
    ours.close()
