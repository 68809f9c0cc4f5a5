"""What people have had, read from the jobs of a real store, and held against their limits."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from printd.core.clock import to_text, utc_now
from printd.core.config import Config
from printd.core.errors import LimitReached, QueueFull
from printd.core.given import Given
from printd.core.holds import BEFORE_PRINTER
from printd.core.jobs import Facts, Job, State
from printd.core.limits import Of, Use
from printd.core.prices import Rates, rates_settings
from printd.core.store import Store
from printd.core.usage import BINDS, check_sliced, check_taken, use_of, uses_of, waiting_jobs
from printd.pipeline.table import STEP_FROM, run_step
from printd.pipeline.tools import Tools
from tests.peers.floor import Floor
from tests.peers.stores import job_in, move_on, new_job

S = State
SHOP = "key:web-shop"
SLICED: dict[str, Any] = {
    "gcode": {"filament_g": 40.5, "print_time_s": 5400.0},
    "price": {"amount": "4.05", "currency": "EUR", "text": "4.05 €"},
}


def limited(**limits: Any) -> Config:
    return Config.model_validate({"limits": limits})


def job_of(store: Store, owner: str, number: int, hours_ago: float = 0.0, **facts: Any) -> Job:
    settings = {"mesher": "relief", "relief": {}, BINDS: "key"}
    job = store.accept(new_job(number, owner=owner, facts=facts, settings=settings))
    at = utc_now() - timedelta(hours=hours_ago)
    with store.database.write() as connection:
        connection.execute(
            "UPDATE job SET created_at = ? WHERE number = ?", (to_text(at), job.number)
        )
    return store.job(job.number)


def check(store: Store, config: Config, wanted: Use | None = None, owner: str = SHOP) -> None:
    check_taken(store.database, config, Of.KEY, owner, wanted or Use(utc_now()))


def test_what_one_has_had_is_read_from_the_jobs(store: Store) -> None:
    job_of(store, SHOP, 1, 30, **SLICED)
    new = job_of(store, SHOP, 2, 3, **SLICED)
    plain = job_of(store, SHOP, 3)
    job_of(store, "ana", 4, **SLICED)
    whole = Use(new.created_at, 1, Decimal("40.5"), Decimal("1.5"), Decimal("4.05"))
    since = utc_now() - timedelta(hours=24)
    assert uses_of(store.database, SHOP, since) == [whole, Use(plain.created_at)]
    assert len(uses_of(store.database, SHOP, None)) == 3
    assert uses_of(store.database, SHOP, since, but=plain.number) == [whole]
    assert use_of(new.created_at, SLICED) == whole
    assert use_of(new.created_at, {}, prints=3) == Use(new.created_at, 3)
    twice = Use(new.created_at, 2, Decimal(81), Decimal(3), Decimal("8.10"))
    assert use_of(new.created_at, SLICED, prints=2) == twice


@pytest.mark.parametrize("state", sorted(BEFORE_PRINTER))
def test_a_job_waits_in_every_state_before_a_printer(store: Store, state: State) -> None:
    """A state that is forgotten here would let anybody have as many jobs as they like."""
    job = store.accept(new_job(1, owner=SHOP))
    with store.database.write() as connection:
        connection.execute("UPDATE job SET state = ? WHERE number = ?", (state, job.number))
    assert waiting_jobs(store.database, SHOP) == (1, 1)


def test_copies_count_before_they_are_jobs_and_not_twice_afterwards(store: Store) -> None:
    first = store.accept(new_job(1, owner=SHOP, facts=SLICED, copies=3))
    assert [use.prints for use in uses_of(store.database, SHOP, None)] == [3]
    assert waiting_jobs(store.database, SHOP) == (3, 3)
    check(store, limited(per_key={"prints": 4, "waiting": 4}, waiting=4))
    for limits in ({"per_key": {"prints": 3}}, {"per_key": {"waiting": 3}}):
        with pytest.raises(LimitReached, match="3 "):
            check(store, limited(**limits))
    with pytest.raises(QueueFull, match=r"3 jobs wait.*; 4 may, and this .* 2 more"):
        check(store, limited(waiting=4), Use(utc_now(), 2))
    for number in (2, 3):
        store.accept(new_job(number, owner=SHOP, facts=SLICED, copy_of=first.number))
    assert [use.prints for use in uses_of(store.database, SHOP, None)] == [1, 1, 1]
    assert waiting_jobs(store.database, SHOP) == (3, 3)


def test_what_the_copies_of_a_job_take_counts_when_it_is_sliced(store: Store) -> None:
    settings = {"mesher": "relief", "relief": {}, BINDS: "key"}
    job = store.accept(new_job(1, owner=SHOP, settings=settings, copies=3))
    check_sliced(store.database, limited(per_key={"hours": "4.5"}), job, SLICED)
    with pytest.raises(LimitReached, match=r"takes 4.5 h"):
        check_sliced(store.database, limited(per_key={"hours": 4}), job, SLICED)


def test_what_was_used_long_before_a_held_job_is_tried_again_does_not_count(store: Store) -> None:
    config = limited(per_key={"hours": 2})
    job_of(store, SHOP, 1, 30, **SLICED)  # within 24 h when the next one came, not now
    check_sliced(store.database, config, job_of(store, SHOP, 2, 10), SLICED)
    job_of(store, SHOP, 3, 5, **SLICED)
    with pytest.raises(LimitReached, match=r"has had 1.5 of 2 h"):
        check_sliced(store.database, config, job_of(store, SHOP, 4, 30), SLICED)


def test_what_a_service_was_paid_counts_once_and_not_for_each_copy(store: Store) -> None:
    settings = {BINDS: "key", **rates_settings(Rates(per_gram=Decimal("0.10")))}
    job = store.accept(new_job(1, owner=SHOP, settings=settings, copies=3))
    facts = {**SLICED, "price": {"amount": "9.05", "currency": "EUR", "text": "9.05 €"}}
    check_sliced(store.database, limited(per_key={"money": "17.15"}), job, facts)
    with pytest.raises(LimitReached, match=r"takes 17.15 €"):
        check_sliced(store.database, limited(per_key={"money": "17.14"}), job, facts)


def test_of_two_that_are_sliced_at_the_same_time_only_one_fits(floor: Floor) -> None:
    settings = {"mesher": "relief", "relief": {}, BINDS: "key"}
    config = limited(per_key={"grams": 60})
    check = partial(check_sliced, floor.store.database, config)
    tools = replace(floor.tools, check_use=check)
    both_sliced = Barrier(2)

    def sliced(_job: Job, _tools: Tools) -> Facts:
        both_sliced.wait()
        return SLICED

    step = replace(STEP_FROM[S.PRINTABLE, Given.PHOTO, False], run=sliced)
    jobs = []
    for number in (1, 2):
        new = new_job(number, owner=SHOP, settings=settings)
        jobs.append(floor.store.accept(replace(new, state=S.PRINTABLE)))
    with ThreadPoolExecutor(2) as lanes:
        list(lanes.map(lambda job: run_step(step, job, tools, floor.store), jobs))
    after = [floor.store.job(job.number) for job in jobs]
    assert sorted(job.state for job in after) == [S.HELD, S.SLICED]
    assert [job.because.code for job in after if job.because] == ["limit_reached"]


def test_what_a_file_claims_below_what_it_does_does_not_count(store: Store) -> None:
    gcode = {"filament_g": 0.1, "least_g": 12.0, "print_time_s": None, "least_time_s": 1800.0}
    job = job_of(store, SHOP, 1, gcode=gcode)
    assert uses_of(store.database, SHOP, None) == [
        Use(job.created_at, 1, Decimal(12), Decimal("0.5"))
    ]


def test_a_job_that_no_printer_was_told_to_start_does_not_count_one_that_was_does(
    store: Store,
) -> None:
    given_up = job_of(store, "", 1)
    store.cancelled(given_up, "not wanted", who="ana")
    sent = job_in(store, S.UPLOADED, 3, printer="right")  # it lies on a printer, and nobody prints
    store.cancelled(sent, "not wanted", who="ana")
    stopped = job_in(store, S.PRINTING, 2)
    store.cancelled(stopped, "not wanted any more", who="ana")
    assert [use.at for use in uses_of(store.database, stopped.owner, None)] == [stopped.created_at]


def test_the_next_one_is_refused_with_the_sentence_and_others_are_not(store: Store) -> None:
    config = limited(per_key={"grams": 50})
    job_of(store, SHOP, 1, 3, **SLICED)
    check(store, config)
    check(store, config, Use(utc_now(), grams=Decimal("9.5")))
    with pytest.raises(LimitReached) as refused:
        check(store, config, Use(utc_now(), grams=Decimal(10)))
    assert refused.value.code == "limit_reached"
    assert refused.value.problem == (
        "The key web-shop has had 40.5 of 50 g within 24 h; this print takes 10 g more."
    )
    assert refused.value.action.startswith("There is room for it ")
    check(store, config, Use(utc_now(), grams=Decimal(10)), owner="key:other")


def test_only_jobs_that_are_not_printed_yet_wait(store: Store) -> None:
    for number, state in enumerate((S.RECEIVED, S.SLICED, S.PRINTING), start=1):
        job_in(store, state, number)
    done = job_in(store, S.PRINTING, 4, printer="right")
    move_on(store, done, S.PRINTED)
    owner = done.owner
    assert waiting_jobs(store.database, owner) == (2, 2)
    assert waiting_jobs(store.database, "nobody") == (2, 0)


def test_a_full_queue_takes_nothing_more_from_anybody(store: Store) -> None:
    for number in range(1, 4):
        job_of(store, "ana", number)
    check(store, limited(waiting=4))
    with pytest.raises(QueueFull, match="3 jobs wait to be printed; 3 may"):
        check(store, limited(waiting=3))
    with pytest.raises(LimitReached, match="3 jobs of the key ana wait"):
        check(store, limited(per_key={"waiting": 3}), owner="ana")


def test_a_sliced_job_that_takes_too_much_is_told_and_a_person_can_let_it_go_on(
    store: Store,
) -> None:
    config = limited(per_key={"hours": 2, "waiting": 0})
    job_of(store, SHOP, 1, 3, **SLICED)
    job = job_of(store, SHOP, 2)
    with pytest.raises(LimitReached, match=r"has had 1.5 of 2 h .* takes 1.5 h more") as held:
        check_sliced(store.database, config, job, SLICED)
    assert held.value.action.startswith("There is room for it ")
    then = ". Run `printd retry JOB` then. `printd release JOB` lets it go on as it is."
    assert held.value.action.endswith(then)
    with pytest.raises(LimitReached) as held:
        check_sliced(store.database, limited(per_key={"hours": 1}), job, SLICED)
    small = "Make it smaller. `printd release JOB` lets it go on as it is."
    assert held.value.action == small
    check_sliced(store.database, limited(per_key={"hours": 3}), job, SLICED)
    check_sliced(store.database, config, job_of(store, SHOP, 3, waived=["limit_reached"]), SLICED)
    check_sliced(store.database, config, job_in(store, S.PRINTABLE, 4), SLICED)  # nobody's
