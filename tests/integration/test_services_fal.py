"""The mesher at fal against a fake fal on sockets."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from printd.core.errors import (
    InDoubt,
    NotYet,
    OrderInDoubt,
    ResultElsewhere,
    ResultGone,
    ResultTooLarge,
    ServiceAway,
    ServiceCredit,
    ServiceFailed,
    ServiceKey,
    ServiceModerated,
    ServiceRejected,
    ServiceRetired,
    ServiceTooSlow,
    SettingInvalid,
)
from tests.peers.services_at import At
from tests.peers.services_benches import BENCHES, Walk, aged, make_fal
from tests.peers.services_fal import Fal
from tests.peers.services_faults import Call, Fault, Kind
from tests.peers.services_http import Reply, Request, Site, json_reply
from tests.peers.services_meshes import solid_of, written


@pytest.fixture
def peer(tmp_path: Path) -> Any:
    with BENCHES["fal"].open(tmp_path / "peer") as opened:
        yield opened
        assert opened.violations() == []


def at(tmp_path: Path, peer: Fal, **more: Any) -> At:
    return At(tmp_path, peer, make_fal(peer, **more))


MODELS = {
    "trellis-2-512": 0.25,
    "trellis-2-1024": 0.3,
    "trellis-2-1536": 0.35,
    "hunyuan3d-3.1": 0.375,
    "hunyuan3d-3.1-rapid": 0.225,
}


@pytest.mark.parametrize(("model", "price"), MODELS.items())
def test_each_model_gives_its_mesh_at_no_more_than_its_price(
    tmp_path: Path, peer: Fal, model: str, price: float
) -> None:
    here = at(tmp_path, peer, model=model)
    facts = here.collect(here.finished())
    (paid,) = peer.ledger.orders()
    assert here.walk.out.read_bytes() == written(solid_of(paid.sha256), "glb")
    assert paid.sha256 == hashlib.sha256(here.walk.photo.read_bytes()).hexdigest()
    assert paid.price == price
    assert float(here.mesher.price_usd(here.walk.photo, {})) >= price
    assert (facts["format"], facts["up"], facts["order"]) == ("glb", "y", paid.order)
    assert facts["source"].partition(",")[0].endswith("at fal")


@pytest.mark.parametrize(
    ("model", "more", "wanted"),
    [
        ("trellis-2-512", {"seed": 3}, {"seed": 3, "resolution": 512}),
        ("trellis-2-1536", {"face_count": 200_000}, {"decimation_target": 200_000}),
        ("trellis-2-1024", {"arguments": {"resolution": "1024"}}, {"resolution": "1024"}),
        ("hunyuan3d-3.1", {"face_count": 60_000}, {"face_count": 60_000}),
        ("hunyuan3d-3.1-rapid", {}, {"enable_geometry": True}),
    ],
)
def test_what_is_configured_is_sent(
    tmp_path: Path, peer: Fal, model: str, more: dict[str, Any], wanted: dict[str, Any]
) -> None:
    here = at(tmp_path, peer, model=model, **more)
    stored = peer.shelf.order(here.order().order)
    assert stored is not None
    assert wanted.items() <= stored.more["input"].items()
    assert stored.more["wrong"] == []


def test_a_request_is_looked_at_where_the_answer_says(tmp_path: Path, peer: Fal) -> None:
    here = at(tmp_path, peer, model="hunyuan3d-3.1")
    details = here.order().details
    assert details["status_url"].startswith(f"{peer.url}/fal-ai/hunyuan-3d/requests/")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ServiceRejected),
        (401, ServiceKey),
        (402, ServiceCredit),
        (403, ServiceKey),
        (404, ServiceRetired),
        (413, ServiceRejected),
        (415, ServiceRejected),
        (422, ServiceRejected),
    ],
)
def test_a_refusal_says_what_to_do_and_nothing_is_ordered_or_in_doubt(
    tmp_path: Path, peer: Fal, status: int, error: type[Exception]
) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=status))
    with pytest.raises(error):
        here.order()
    assert peer.ledger.orders() == []
    assert peer.count(Call.CREATE) == 1
    assert here.find() is None


def test_a_locked_account_is_one_without_credit(tmp_path: Path) -> None:
    with BENCHES["fal"].open(tmp_path / "peer", balance=0.1) as peer:
        assert isinstance(peer, Fal)
        with pytest.raises(ServiceCredit, match="Exhausted balance"):
            at(tmp_path, peer).order()


def test_too_many_requests_are_waited_for_as_long_as_it_asks(tmp_path: Path, peer: Fal) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=429, retry_s=47))
    with pytest.raises(ServiceAway) as away:
        here.order()
    assert away.value.again_s == 47
    assert peer.ledger.orders() == []


@pytest.mark.parametrize(
    ("fault", "accepted"),
    [
        (Fault(Kind.DROP, Call.CREATE), 1),
        (Fault(Kind.CUT, Call.CREATE), 1),
        (Fault(Kind.EMPTY, Call.CREATE), 1),
        (Fault(Kind.STATUS, Call.CREATE, status=503, after=True), 1),
        (Fault(Kind.HANG, Call.CREATE, seconds=3), 1),
        (Fault(Kind.RESET_BEFORE, Call.CREATE), 0),
        (Fault(Kind.RESET_READ, Call.CREATE), 0),
        (Fault(Kind.PAGE, Call.CREATE), 0),
        (Fault(Kind.STATUS, Call.CREATE, status=502), 0),
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_order_without_an_answer_is_for_a_person(
    tmp_path: Path, peer: Fal, fault: Fault, accepted: int
) -> None:
    here = at(tmp_path, peer, answer_s=1)
    peer.faults.arm(fault)
    with pytest.raises(InDoubt):
        here.order()
    assert peer.count(Call.CREATE) == 1
    with pytest.raises(OrderInDoubt, match="lists no orders"):
        here.find()
    orders = peer.ledger.orders()
    assert len(orders) == accepted
    if accepted:
        peer.clock.skip(120)
        assert here.collect(here.mesher.known(orders[0].order))["format"] == "glb"
    assert peer.count(Call.CREATE) == 1


@pytest.mark.parametrize("model", ["trellis-2-512", "hunyuan3d-3.1"])
def test_a_request_that_a_person_has_found_is_collected(
    tmp_path: Path, peer: Fal, model: str
) -> None:
    here = at(tmp_path, peer, model=model)
    ticket = here.finished()
    known = here.mesher.known(ticket.order.upper())
    assert {**known.details, "ordered_at": ""} == {**ticket.details, "ordered_at": ""}
    assert here.collect(known)["order"] == ticket.order


def test_addresses_of_other_hosts_in_an_answer_are_not_used(tmp_path: Path, peer: Fal) -> None:
    there = f"{peer.trap_url}/fal-ai/trellis-2/requests/x"
    named = {"status_url": there, "response_url": there, "cancel_url": 5}

    def answer(_request: Request) -> Reply:
        return json_reply(200, {"request_id": "x", **named})

    with Site(answer) as site:
        here = at(tmp_path, peer, base_url=site.url)
        details = here.order().details
        assert details["status_url"] == f"{site.url}/fal-ai/trellis-2/requests/x/status"
        assert details["response_url"] == f"{site.url}/fal-ai/trellis-2/requests/x"
        assert details["cancel_url"] == f"{site.url}/fal-ai/trellis-2/requests/x/cancel"


def test_an_order_that_never_left_is_in_no_doubt(tmp_path: Path, peer: Fal) -> None:
    assert at(tmp_path, peer).find() is None


def test_the_id_of_a_request_is_a_uuid(tmp_path: Path, peer: Fal) -> None:
    with pytest.raises(SettingInvalid, match="no request of fal"):
        at(tmp_path, peer).mesher.known("../../else")


def test_while_it_works_it_is_looked_at_again(tmp_path: Path, peer: Fal) -> None:
    here = at(tmp_path, peer)
    ticket = here.order()
    for seconds in (0, 10, 20):
        peer.clock.skip(seconds)
        with pytest.raises(NotYet) as pause:
            here.collect(ticket)
        assert (pause.value.code, pause.value.again_s) == ("service_working", 2.0)


def test_a_state_that_nobody_lists_goes_on(tmp_path: Path, peer: Fal) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.ODD_STATE), Fault(Kind.ODD_FIELDS))
    ticket = here.order()
    peer.clock.skip(20)
    with pytest.raises(NotYet):
        here.collect(ticket)
    peer.clock.skip(100)
    assert here.collect(ticket)["format"] == "glb"


@pytest.mark.parametrize("is_plain", [False, True])
@pytest.mark.parametrize(
    ("kind", "error"), [(Kind.FAIL, ServiceFailed), (Kind.MODERATE, ServiceModerated)]
)
def test_completed_is_not_success(
    tmp_path: Path, peer: Fal, kind: Kind, error: type[Exception], is_plain: bool
) -> None:
    peer.plain_detail = is_plain
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(kind))
    with pytest.raises(error):
        here.collect(here.finished())


@pytest.mark.parametrize("is_plain", [False, True])
def test_wrong_arguments_are_told_by_the_model_itself(
    tmp_path: Path, peer: Fal, is_plain: bool
) -> None:
    peer.plain_detail = is_plain
    here = at(tmp_path, peer, arguments={"ss_sampling_steps": 900})
    with pytest.raises(ServiceFailed, match="at most 50"):
        here.collect(here.finished())


def test_a_request_that_was_cancelled_has_come_to_nothing(tmp_path: Path, peer: Fal) -> None:
    here = at(tmp_path, peer)
    ticket = here.order()
    order = peer.shelf.order(ticket.order)
    assert order is not None
    order.cancelled = peer.clock.now()
    with pytest.raises(ServiceFailed, match="cancelled"):
        here.collect(ticket)


def test_a_request_that_never_ends_is_cancelled_and_given_up(tmp_path: Path, peer: Fal) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.NEVER))
    ticket = here.finished()
    with pytest.raises(ServiceTooSlow):
        here.collect(aged(ticket, 3700))
    assert peer.ledger.orders()[0].ends == ["cancelled"]


@pytest.mark.parametrize(("padding", "lives_s"), [(0, 3600), (20_000, 360)])
def test_a_result_is_gone_when_its_time_is_over(
    tmp_path: Path, peer: Fal, padding: int, lives_s: float
) -> None:
    peer.padding = padding
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.clock.skip(lives_s - 100)
    here.collect(ticket)
    late = Walk(here.mesher, peer, tmp_path / "late")
    peer.clock.skip(200)
    with pytest.raises(ResultGone, match="deleted"):
        late.mesher.collect(ticket, late.photo, {}, late.out)


def test_a_key_that_is_refused_meanwhile_is_waited_for(tmp_path: Path, peer: Fal) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    for call in (Call.READ, Call.RESULT):
        peer.faults.arm(Fault(Kind.STATUS, call, status=401))
        with pytest.raises(NotYet, match="refused"):
            here.collect(ticket)
    assert here.collect(ticket)["format"] == "glb"


@pytest.mark.parametrize("call", [Call.READ, Call.RESULT])
@pytest.mark.parametrize(
    "kind", [Kind.DROP, Kind.CUT, Kind.RESET_BEFORE, Kind.PAGE, Kind.EMPTY, Kind.STATUS]
)
def test_a_look_that_fails_is_repeated(tmp_path: Path, peer: Fal, call: Call, kind: Kind) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.faults.arm(Fault(kind, call))
    with pytest.raises(ServiceAway):
        here.collect(ticket)
    assert here.collect(ticket)["format"] == "glb"
    assert peer.count(Call.CREATE) == 1


@pytest.mark.parametrize(
    "kind", [Kind.HTML, Kind.TRUNCATED, Kind.SHORT_LENGTH, Kind.LONG_LENGTH, Kind.EXPIRED_LINK]
)
def test_a_result_that_comes_damaged_is_fetched_again(
    tmp_path: Path, peer: Fal, kind: Kind
) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.faults.arm(Fault(kind))
    with pytest.raises(NotYet):
        here.collect(ticket)
    assert here.collect(ticket)["format"] == "glb"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(Kind.HUGE, size=5 << 20), ResultTooLarge),
        (Fault(Kind.REDIRECT_METADATA), ResultElsewhere),
        (Fault(Kind.REDIRECT_LOCAL), ResultElsewhere),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_too_large_or_elsewhere_is_not_taken(
    tmp_path: Path, peer: Fal, fault: Fault, error: type[Exception]
) -> None:
    here = at(tmp_path, peer, result_max_mb=1)
    ticket = here.finished()
    peer.faults.arm(fault)
    with pytest.raises(error):
        here.collect(ticket)
    assert not here.walk.out.exists()
