"""How long it takes to find jobs among ten thousand, with all that their steps have found out."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from printd.core.clock import to_text, utc_now
from printd.core.history import Wanted
from printd.core.jobs import FINAL, State
from printd.core.store import Store
from tests.bench.figures import Timed, best_s, pace
from tests.peers.stores import open_store

JOBS, PAGE = 10_000, 50
ALLOWED_S = 0.03
STATES = (State.PRINTED, State.PRINTED, State.FAILED, State.CANCELLED, State.SLICED)
FACTS = {
    "gcode": {"print_time_s": 5400.0, "verdict": {"sha256": "0" * 64, "lines": "x" * 2000}},
    "model": {"size_mm": [80.0, 60.0, 4.0], "triangles": 12_345},
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(tmp_path_factory.mktemp("history")) as store:
        now, facts = utc_now(), json.dumps(FACTS)
        rows = [
            (
                *(f"id-{n}", STATES[n % 5], f"photo-{n}.jpg", f"recipe{n % 7}", "{}", f"{n:064x}"),
                *(to_text(now - timedelta(minutes=n)),) * 2,
                *(f"p{n % 50}", facts, f"person{n % 90}"),
            )
            for n in range(JOBS)
        ]
        with store.database.write() as connection:
            connection.executemany(
                "INSERT INTO job(id, state, name, recipe, settings, sha256, created_at, moved_at,"
                " printer, facts, owner) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
        yield store


@pytest.mark.parametrize(
    ("what", "wanted", "before", "count"),
    [
        ("the newest page", Wanted(), None, PAGE),
        ("a page in the middle", Wanted(), 5_000, PAGE),
        ("one word", Wanted("photo-77"), None, PAGE),
        ("three words, few jobs", Wanted("photo recipe3 person11"), None, 16),
        ("nothing is found", Wanted("elephant"), None, 0),
        ("state and printer", Wanted(states=FINAL, printer="p7"), None, PAGE),
        ("the last day", Wanted(since=utc_now() - timedelta(days=1)), None, PAGE),
    ],
)
def test_a_page_of_history(
    store: Store, what: str, wanted: Wanted, before: int | None, count: int
) -> None:
    def work() -> int:
        return len(store.history(wanted, before=before, limit=PAGE))

    assert work() == count
    timed = Timed(what, best_s(work), ALLOWED_S, pace())
    print(f"\n{timed}")
    assert timed.is_held
