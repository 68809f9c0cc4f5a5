"""Tickets of the kiosk: what they show, which job they follow, whose photo is deleted when."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from printd.core.clock import utc_now
from printd.core.files import JobFolders
from printd.core.generation import Generation
from printd.core.jobs import Job, State
from printd.core.store import Store
from printd.daemon.copies import Copies
from printd.daemon.tidying import FAILED_FOR, TICKETS_FOR, Tidying
from printd.slicers.cache import SliceCache
from printd.web.problems import TicketGone
from printd.web.tickets import Tickets
from tests.peers.stores import job_in, open_store

S = State


class Desk:
    """The tickets of one store, and who tidies up after them."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.store = store
        self.folders = JobFolders(folder)
        self.folders.prepare()
        self.tickets = Tickets(store.database, store.database)
        self.tidying = Tidying(
            store,
            self.folders,
            Generation(store.database, folder),
            Copies(store, self.folders),
            SliceCache(folder / "slices", most_bytes=0),
            lambda: None,
        )

    def job(self, number: int, state: State = S.PRINTING) -> Job:
        job = job_in(self.store, state, number)
        self.folders.of(job.id).mkdir()
        self.photo(job).write_bytes(b"photo")
        return job

    def photo(self, job: Job) -> Path:
        return self.folders.of(job.id) / JobFolders.PHOTO

    def tidy(self, later: timedelta = timedelta()) -> list[int]:
        return self.tidying.forget_promised(utc_now() + later)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_store(tmp_path) as store:
        yield Desk(tmp_path, store)


def test_only_the_word_opens_a_ticket(desk: Desk) -> None:
    job = desk.job(1)
    word = desk.tickets.make(job.number)
    assert desk.tickets.get(word).job == job.number
    for other in ("", word[:-1], "1", f"{word} ", "\ud800"):
        with pytest.raises(TicketGone):
            desk.tickets.get(other)
    kept = desk.store.database.rows("SELECT * FROM ticket")
    assert word not in str([tuple(row) for row in kept])


def test_a_name_is_shown_only_where_its_visitor_agreed(desk: Desk) -> None:
    first, second = desk.job(1, S.MESHED), desk.job(2, S.MESHED)
    desk.tickets.make(first.number)
    desk.tickets.make(second.number, "Mia\u202e\x00 <b>")
    assert desk.tickets.shown_names() == {second.number: "Mia\ufffd\ufffd <b>"}


def test_the_photo_goes_when_its_print_is_over_and_not_before(desk: Desk) -> None:
    job = desk.job(1)
    desk.tickets.make(job.number)
    assert desk.tidy() == []
    assert desk.photo(job).exists()
    desk.store.advance(job, S.PRINTED, {})
    assert desk.tidy() == [job.number]
    assert not desk.photo(job).exists()
    assert desk.tidy() == []


def test_who_wants_to_keep_it_keeps_it(desk: Desk) -> None:
    job = desk.job(1)
    word = desk.tickets.make(job.number)
    desk.tickets.wish(desk.tickets.get(word), deletes_photo=False)
    desk.store.advance(job, S.PRINTED, {})
    assert desk.tidy() == []
    desk.tickets.wish(desk.tickets.get(word), deletes_photo=True)
    assert desk.tidy() == [job.number]


def test_a_job_without_a_ticket_is_none_of_ours(desk: Desk) -> None:
    job = desk.store.advance(desk.job(1), S.PRINTED, {})
    desk.tickets.make(desk.job(2).number)
    assert desk.tidy() == []
    assert desk.photo(job).exists()


def test_a_failed_one_may_be_printed_again_for_a_day(desk: Desk) -> None:
    job = desk.job(1, S.MESHED)
    word = desk.tickets.make(job.number)
    failed = desk.store.cancelled(job, "Not wanted.", who="ann")
    with desk.store.database.write() as connection:
        connection.execute("UPDATE job SET state = 'failed' WHERE number = ?", (job.number,))
    assert desk.tidy() == []
    again = desk.job(2)
    with desk.store.database.write() as connection:
        connection.execute(
            "UPDATE job SET again_of = ? WHERE number = ?", (failed.number, again.number)
        )
    assert desk.tickets.job_now(desk.tickets.get(word)) == again.number
    assert desk.tidy(FAILED_FOR) == [job.number]
    desk.store.advance(again, S.PRINTED, {})
    assert desk.tidy() == [again.number]
    assert not desk.photo(again).exists()


def test_old_tickets_are_forgotten_when_nothing_is_left_of_their_jobs(desk: Desk) -> None:
    gone, kept = desk.job(1, S.MESHED), desk.job(2, S.MESHED)
    words = [desk.tickets.make(one.number) for one in (gone, kept)]
    desk.tickets.wish(desk.tickets.get(words[1]), deletes_photo=False)
    for job in (gone, kept):
        desk.store.cancelled(job, "Not wanted.", who="ann")
    desk.tidy()
    desk.tickets.get(words[0])
    desk.tidy(TICKETS_FOR + timedelta(minutes=1))
    with pytest.raises(TicketGone):
        desk.tickets.get(words[0])
    assert desk.tickets.get(words[1]).job == kept.number
