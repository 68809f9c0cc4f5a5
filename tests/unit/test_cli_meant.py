"""What is asked at a terminal before something is lost or paid."""

from datetime import UTC, datetime

import pytest

from printd.cli.meant import question_of
from printd.core.jobs import Because, Job, State

NOW = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
PRICE = Because("needs_price_consent", "figure asks up to 0.30 € for this shape.")


def job(state: State, because: Because | None = None) -> Job:
    return Job(
        number=1,
        id="id1",
        state=state,
        name="cat.jpg",
        recipe="default",
        settings={},
        sha256="",
        created_at=NOW,
        moved_at=NOW,
        because=because,
    )


@pytest.mark.parametrize(
    ("verb", "asked_of", "question"),
    [
        ("cancel", job(State.SLICED), "cancel it?"),
        ("cancel", job(State.PRINTING), "cancel it? What is printed so far is lost."),
        ("cancel", job(State.PRINTED), ""),
        (
            "forget",
            job(State.PRINTED),
            "delete its pictures and files? Nobody can bring them back.",
        ),
        ("forget", job(State.SLICED), ""),
        ("pay", job(State.HELD, PRICE), f"{PRICE.problem} Agree?"),
        ("pay", job(State.HELD, Because("duplicate", "Printed as #1.")), ""),
        ("pay", job(State.SLICED), ""),
    ],
)
def test_only_what_can_be_done_is_asked(verb: str, asked_of: Job, question: str) -> None:
    assert question_of(verb, asked_of, None) == question


def test_a_sum_that_is_named_is_asked_about() -> None:
    asked = question_of("pay", job(State.HELD, PRICE), "0.50")
    assert asked == f"{PRICE.problem} Agree to up to 0.50?"
