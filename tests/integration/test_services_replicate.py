"""The mesher at Replicate against a fake Replicate on sockets."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from printd.core.clock import utc_now
from printd.core.errors import (
    InDoubt,
    NotYet,
    OrderInDoubt,
    ResultElsewhere,
    ResultGone,
    ResultTooLarge,
    ResultUnusable,
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
from printd.services import replicate as services
from printd.services.ticket import Ticket
from tests.peers.services_asking import photo
from tests.peers.services_at import At
from tests.peers.services_benches import BENCHES, Walk, aged, make_replicate
from tests.peers.services_faults import Call, Fault, Kind
from tests.peers.services_meshes import solid_of, written
from tests.peers.services_replicate import Replicate

FOREVER_AGO = timedelta(hours=1)


@pytest.fixture
def peer(tmp_path: Path) -> Any:
    with BENCHES["replicate"].open(tmp_path / "peer") as opened:
        yield opened
        assert opened.violations() == []


def at(tmp_path: Path, peer: Replicate, **more: Any) -> At:
    return At(tmp_path, peer, make_replicate(peer, **more))


def orders(peer: Replicate) -> int:
    return len(peer.ledger.orders())


@pytest.mark.parametrize(
    ("model", "kind"), [("hunyuan3d-3.1", "glb"), ("trellis", "glb"), ("rodin-2", "stl")]
)
def test_each_model_gives_its_mesh(tmp_path: Path, peer: Replicate, model: str, kind: str) -> None:
    here = at(tmp_path, peer, model=model)
    facts = here.collect(here.finished())
    content = here.walk.out.read_bytes()
    (paid,) = peer.ledger.orders()
    assert content == written(solid_of(paid.sha256), kind)
    assert facts["format"] == kind
    assert facts["foreign"] is True
    assert facts["up"] == "y"
    assert facts["bytes"] == len(content)
    assert facts["sha256"] == hashlib.sha256(content).hexdigest()
    assert facts["order"] == paid.order
    assert facts["source"].endswith("at Replicate")
    assert paid.sha256 == hashlib.sha256(here.walk.photo.read_bytes()).hexdigest()


@pytest.mark.parametrize("shape", ["string", "list", "object"])
def test_the_mesh_is_found_in_each_shape_of_an_answer(
    tmp_path: Path, peer: Replicate, shape: str
) -> None:
    peer.rodin_output = shape
    here = at(tmp_path, peer, model="rodin-2")
    assert here.collect(here.finished())["format"] == "stl"


@pytest.mark.parametrize(
    ("model", "more", "wanted"),
    [
        ("trellis", {"seed": 7}, {"seed": 7, "randomize_seed": False, "generate_model": True}),
        ("trellis", {}, {"generate_color": False, "mesh_simplify": 0.9}),
        ("hunyuan3d-3.1", {"face_count": 90_000}, {"face_count": 90_000}),
        ("rodin-2", {"face_count": 9_000}, {"quality_override": 9_000, "mesh_mode": "Raw"}),
        ("rodin-2", {"arguments": {"tier": "Gen-2.5-Medium"}}, {"tier": "Gen-2.5-Medium"}),
        ("hunyuan3d-3.1", {"arguments": {"generate_type": "Normal"}}, {"generate_type": "Normal"}),
    ],
)
def test_what_is_configured_is_sent(
    tmp_path: Path, peer: Replicate, model: str, more: dict[str, Any], wanted: dict[str, Any]
) -> None:
    here = at(tmp_path, peer, model=model, **more)
    stored = peer.shelf.order(here.order().order)
    assert stored is not None
    assert wanted.items() <= stored.more["input"].items()


def test_an_argument_of_another_type_is_refused_when_the_configuration_is_read(
    tmp_path: Path, peer: Replicate
) -> None:
    with pytest.raises(ValueError, match="mesh_simplify"):
        at(tmp_path, peer, model="trellis", arguments={"mesh_simplify": "much"})
    with pytest.raises(ValueError, match="which printd sets"):
        at(tmp_path, peer, arguments={"image": "https://example.test/x.png"})


def test_while_it_works_it_is_looked_at_again_less_and_less_often(
    tmp_path: Path, peer: Replicate
) -> None:
    here = at(tmp_path, peer)
    ticket = here.order()
    waits = []
    for age_s in (0, 50, 1000):
        with pytest.raises(NotYet) as pause:
            here.collect(aged(ticket, age_s))
        assert pause.value.code == "service_working"
        waits.append(pause.value.again_s)
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (2.0, 10.0)


REFUSED = [
    (400, ServiceRejected),
    (401, ServiceKey),
    (402, ServiceCredit),
    (403, ServiceKey),
    (404, ServiceRetired),
    (413, ServiceRejected),
    (415, ServiceRejected),
    (422, ServiceRejected),
]


@pytest.mark.parametrize(("status", "error"), REFUSED)
def test_a_refusal_says_what_to_do_and_nothing_is_ordered_or_in_doubt(
    tmp_path: Path, peer: Replicate, status: int, error: type[Exception]
) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=status))
    with pytest.raises(error):
        here.order()
    assert orders(peer) == 0
    assert here.find() is None
    assert peer.count(Call.LIST) == 0
    assert peer.count(Call.CREATE) == 1


@pytest.mark.parametrize("model", ["trellis", "hunyuan3d-3.1"])
def test_a_version_that_is_gone_says_where_a_newer_one_is_named(
    tmp_path: Path, peer: Replicate, model: str
) -> None:
    with pytest.raises(ServiceRetired) as retired:
        at(tmp_path, peer, model=model, version="0" * 64).order()
    assert "`version`" in retired.value.action
    assert peer.ledger.orders() == []


def test_too_many_requests_are_waited_for_as_long_as_it_asks(
    tmp_path: Path, peer: Replicate
) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=429, retry_s=47))
    with pytest.raises(ServiceAway) as away:
        here.order()
    assert away.value.again_s == 47
    assert orders(peer) == 0
    assert peer.count(Call.CREATE) == 1


LOST = [
    (Fault(Kind.DROP, Call.CREATE), 1),
    (Fault(Kind.CUT, Call.CREATE), 1),
    (Fault(Kind.EMPTY, Call.CREATE), 1),
    (Fault(Kind.STATUS, Call.CREATE, status=500, after=True), 1),
    (Fault(Kind.STATUS, Call.CREATE, status=504, after=True), 1),
    (Fault(Kind.HANG, Call.CREATE, seconds=3), 1),
    (Fault(Kind.RESET_BEFORE, Call.CREATE), 0),
    (Fault(Kind.RESET_READ, Call.CREATE), 0),
    (Fault(Kind.PAGE, Call.CREATE), 0),
    (Fault(Kind.STATUS, Call.CREATE, status=502), 0),
    (Fault(Kind.STATUS, Call.CREATE, status=503), 0),
]


@pytest.mark.parametrize(("fault", "accepted"), LOST, ids=lambda value: str(value)[:60])
def test_an_order_without_an_answer_is_found_by_the_list_or_proved_not_to_be_there(
    tmp_path: Path, peer: Replicate, fault: Fault, accepted: int
) -> None:
    here = at(tmp_path, peer, answer_s=1)
    peer.add_strangers(4)
    peer.faults.arm(fault)
    with pytest.raises(InDoubt):
        here.order()
    assert peer.count(Call.CREATE) == 1
    assert orders(peer) == accepted
    if accepted:
        ticket = here.find()
        assert ticket is not None
        assert ticket.order == peer.ledger.orders()[0].order
        peer.clock.skip(120)
        here.collect(ticket)
    else:
        with pytest.raises(InDoubt, match="may change"):
            here.find()
        assert here.walk.found(utc_now()) is None
    assert peer.count(Call.CREATE) == 1


def test_a_slow_answer_is_an_answer(tmp_path: Path, peer: Replicate) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.SLOW, Call.CREATE, seconds=0.3))
    assert here.order().order == peer.ledger.orders()[0].order


def test_of_several_orders_of_one_picture_each_is_known_by_its_own_upload(
    tmp_path: Path, peer: Replicate
) -> None:
    here = at(tmp_path, peer)
    first = here.order()
    peer.faults.arm(Fault(Kind.DROP, Call.CREATE))
    with pytest.raises(InDoubt):
        here.order()
    found = here.find()
    assert found is not None
    assert found.order != first.order
    assert {found.order, first.order} == {paid.order for paid in peer.ledger.orders()}


def test_an_order_that_never_left_is_not_looked_for(tmp_path: Path, peer: Replicate) -> None:
    assert at(tmp_path, peer).find() is None
    assert peer.requests == []


def test_an_order_whose_input_is_deleted_is_for_a_person(tmp_path: Path, peer: Replicate) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.DROP, Call.CREATE))
    with pytest.raises(InDoubt):
        here.order()
    peer.clock.skip(2 * 3600)
    with pytest.raises(OrderInDoubt):
        here.find()


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Kind.STATUS, Call.LIST, status=401),
        Fault(Kind.STATUS, Call.LIST, status=429, retry_s=3),
        Fault(Kind.STATUS, Call.LIST, status=500),
        Fault(Kind.DROP, Call.LIST),
        Fault(Kind.PAGE, Call.LIST),
        Fault(Kind.EMPTY, Call.LIST),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_list_that_cannot_be_read_leaves_the_doubt(
    tmp_path: Path, peer: Replicate, fault: Fault
) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.DROP, Call.CREATE), fault)
    with pytest.raises(InDoubt):
        here.order()
    with pytest.raises(InDoubt):
        here.find()
    assert here.find() is not None


def test_a_long_list_is_read_to_its_end(tmp_path: Path, peer: Replicate) -> None:
    peer.page_size = 3
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.DROP, Call.CREATE))
    with pytest.raises(InDoubt):
        here.order()
    for _ in range(7):
        at(tmp_path / "others", peer).order()
    assert here.find() is not None
    assert peer.count(Call.LIST) == 3


def test_a_failed_run_says_why(tmp_path: Path, peer: Replicate) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.FAIL))
    with pytest.raises(ServiceFailed, match="the worker has failed"):
        here.collect(here.finished())


def test_a_picture_that_is_refused_is_not_tried_again(tmp_path: Path, peer: Replicate) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.MODERATE))
    with pytest.raises(ServiceModerated):
        here.collect(here.finished())


def test_a_state_that_nobody_lists_ends_the_order_when_it_has_an_end(
    tmp_path: Path, peer: Replicate
) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.ODD_STATE))
    with pytest.raises(ServiceFailed, match="aborted"):
        here.collect(here.finished())


def test_a_cancelled_order_has_come_to_nothing(tmp_path: Path, peer: Replicate) -> None:
    here = at(tmp_path, peer)
    ticket = here.order()
    services.Replicate(make_replicate(peer).terms.line).cancel(ticket.order)
    with pytest.raises(ServiceFailed, match="canceled"):
        here.collect(ticket)


def test_an_order_that_never_ends_is_cancelled_and_given_up(
    tmp_path: Path, peer: Replicate
) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.NEVER))
    ticket = here.finished()
    with pytest.raises(NotYet):
        here.collect(ticket)
    with pytest.raises(ServiceTooSlow, match="60 min"):
        here.collect(aged(ticket, 3700))
    assert peer.ledger.orders()[0].ends == ["cancelled"]


def test_a_mesh_that_is_ready_after_its_time_is_taken_all_the_same(
    tmp_path: Path, peer: Replicate
) -> None:
    here = at(tmp_path, peer)
    assert here.collect(aged(here.finished(), 3700))["format"] == "glb"


def test_a_mesh_that_was_deleted_is_gone(tmp_path: Path, peer: Replicate) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.clock.skip(3700)
    with pytest.raises(ResultGone, match="deleted"):
        here.collect(ticket)


def test_an_order_that_it_does_not_know_is_gone_unless_it_is_young(
    tmp_path: Path, peer: Replicate
) -> None:
    here = at(tmp_path, peer)
    ticket = here.mesher.known("a" * 26)
    with pytest.raises(NotYet, match="too young"):
        here.collect(ticket)
    with pytest.raises(ResultGone):
        here.collect(aged(ticket, 100))


def test_a_key_that_is_refused_meanwhile_is_waited_for(tmp_path: Path, peer: Replicate) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.faults.arm(Fault(Kind.STATUS, Call.READ, status=401))
    with pytest.raises(NotYet) as pause:
        here.collect(ticket)
    assert pause.value.code == "service_key"
    assert "key_file" in pause.value.action
    here.collect(ticket)


def test_a_key_file_that_is_open_to_others_is_a_refusal(tmp_path: Path, peer: Replicate) -> None:
    here = at(tmp_path, peer)
    (peer.folder / "key").chmod(0o644)
    with pytest.raises(ServiceKey, match="others"):
        here.order()
    assert peer.requests == []


@pytest.mark.parametrize(
    "kind", [Kind.HTML, Kind.TRUNCATED, Kind.SHORT_LENGTH, Kind.LONG_LENGTH, Kind.EXPIRED_LINK]
)
def test_a_result_that_comes_damaged_is_fetched_again(
    tmp_path: Path, peer: Replicate, kind: Kind
) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.faults.arm(Fault(kind))
    with pytest.raises(NotYet):
        here.collect(ticket)
    assert not here.walk.out.exists()
    assert here.collect(ticket)["format"] == "glb"
    assert [path.name for path in here.walk.folder.glob("*.unusable")] == []
    assert peer.count(Call.CREATE) == 1


def test_bytes_that_stay_the_same_are_what_it_has_made(tmp_path: Path, peer: Replicate) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.faults.arm(Fault(Kind.HTML, times=-1))
    with pytest.raises(ResultUnusable, match="page of words"):
        here.walk.collected(ticket)
    evidence = here.walk.out.with_name(f"{here.walk.out.name}.unusable")
    assert evidence.read_bytes().startswith(b"<!doctype html>")
    assert not here.walk.out.exists()


def test_right_bytes_under_a_wrong_name_are_a_mesh(tmp_path: Path, peer: Replicate) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.faults.arm(Fault(Kind.WRONG_TYPE))
    assert here.collect(ticket)["format"] == "glb"


def test_a_result_without_an_end_is_not_taken(tmp_path: Path, peer: Replicate) -> None:
    here = at(tmp_path, peer, result_max_mb=1)
    ticket = here.finished()
    peer.faults.arm(Fault(Kind.HUGE, size=5 << 20))
    with pytest.raises(ResultTooLarge):
        here.collect(ticket)
    assert sorted(path.name for path in here.walk.folder.iterdir()) == ["for-service.bin"]


@pytest.mark.parametrize("kind", [Kind.REDIRECT_METADATA, Kind.REDIRECT_LOCAL])
def test_a_redirect_to_a_private_address_is_not_followed(
    tmp_path: Path, peer: Replicate, kind: Kind
) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.faults.arm(Fault(kind))
    with pytest.raises(ResultElsewhere):
        here.collect(ticket)


def test_results_on_a_private_address_are_not_fetched_for_a_service_far_away(
    tmp_path: Path, peer: Replicate
) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    home = make_replicate(peer)
    hosts = replace(home.terms.hosts, are_local=False)
    far = replace(home, terms=replace(home.terms, hosts=hosts))
    with pytest.raises(ResultElsewhere):
        far.collect(ticket, here.walk.photo, {}, here.walk.out)
    assert peer.count(Call.DOWNLOAD) == 0


def test_the_key_goes_to_no_host_that_is_not_named_for_it(tmp_path: Path, peer: Replicate) -> None:
    peer.assets_need_key = peer.assets_take_key = False  # a key there is a violation now
    here = at(tmp_path, peer, hosts_with_key=[])
    assert here.collect(here.finished())["format"] == "glb"


def test_a_mesh_that_is_there_is_not_fetched_again(tmp_path: Path, peer: Replicate) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    facts = here.collect(ticket)
    asked = len(peer.requests)
    assert here.collect(ticket) == facts
    assert len(peer.requests) == asked
    here.walk.out.write_bytes(b"something else")
    assert here.collect(ticket)["sha256"] == facts["sha256"]


def test_a_mesh_of_another_order_is_no_mesh_of_this_one(tmp_path: Path, peer: Replicate) -> None:
    here = at(tmp_path, peer)
    first = here.collect(here.finished())
    here.walk.photo.write_bytes(photo(5, form="JPEG"))
    second = here.collect(here.finished())
    assert second["order"] != first["order"]
    assert second["sha256"] != first["sha256"]
    assert hashlib.sha256(here.walk.out.read_bytes()).hexdigest() == second["sha256"]


def test_a_ticket_holds_all_that_another_run_needs(tmp_path: Path, peer: Replicate) -> None:
    here = at(tmp_path, peer)
    kept = json.loads(json.dumps(here.finished().as_facts()))
    again = Walk(make_replicate(peer), peer, tmp_path / "job")
    assert again.collected(Ticket.from_facts(kept))["format"] == "glb"


def test_an_order_that_a_person_has_found_is_collected(tmp_path: Path, peer: Replicate) -> None:
    here = at(tmp_path, peer)
    order = here.finished().order
    assert here.collect(here.mesher.known(order))["order"] == order
    with pytest.raises(SettingInvalid):
        here.mesher.known("https://replicate.com/p/x")
