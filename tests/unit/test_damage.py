"""What is said of a database that cannot be worked with, and which copy is named."""

import os
from pathlib import Path

import pytest

from printd.core.damage import NOTE, look, noted, put_note, remedy, remove_note, safe_mode
from printd.core.database import FILE, own_folder
from printd.core.errors import DatabaseDamaged, DatabaseNewer, DatabaseUnusable
from printd.core.generation import FILE as GENERATION
from printd.core.schema import MIGRATIONS
from printd.core.snapshots import FOLDER

DAMAGED = DatabaseDamaged("The database is damaged.")
NEWER = DatabaseNewer("The database has version 999.")


def copy(folder: Path, name: str, age: int) -> None:
    """Put a copy there that is ``age`` days younger than the first."""
    file = folder / FOLDER / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"a copy")
    os.utime(file, (age * 86400.0, age * 86400.0))


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    copy(tmp_path, f"before-upgrade-1970-01-02-v{len(MIGRATIONS) - 1}.db", 1)
    copy(tmp_path, f"before-upgrade-1970-01-04-v{len(MIGRATIONS) + 1}.db", 3)
    copy(tmp_path, "printd-1970-01-05.db", 4)
    return tmp_path


@pytest.mark.parametrize(
    ("error", "named"),
    [(DAMAGED, "printd-1970-01-05.db"), (NEWER, f"1970-01-02-v{len(MIGRATIONS) - 1}.db")],
)
def test_the_newest_copy_that_this_version_can_use_is_named(
    copies: Path, error: DatabaseUnusable, named: str
) -> None:
    assert f"{named}`" in remedy(error, copies)


@pytest.mark.parametrize("error", [DAMAGED, NEWER])
def test_without_a_copy_the_command_is_named_all_the_same(
    tmp_path: Path, error: DatabaseUnusable
) -> None:
    assert "`printd restore BACKUP`" in remedy(error, tmp_path)


def test_what_knows_better_is_not_overruled(tmp_path: Path) -> None:
    older = DatabaseDamaged("It is of an older version.", action="Start `printd run` once.")
    assert remedy(older, tmp_path) == older.action


def test_an_empty_file_is_damage_only_where_it_was_used(tmp_path: Path) -> None:
    look(tmp_path)
    (tmp_path / FILE).write_bytes(b"")
    look(tmp_path)  # a first start that was cut off leaves it so
    (tmp_path / GENERATION).write_bytes(b"{}")
    with pytest.raises(DatabaseDamaged, match="empty"):
        look(tmp_path)


def test_a_note_counts_only_while_its_daemon_has_the_folder(tmp_path: Path) -> None:
    why = safe_mode(DAMAGED, tmp_path)
    put_note(tmp_path, why)
    assert noted(tmp_path) is None
    lock = own_folder(tmp_path)
    try:
        found = noted(tmp_path)
        assert found is not None
        assert (found.problem, found.action) == (why.problem, why.action)
        (tmp_path / NOTE).write_bytes(b"half a no")
        assert noted(tmp_path) is None
        remove_note(tmp_path)
        assert noted(tmp_path) is None
    finally:
        os.close(lock)
