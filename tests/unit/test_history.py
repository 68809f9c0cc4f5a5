"""Looking for jobs: by words, state, printer, owner and time, page by page."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from printd.core.clock import utc_now
from printd.core.history import Wanted, page_of
from printd.core.jobs import State
from printd.core.store import Store
from tests.peers.stores import job_in, new_job, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as store:
        for number, (name, recipe, owner) in enumerate(
            (
                ("mia.jpg", "portrait", "ana"),
                ("max 100%.jpg", "coin", "ana"),
                ("Für Oma.jpg", "portrait", "key:shop"),
            ),
            start=1,
        ):
            store.accept(new_job(number, name=name, recipe=recipe, owner=owner, source="command"))
        job_in(store, State.PRINTING, 4, printer="right")
        yield store


def found(store: Store, **wanted: Any) -> list[int]:
    return [job.number for job in store.history(Wanted(**wanted))]


def test_all_jobs_come_newest_first(store: Store) -> None:
    assert found(store) == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("search", "numbers"),
    [
        ("MIA", [1]),
        ("portrait", [3, 1]),
        ("portrait ana", [1]),
        ("shop", [3]),
        ("right", [4]),
        ("100%", [2]),
        ("%", [2]),
        ("_", []),
        ("\\", []),
        ("'; DROP TABLE job; --", []),
        ("#3", [3]),
        ("#99999999999999999999999", []),
        ("nothing", []),
    ],
)
def test_each_word_has_to_stand_in_name_recipe_printer_or_owner(
    store: Store, search: str, numbers: list[int]
) -> None:
    assert found(store, search=search) == numbers


def test_state_printer_owner_and_source_narrow_it(store: Store) -> None:
    assert found(store, states={State.PRINTING}) == [4]
    assert found(store, states={State.PRINTING, State.RECEIVED}, owner="ana") == [2, 1]
    assert found(store, printer="right") == [4]
    assert found(store, source="command") == [3, 2, 1]


def test_time_narrows_it(store: Store) -> None:
    soon = utc_now() + timedelta(minutes=1)
    assert found(store, since=soon) == []
    assert found(store, until=soon) == [4, 3, 2, 1]


def test_pages_join_without_a_gap_or_a_job_twice(store: Store) -> None:
    first = store.history(Wanted(), limit=3)
    rest = store.history(Wanted(), before=first[-1].number, limit=3)
    assert [job.number for job in (*first, *rest)] == [4, 3, 2, 1]


def test_jobs_are_counted_by_state(store: Store) -> None:
    assert store.counts(Wanted()) == {State.RECEIVED: 3, State.PRINTING: 1}
    since = utc_now() - timedelta(hours=1)
    wanted = Wanted(states={State.PRINTING, State.FAILED}, since=since)
    assert store.counts(wanted) == {State.PRINTING: 1}
    assert store.counts(Wanted(since=utc_now() + timedelta(minutes=1))) == {}


def test_the_rows_themselves_are_not_read_to_find_a_page(store: Store) -> None:
    query, values = page_of(Wanted(search="mia", states={State.PRINTED}), None, 50)
    plan = store.database.rows(f"EXPLAIN QUERY PLAN {query}", *values)
    assert any("USING COVERING INDEX job_words" in row["detail"] for row in plan)


def test_a_job_without_an_owner_of_its_own_is_of_who_handed_it_in(store: Store) -> None:
    job = store.accept(new_job(9, who="ben"))
    assert job.owner == "ben"
