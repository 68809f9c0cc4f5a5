"""About how long a service takes, as a visitor is told it: as it has taken here before."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from printd.core.clock import to_text, utc_now
from printd.core.database import Database
from printd.core.jobs import State
from printd.core.store import Store
from printd.web.pages.kiosk.shaping import ENOUGH, USUAL_MIN, usual_min
from tests.peers.stores import job_in, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


def ordered(store: Store, *minutes: float, state: str = "delivered") -> None:
    """Note orders of one job that took so long."""
    job = job_in(store, State.PRINTING, 1)
    began = utc_now()
    with store.database.write() as connection:
        for attempt, took in enumerate(minutes, 1):
            done = began + timedelta(minutes=took)
            connection.execute(
                "INSERT INTO service_order(job, attempt, mesher, owner, price_cents, currency,"
                " state, at, settled_at) VALUES (?, ?, 'figure', 'visit:1', 30, 'EUR', ?, ?, ?)",
                (job.number, attempt, state, to_text(began), to_text(done)),
            )


def told(database: Database) -> tuple[int, int]:
    return usual_min(database, "figure")


def test_of_few_orders_nothing_of_its_own_is_said(store: Store) -> None:
    ordered(store, *[30.0] * (ENOUGH - 1))
    assert told(store.database) == USUAL_MIN


def test_whole_minutes_hold_what_most_orders_took(store: Store) -> None:
    ordered(store, 0.1, *[2.5] * 9, *[6.2] * 9, 400.0)
    assert told(store.database) == (2, 7)
    assert usual_min(store.database, "another") == USUAL_MIN


def test_what_came_to_nothing_says_nothing(store: Store) -> None:
    ordered(store, *[30.0] * ENOUGH, state="lost")
    assert told(store.database) == USUAL_MIN


def test_a_quick_service_takes_about_a_minute(store: Store) -> None:
    ordered(store, *[0.2] * ENOUGH)
    assert told(store.database) == (1, 1)
