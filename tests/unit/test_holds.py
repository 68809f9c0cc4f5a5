"""What can be done about a job: each kind of hold has its buttons, and nothing else is offered."""

from dataclasses import replace

import pytest

from printd.core.clock import utc_now
from printd.core.holds import possible
from printd.core.jobs import AT_PRINTER, Because, Job, State

S = State


def job(state: State, code: str = "", *, in_doubt: bool = False) -> Job:
    now = utc_now()
    because = Because(code, "Why.") if code else None
    plain = Job(1, "x", state, "mia.jpg", "default", {}, "0", now, now)
    return replace(plain, because=because, in_doubt=in_doubt)


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("needs_approval", ("approve", "send-back")),
        ("needs_price_consent", ("pay", "cancel")),
        ("needs_choice", ("choose", "cancel")),
        ("needs_release", ("release",)),
        ("held_by_person", ("release",)),
        ("duplicate", ("release",)),
        ("wrong_kind", ("release",)),
        ("slicer_refused", ("retry",)),
        ("restored", ("retry",)),
    ],
)
def test_a_hold_offers_first_what_mends_it(code: str, first: tuple[str, ...]) -> None:
    assert possible(job(S.HELD, code))[: len(first)] == first


def test_what_needs_approval_is_let_on_by_nothing_else() -> None:
    assert {"release", "retry"}.isdisjoint(possible(job(S.HELD, "needs_approval")))


def test_in_doubt_only_a_person_who_has_looked_helps() -> None:
    assert possible(job(S.HELD, "start_in_doubt", in_doubt=True)) == ("resolve",)


@pytest.mark.parametrize("state", [S.RECEIVED, S.ORDERED, S.MESHED, S.PRINTABLE, S.SLICED])
def test_what_waits_can_be_held_placed_and_cancelled(state: State) -> None:
    assert possible(job(state)) == ("hold", "move", "reorder", "copies", "cancel")


def test_what_time_alone_would_mend_can_be_overruled_and_what_would_go_wrong_cannot() -> None:
    waiting = job(S.SLICED)
    assert possible(waiting, Because("closed_hours", ""))[0] == "start-anyway"
    assert possible(waiting, Because("reconfirm", ""))[0] == "release"
    assert "start-anyway" not in possible(waiting, Because("bed_not_clear", ""))


def test_a_running_print_can_be_cancelled_and_nothing_else() -> None:
    assert possible(job(S.PRINTING)) == ("cancel",)


@pytest.mark.parametrize("state", sorted(AT_PRINTER - {S.PRINTING}))
def test_a_job_on_its_way_to_a_printer_can_be_held(state: State) -> None:
    assert possible(job(state)) == ("hold", "cancel")


def test_what_is_printed_is_signed_off_and_made_again_while_its_files_are_there() -> None:
    printed = job(S.PRINTED)
    assert possible(printed) == ("sign-off", "again", "copies", "forget")
    assert possible(replace(printed, files_gone_at=utc_now())) == ("sign-off",)


@pytest.mark.parametrize("state", [S.FAILED, S.CANCELLED])
def test_what_has_failed_is_tried_again_as_a_new_job(state: State) -> None:
    assert possible(job(state))[0] == "retry"
    assert possible(replace(job(state), files_gone_at=utc_now())) == ()
