"""The synced journal: a line is there whole, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from printd.printers.journal import Journal, JournalBusy, JournalDamaged, Line
from tests.peers.disks import files_of_at_most


def read_all(path: Path) -> list[Line]:
    return Journal(path).read_new()[1]


def add(journal: Journal, line: Line) -> None:
    with journal.held(5):
        journal.read_new()
        journal.append(line)


def test_a_line_comes_back(tmp_path: Path) -> None:
    add(Journal(tmp_path / "j.jsonl"), {"print": "père 🐈"})
    assert read_all(tmp_path / "j.jsonl") == [{"print": "père 🐈"}]


def test_a_reader_sees_only_what_is_new(tmp_path: Path) -> None:
    reader, writer = Journal(tmp_path / "j.jsonl"), Journal(tmp_path / "j.jsonl")
    add(writer, {"n": 1})
    assert reader.read_new() == (True, [{"n": 1}])
    add(writer, {"n": 2})
    assert reader.read_new() == (False, [{"n": 2}])


def test_a_torn_last_line_is_neither_read_nor_kept(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    add(Journal(path), {"n": 1})
    with path.open("ab") as stream:
        stream.write(b'{"n": 2, "torn')
    assert read_all(path) == [{"n": 1}]
    add(Journal(path), {"n": 3})
    assert read_all(path) == [{"n": 1}, {"n": 3}]


@pytest.mark.parametrize("text", [b"not json\n", b"[1]\n"])
def test_a_damaged_line_is_not_passed_over(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "j.jsonl"
    path.write_bytes(text)
    with pytest.raises(JournalDamaged):
        Journal(path).read_new()


def test_a_line_that_the_disk_refuses_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    journal = Journal(path)
    add(journal, {"n": 1})
    before = path.read_bytes()
    with files_of_at_most(len(before) + 10), pytest.raises(OSError, match="too large"):
        add(journal, {"n": 2, "long": "x" * 100})
    assert path.read_bytes() == before
    add(journal, {"n": 3})
    assert read_all(path) == [{"n": 1}, {"n": 3}]


def test_another_file_of_that_name_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    reader = Journal(path)
    add(Journal(path), {"n": 1})
    reader.read_new()
    path.rename(tmp_path / "old.jsonl")
    add(Journal(path), {"n": 2})
    assert reader.read_new() == (True, [{"n": 2}])


def test_a_file_that_vanished_makes_its_reader_begin_anew(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    reader = Journal(path)
    add(Journal(path), {"n": 1})
    reader.read_new()
    path.unlink()
    assert reader.read_new() == (True, [])


def test_whoever_holds_it_too_long_makes_the_next_give_up(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with Journal(path).held(1), pytest.raises(JournalBusy), Journal(path).held(0.01):
        pass


def test_one_journal_in_two_threads_gives_up_too(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl")

    def hold() -> None:
        with journal.held(0.01):
            pass

    with journal.held(1), ThreadPoolExecutor(1) as pool, pytest.raises(JournalBusy):
        pool.submit(hold).result()


def test_lines_of_many_threads_and_readers_are_all_there(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    shared = Journal(path)

    def write(n: int) -> None:
        add(shared if n % 2 else Journal(path), {"n": n})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(100)))
    assert sorted(line["n"] for line in read_all(path)) == list(range(100))
