"""A database that is older than the world starts nothing: by its word, its events, its file."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from printd.core.beds import Beds, BedState
from printd.core.generation import FILE, NOTED_EVERY, Generation
from printd.core.jobs import State
from printd.core.moves import write_event
from printd.core.requests import Requests
from printd.core.store import Store
from printd.core.wishes import want_copies
from tests.peers.stores import clear_bed, job_in, new_job, open_store

S = State


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as store:
        assert checked(store, tmp_path) is None
        yield store


def checked(store: Store, folder: Path) -> int | None:
    return Generation(store.database, folder).check()


def test_a_new_folder_and_every_start_after_it_hold_nothing(store: Store, tmp_path: Path) -> None:
    job_in(store, S.SLICED)
    for _ in range(3):
        assert checked(store, tmp_path) is None
    assert store.job(1).state is S.SLICED


def test_a_database_from_before_there_was_a_word_holds_nothing(
    store: Store, tmp_path: Path
) -> None:
    job_in(store, S.SLICED)
    with store.database.write() as connection:
        connection.execute("DELETE FROM standing")
    (tmp_path / FILE).unlink()
    assert checked(store, tmp_path) is None


def test_a_database_that_was_put_back_by_hand_starts_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        checked(store, tmp_path)
        job_in(store, S.SLICED)
    shutil.copyfile(tmp_path / "printd.db", tmp_path / "old.db")
    with open_store(tmp_path) as store:
        clear_bed(store)
        for number in range(2, 30):
            store.accept(new_job(number))
        checked(store, tmp_path)  # a later start: the file knows of these events
    shutil.copyfile(tmp_path / "old.db", tmp_path / "printd.db")
    with open_store(tmp_path) as store:
        assert checked(store, tmp_path) == 1
        job = store.job(1)
        assert (job.state, job.held_from, job.in_doubt) == (S.HELD, S.SLICED, False)
        assert job.because is not None
        assert job.because.code == "restored"
        assert Beds(store.database).get("left").state is BedState.UNKNOWN
        assert checked(store, tmp_path) is None  # once


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1]", b'{"generation": "x", "events": 1}'])
def test_a_database_without_its_file_starts_nothing(
    store: Store, tmp_path: Path, content: bytes | None
) -> None:
    job_in(store, S.RECEIVED)
    (tmp_path / FILE).unlink()
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    assert checked(store, tmp_path) == 1
    assert store.job(1).state is S.HELD


def test_a_job_that_was_at_a_printer_is_in_doubt(store: Store, tmp_path: Path) -> None:
    job_in(store, S.PRINTING)
    (tmp_path / FILE).unlink()
    checked(store, tmp_path)
    job = store.job(1)
    assert (job.state, job.in_doubt, job.printer) == (S.HELD, True, "left")
    assert store.resolve(job, S.PRINTED, who="ann").state is S.PRINTED


def test_what_was_asked_of_an_old_database_is_not_done(store: Store, tmp_path: Path) -> None:
    job_in(store, S.MESHED)
    requests = Requests(store.database)
    requests.post("again", {"job": 1}, who="ann")
    assert len(requests.open({"again"})) == 1
    assert checked(store, tmp_path) is None
    assert len(requests.open({"again"})) == 1
    (tmp_path / FILE).unlink()
    checked(store, tmp_path)
    assert requests.open({"again"}) == []


def test_who_has_asked_with_a_key_may_ask_again_by_it(store: Store, tmp_path: Path) -> None:
    """Else the key would stand for what nobody ever answers."""
    job_in(store, S.MESHED)
    requests = Requests(store.database)
    done, open_still = (requests.post("again", {"job": 1}, who="ann") for _ in range(2))
    requests.done(next(one for one in requests.open({"again"}) if one.seq == done), {"job": 1})
    with store.database.write() as connection:
        for key, seq in (("done", done), ("open", open_still)):
            connection.execute("INSERT INTO upload VALUES (?, '', ?, '')", (key, seq))
    (tmp_path / FILE).unlink()
    checked(store, tmp_path)
    assert [row["add_key"] for row in store.database.rows("SELECT * FROM upload")] == ["done"]


def test_what_was_handed_in_and_not_taken_is_kept(store: Store, tmp_path: Path) -> None:
    requests = Requests(store.database)
    key = requests.post("add", {"file": "cat.png"}, who="ann")
    with store.database.write() as connection:
        connection.execute("INSERT INTO upload VALUES ('key', '', ?, '')", (key,))
    (tmp_path / FILE).unlink()
    checked(store, tmp_path)
    (kept,) = requests.open({"add"})
    assert (kept.seq, kept.args["file"]) == (key, "cat.png")
    assert kept.args["restored"] == "The database came here without the file beside it."
    assert len(store.database.rows("SELECT * FROM upload")) == 1


def test_copies_that_are_not_known_are_not_made_by_themselves(store: Store, tmp_path: Path) -> None:
    first = job_in(store, S.PRINTING)
    store.advance(first, S.PRINTED, {})
    with store.database.write() as connection:
        want_copies(connection, store.job(1), 3, who="ann")
    store.accept(replace(new_job(2), copy_of=1))
    assert [job.number for job in store.wanting_copies()] == [1]
    (tmp_path / FILE).unlink()
    checked(store, tmp_path)
    assert (store.wanting_copies(), store.job(1).copies) == ([], 2)


@pytest.mark.parametrize(
    ("state", "was", "never_started"),
    [(S.PRINTING, "printing", False), (S.UPLOADED, "to be started", True)],
)
def test_a_person_is_told_to_say_only_what_can_be(
    store: Store, tmp_path: Path, state: State, was: str, never_started: bool
) -> None:
    job_in(store, state)
    (tmp_path / FILE).unlink()
    checked(store, tmp_path)
    because = store.job(1).because
    assert because is not None
    assert because.problem.endswith(f"#1 was {was} on left then.")
    assert ("not-started" in because.action) is never_started


def test_what_is_over_stays_over(store: Store, tmp_path: Path) -> None:
    store.cancelled(job_in(store, S.MESHED), "Not wanted.", who="ann")
    (tmp_path / FILE).unlink()
    assert checked(store, tmp_path) == 0
    assert store.job(1).state is S.CANCELLED


def test_the_file_is_written_again_after_many_events_only(store: Store, tmp_path: Path) -> None:
    generation = Generation(store.database, tmp_path)
    generation.check()
    before = (tmp_path / FILE).stat().st_ino
    generation.note()
    assert (tmp_path / FILE).stat().st_ino == before
    with store.database.write() as connection:
        for _ in range(NOTED_EVERY):
            write_event(connection, None, "test")
    generation.note()
    assert (tmp_path / FILE).stat().st_ino != before
    assert generation.check() is None
