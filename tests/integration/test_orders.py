"""Money at services: what is agreed to, reserved, paid once; a route, several shapes, doubts."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from printd.core.errors import BudgetReached, DiskError
from printd.core.files import JobFolders
from printd.core.jobs import State
from printd.core.restored import hold_everything
from printd.core.spending import Paid
from printd.geometry.shape_sheet import WIDTH_PX
from printd.pipeline import meshing
from printd.pipeline.choosing import raw_of
from tests.peers.floor import Floor
from tests.peers.ordering import Ordering, ordering
from tests.peers.services_faults import Call, Fault, Kind

S = State


@pytest.fixture
def shop(floor: Floor, tmp_path: Path) -> Iterator[Ordering]:
    with ordering(floor, tmp_path) as opened:
        yield opened
        assert opened.fal.violations() == opened.replicate.violations() == []


def code_of(shop: Ordering, number: int = 1) -> str:
    because = shop.floor.store.job(number).because
    return because.code if because else ""


# Consent.


def test_nothing_is_ordered_before_a_person_agrees_to_the_price(shop: Ordering) -> None:
    job = shop.go_on(shop.job())

    assert (job.state, code_of(shop)) == (S.HELD, "needs_price_consent")
    assert job.because is not None
    assert "figure asks up to 0.30 € for this shape." in job.because.problem
    assert shop.paid() == 0
    assert shop.states(job) == []

    assert shop.ask("pay", job).values["agreed"] == "0.30 €"
    job = shop.go_on(job)
    assert job.state is S.MESHED
    assert (shop.paid(), shop.states(job)) == (1, [Paid.DELIVERED])
    raw = shop.floor.folders.of(job.id) / JobFolders.RAW_FOREIGN
    assert raw.read_bytes()[:4] == b"glTF"
    kinds = [event.kind for event in shop.floor.store.events(job.number)]
    assert kinds.count("job.paid_for") == 1


def test_what_the_recipe_agrees_to_is_ordered_without_asking(shop: Ordering) -> None:
    job = shop.go_on(shop.job(consent="0.30"))
    assert (job.state, shop.paid()) == (S.MESHED, 1)


def test_less_than_the_price_is_no_consent(shop: Ordering) -> None:
    job = shop.go_on(shop.job(consent="0.29"))
    assert (code_of(shop), shop.paid()) == ("needs_price_consent", 0)
    refused = shop.ask("pay", job, amount="0.29")
    assert refused.code == "not_possible_now"
    assert shop.ask("pay", job, amount="0.31").code is None
    assert shop.go_on(job).state is S.MESHED


def test_after_a_restore_the_recipe_has_agreed_to_nothing(shop: Ordering) -> None:
    job = shop.job(consent="5")
    with shop.floor.store.database.write() as connection:
        hold_everything(connection, "The database was restored.")
    shop.ask("retry", job)
    shop.go_on(job)
    assert (code_of(shop), shop.paid()) == ("needs_price_consent", 0)


def test_after_a_restore_what_a_person_has_agreed_to_may_have_been_spent(shop: Ordering) -> None:
    job = shop.go_on(shop.job())
    shop.ask("pay", job)
    with shop.floor.store.database.write() as connection:
        hold_everything(connection, "The database was restored.")
    shop.ask("retry", job)
    job = shop.go_on(job)
    assert (job.state, code_of(shop), shop.paid()) == (S.HELD, "needs_price_consent", 0)
    shop.ask("pay", job)
    assert (shop.go_on(job).state, shop.paid()) == (S.MESHED, 1)


def test_after_a_restore_one_yes_pays_for_one_more_shape(shop: Ordering) -> None:
    job = shop.job(candidates=2, consent="0.30")
    shop.go_on(job)
    assert (code_of(shop), shop.paid()) == ("needs_price_consent", 1)
    with shop.floor.store.database.write() as connection:
        hold_everything(connection, "The database was restored.")
    shop.ask("retry", job)
    shop.go_on(job)
    assert (code_of(shop), shop.paid()) == ("needs_price_consent", 1)
    shop.ask("pay", job)
    assert (shop.go_on(job).state, shop.paid()) == (S.MESHED, 2)


def test_a_photo_of_little_use_is_looked_at_before_it_is_paid_for(shop: Ordering) -> None:
    job = shop.go_on(shop.job(consent="5", photo_check="hold"))
    assert (job.state, code_of(shop), shop.paid()) == (S.HELD, "photo_doubtful", 0)
    assert job.because is not None
    assert "it is small" in job.because.problem

    assert shop.ask("release", job).code is None
    job = shop.go_on(job)
    assert (job.state, shop.paid()) == (S.MESHED, 1)
    assert job.facts["photo_check"]["verdict"] == "bad"


# Budgets.


@pytest.mark.parametrize(
    ("name", "when"),
    [
        ("per_day", "It goes on tomorrow at 00:00 "),
        ("per_month", r"It goes on (tomorrow|on \w+|on 1 \w+) at 00:00 "),
        ("per_person_month", r"It goes on (tomorrow|on \w+|on 1 \w+) at 00:00 "),
    ],
)
def test_a_spent_budget_waits_and_says_so(shop: Ordering, name: str, when: str) -> None:
    shop.budget(**{name: "0.50"})
    assert shop.go_on(shop.job(1, consent="1")).state is S.MESHED

    second = shop.go_on(shop.job(2, consent="1"))
    assert (second.state, code_of(shop, 2)) == (S.RECEIVED, "budget_reached")
    assert second.because is not None
    assert f"`budget.{name}`: 0.20 € of 0.50 €" in second.because.problem
    assert re.match(when, second.because.action)
    assert shop.paid() == 1

    shop.budget(**{name: "0.60"})
    shop.floor.step(second)
    assert shop.go_on(second).state is S.MESHED
    assert shop.paid() == 2


def test_an_order_that_no_day_has_room_for_does_not_say_when(shop: Ordering) -> None:
    shop.budget(per_day="0.10")
    job = shop.go_on(shop.job(consent="1"))
    assert job.because is not None
    assert job.because.action.startswith("Raise it under `budget`")


def test_a_budget_of_keys_does_not_bind_people(shop: Ordering) -> None:
    shop.budget(per_key_month="0.10")
    assert shop.go_on(shop.job(consent="1")).state is S.MESHED


def test_the_budget_is_looked_at_again_in_the_transaction_of_the_mark(shop: Ordering) -> None:
    """Two jobs that have both been let through before: the second is not ordered."""
    shop.budget(per_day="0.30")
    first, second = shop.job(1, consent="1"), shop.job(2, consent="1")
    for job in (first, second):
        meshing.may_order(job, shop.floor.tools)
    assert shop.go_on(first).state is S.MESHED
    with pytest.raises(BudgetReached):
        shop.floor.store.begin(
            second,
            S.ORDERED,
            takes_bed=False,
            check=lambda: meshing.reserve_price(second, shop.floor.tools),
        )
    assert shop.floor.store.open_mark(second) is None
    assert shop.states(second) == []


# Refused, failed, lost.


def test_a_busy_service_is_asked_again_and_costs_once(shop: Ordering) -> None:
    shop.fal.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=429, times=2))
    job = shop.go_on(shop.job(consent="0.30"))
    assert (job.state, shop.paid(), shop.states(job)) == (S.MESHED, 1, [Paid.DELIVERED])


def test_a_refusal_frees_the_price_and_says_why(shop: Ordering) -> None:
    shop.fal.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=401))
    job = shop.go_on(shop.job(consent="0.30"))
    assert (job.state, code_of(shop), shop.states(job)) == (
        S.HELD,
        "service_key",
        [Paid.NOT_ACCEPTED],
    )
    shop.ask("retry", job)
    assert shop.go_on(job).state is S.MESHED
    assert shop.paid() == 1


def test_the_next_of_the_route_is_asked_when_one_has_failed(shop: Ordering) -> None:
    shop.fal.faults.arm(Fault(Kind.FAIL, Call.CREATE))
    job = shop.go_on(shop.job(route=["figure", "other"], consent="5"))
    assert job.state is S.MESHED
    assert job.facts["raw"]["mesher"] == "other"
    assert [entry["mesher"] for entry in job.facts["tried"]] == ["figure"]
    assert len(shop.fal.ledger.orders()) == len(shop.replicate.ledger.orders()) == 1
    assert shop.states(job) == [Paid.REFUNDED, Paid.DELIVERED]


def test_a_route_that_has_come_to_its_end_begins_anew_when_a_person_says_so(
    shop: Ordering,
) -> None:
    shop.fal.faults.arm(Fault(Kind.FAIL, Call.CREATE))
    shop.replicate.faults.arm(Fault(Kind.FAIL, Call.CREATE))
    job = shop.go_on(shop.job(route=["figure", "other"], consent="5"))
    assert (job.state, code_of(shop)) == (S.HELD, "service_failed")
    shop.ask("retry", job)
    job = shop.go_on(job)
    assert (job.state, job.facts["raw"]["mesher"]) == (S.MESHED, "figure")
    assert shop.paid() == 3


def test_an_order_in_doubt_is_never_repeated_and_a_person_resolves_it(shop: Ordering) -> None:
    shop.fal.faults.arm(Fault(Kind.DROP, Call.CREATE))
    job = shop.go_on(shop.job(route=["figure", "other"], consent="5"))
    assert (job.state, code_of(shop), job.in_doubt) == (S.HELD, "order_in_doubt", True)
    assert (shop.paid(), shop.states(job)) == (1, [Paid.SENT])
    assert shop.ask("retry", job).code == "not_possible_now"
    assert shop.ask("resolve", job, outcome="printed").code == "not_possible_now"

    (order,) = shop.fal.ledger.orders()
    answer = shop.ask("resolve-order", job, outcome="accepted", order=order.order)
    assert answer.code is None, answer
    job = shop.go_on(job)
    assert (job.state, shop.paid(), shop.states(job)) == (S.MESHED, 1, [Paid.DELIVERED])


@pytest.mark.parametrize(
    ("outcome", "kept"), [("not-accepted", Paid.NOT_ACCEPTED), ("lost", Paid.LOST)]
)
def test_what_a_person_says_of_a_lost_order_counts(
    shop: Ordering, outcome: str, kept: Paid
) -> None:
    shop.fal.faults.arm(Fault(Kind.DROP, Call.CREATE))
    job = shop.go_on(shop.job(consent="0.30"))
    assert shop.ask("resolve-order", job, outcome=outcome).code is None
    assert shop.states(job) == [kept]
    job = shop.go_on(job)
    if kept is Paid.LOST:  # the first has cost what was agreed to
        assert code_of(shop) == "needs_price_consent"
        assert job.because is not None
        assert "cost 0.30 € so far" in job.because.problem
        shop.ask("pay", job)
        job = shop.go_on(job)
    assert job.state is S.MESHED
    assert shop.states(job)[-1] is Paid.DELIVERED


def test_a_daemon_that_died_in_an_order_finds_it_where_the_service_has_a_list(
    shop: Ordering,
) -> None:
    shop.replicate.faults.arm(Fault(Kind.DROP, Call.CREATE))
    job = shop.go_on(shop.job(mesher="other", consent="5"))
    assert (job.state, shop.paid(), shop.states(job)) == (S.MESHED, 1, [Paid.DELIVERED])


def test_a_result_that_is_gone_is_owed_and_a_person_pays_again(shop: Ordering) -> None:
    shop.replicate.faults.arm(Fault(Kind.GONE, Call.CREATE))
    job = shop.go_on(shop.job(mesher="other", consent="1"))
    assert (job.state, shop.states(job)) == (S.HELD, [Paid.LOST])
    assert code_of(shop) in ("result_gone", "result_unusable")


def test_a_job_that_is_moved_in_line_while_it_is_ordered_keeps_its_order(shop: Ordering) -> None:
    job, other = shop.job(1, consent="1"), shop.job(2)
    ordered = shop.floor.tools.meshers["figure"].order

    class Moved:  # a person moves the job while the request is under way
        def __getattr__(self, name: str) -> object:
            return getattr(shop.floor.tools.meshers["kept"], name)

        def order(self, *args: Any) -> object:
            assert shop.ask("reorder", job, before=other.number).code is None
            return ordered(*args)

    meshers = shop.floor.tools.meshers
    shop.floor.tools = replace(
        shop.floor.tools,
        meshers={**meshers, "kept": meshers["figure"], "figure": Moved()},  # type: ignore[dict-item]
    )
    assert shop.floor.step(job).state is S.ORDERED
    assert (shop.paid(), shop.states(job)) == (1, [Paid.ACCEPTED])


def test_what_is_cancelled_while_it_is_made_is_owed(shop: Ordering) -> None:
    job = shop.floor.step(shop.job(consent="1"))
    assert (job.state, shop.states(job)) == (S.ORDERED, [Paid.ACCEPTED])
    shop.ask("cancel", job)
    assert shop.states(job) == [Paid.LOST]


def test_a_file_of_ours_that_cannot_be_read_says_nothing_about_an_order(shop: Ordering) -> None:
    meshers = shop.floor.tools.meshers

    class Unread:
        def __getattr__(self, name: str) -> object:
            return getattr(meshers["other"], name)

        def find(self, *_args: Any) -> object:
            raise DiskError("The picture cannot be read.")

    shop.floor.tools = replace(
        shop.floor.tools,
        meshers={**meshers, "other": Unread()},  # type: ignore[dict-item]
    )
    shop.replicate.faults.arm(Fault(Kind.DROP, Call.CREATE))
    job = shop.go_on(shop.job(mesher="other", consent="5"))
    assert (job.state, job.in_doubt, code_of(shop)) == (S.HELD, True, "order_in_doubt")
    assert (shop.paid(), shop.states(job)) == (1, [Paid.SENT])


def test_a_job_whose_mesher_is_gone_waits_for_it(shop: Ordering) -> None:
    meshers = shop.floor.tools.meshers
    shop.floor.tools = replace(shop.floor.tools, meshers={})
    job = shop.go_on(shop.job(consent="0.30"))
    assert (job.state, job.held_from, code_of(shop)) == (S.HELD, S.RECEIVED, "setting_invalid")
    shop.floor.tools = replace(shop.floor.tools, meshers=meshers)
    assert shop.ask("retry", job).code is None
    assert (shop.go_on(job).state, shop.paid()) == (S.MESHED, 1)


def test_a_fault_of_ours_loses_no_paid_result(shop: Ordering) -> None:
    job = shop.floor.step(shop.job(consent="0.30"))
    assert job.state is S.ORDERED
    meshers = shop.floor.tools.meshers
    shop.floor.tools = replace(shop.floor.tools, meshers={})  # as after a restart without it
    job = shop.go_on(job)
    assert (job.state, job.held_from, code_of(shop)) == (S.HELD, S.ORDERED, "internal_error")
    shop.floor.tools = replace(shop.floor.tools, meshers=meshers)
    assert shop.ask("retry", job).code is None
    assert (shop.go_on(job).state, shop.paid()) == (S.MESHED, 1)


# Made again.


def test_what_was_paid_is_kept_when_it_is_printed_again(shop: Ordering) -> None:
    job = shop.go_on(shop.job(consent="0.30"))
    shop.ask("cancel", job)
    again = shop.floor.store.job(int(shop.ask("again", job).values["job"]))
    assert (again.state, again.again_of, shop.paid()) == (S.MESHED, job.number, 1)
    old, new = (shop.floor.folders.of(one.id) / JobFolders.RAW_FOREIGN for one in (job, again))
    assert new.read_bytes() == old.read_bytes()

    anew = shop.floor.store.job(int(shop.ask("again", job, **{"from": "mesh"}).values["job"]))
    assert shop.go_on(anew).state is S.MESHED  # asked for by a word of its own
    assert shop.paid() == 2


# Several shapes, drafts.


def test_a_person_chooses_one_of_several_shapes(shop: Ordering) -> None:
    job = shop.go_on(shop.job(candidates=3, consent="0.90"))
    assert (job.state, shop.paid()) == (S.MESHED, 3)
    held = shop.floor.step(job)
    assert (held.state, code_of(shop)) == (S.HELD, "needs_choice")
    with Image.open(shop.floor.folders.of(job.id) / JobFolders.PREVIEW) as sheet:
        assert sheet.width == 3 * WIDTH_PX
    assert shop.ask("choose", job, number=4).code == "not_possible_now"
    assert shop.ask("choose", job, number=2).code is None
    name, raw = raw_of(shop.floor.store.job(job.number))
    assert (name, raw["mesher"]) == ("candidate-2.mesh", "figure")


def test_shapes_that_are_not_agreed_to_are_not_ordered(shop: Ordering) -> None:
    job = shop.go_on(shop.job(candidates=3, consent="0.60"))
    assert (job.state, code_of(shop), shop.paid()) == (S.HELD, "needs_price_consent", 2)


def test_of_a_draft_the_final_shape_is_ordered_when_a_person_likes_it(shop: Ordering) -> None:
    job = shop.go_on(shop.job(mesher="figure", choose=True, final_route=["other"], consent="0.30"))
    held = shop.floor.step(job)
    assert (held.state, code_of(shop)) == (S.HELD, "needs_choice")
    assert shop.ask("final", job).code is None
    job = shop.go_on(job)
    assert code_of(shop) == "needs_price_consent"  # the final one has its own price
    shop.ask("pay", job)
    job = shop.go_on(job)
    assert (job.state, job.facts["raw"]["mesher"]) == (S.MESHED, "other")
    assert shop.paid() == 2
    assert shop.floor.step(job).state is not S.HELD or code_of(shop) != "needs_choice"


def test_the_final_route_begins_with_its_first_although_the_draft_had_come_to_its_second(
    shop: Ordering,
) -> None:
    shop.replicate.faults.arm(Fault(Kind.FAIL, Call.CREATE))
    both = ["other", "figure"]
    job = shop.go_on(shop.job(route=both, choose=True, final_route=both, consent="5"))
    held = shop.floor.step(job)
    assert (code_of(shop), held.facts["raw"]["mesher"]) == ("needs_choice", "figure")
    shop.ask("final", job)
    job = shop.go_on(job)
    assert (job.state, job.facts["raw"]["mesher"]) == (S.MESHED, "other")


def test_of_a_final_shape_that_is_printed_again_nothing_is_asked(shop: Ordering) -> None:
    job = shop.go_on(shop.job(choose=True, final_route=["other"], consent="5"))
    shop.floor.step(job)
    shop.ask("final", job)
    job = shop.floor.step(shop.go_on(job))
    assert job.state is S.PRINTABLE
    shop.floor.store.cancelled(job, "Not now.", who="ann")
    again = shop.floor.store.job(shop.ask("again", job).values["job"])
    assert again.state is S.MESHED
    assert shop.floor.step(again).state is S.PRINTABLE
    assert shop.paid() == 2


def test_another_shape_can_be_chosen_when_the_first_cannot_be_printed(shop: Ordering) -> None:
    job = shop.go_on(shop.job(candidates=2, consent="0.60"))
    (shop.floor.folders.of(job.id) / "candidate-1.mesh").write_bytes(b"no mesh")
    shop.floor.step(job)
    assert code_of(shop) == "needs_choice"
    shop.ask("choose", job, number=1)
    held = shop.floor.step(shop.floor.store.job(job.number))
    assert (held.state, held.held_from) == (S.HELD, S.MESHED)
    assert shop.ask("choose", job, number=2).code is None
    assert shop.floor.step(shop.floor.store.job(job.number)).state is S.PRINTABLE
    assert shop.paid() == 2
