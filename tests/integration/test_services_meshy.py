"""The mesher at Meshy against a fake Meshy on sockets."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from printd.core.errors import (
    InDoubt,
    NotYet,
    OrderInDoubt,
    ResultElsewhere,
    ResultGone,
    ResultUnusable,
    ServiceAway,
    ServiceCredit,
    ServiceFailed,
    ServiceKey,
    ServiceModerated,
    ServiceRejected,
    ServiceTooSlow,
    SettingInvalid,
)
from tests.peers.services_at import At
from tests.peers.services_benches import BENCHES, aged, make_meshy
from tests.peers.services_faults import Call, Fault, Kind
from tests.peers.services_meshes import solid_of, written
from tests.peers.services_meshy import Meshy


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Meshy]:
    with BENCHES["meshy"].open(tmp_path / "peer") as opened:
        assert isinstance(opened, Meshy)
        yield opened
        assert opened.violations() == []


def at(tmp_path: Path, peer: Meshy, **more: Any) -> At:
    return At(tmp_path, peer, make_meshy(peer, **more))


@pytest.mark.parametrize(
    ("model", "credits", "label"), [("meshy-5", 5, "Meshy 5"), ("meshy-6", 20, "Meshy 6")]
)
def test_each_model_gives_a_mesh_without_texture_of_so_many_faces(
    tmp_path: Path, peer: Meshy, model: str, credits: int, label: str
) -> None:
    here = at(tmp_path, peer, model=model, face_count=123_000)
    facts = here.collect(here.finished())
    (paid,) = peer.ledger.orders()
    content = here.walk.out.read_bytes()
    assert content == written(solid_of(paid.sha256), "glb")
    assert paid.sha256 == hashlib.sha256(here.walk.photo.read_bytes()).hexdigest()
    assert (paid.model, paid.price) == (model, credits)
    assert facts == {
        "foreign": True,
        "format": "glb",
        "up": "y",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "source": label,
        "order": paid.order,
    }
    stored = peer.shelf.order(paid.order)
    assert stored is not None
    given = {key: value for key, value in stored.more["input"].items() if key != "image_url"}
    assert given == {
        "ai_model": model,
        "should_texture": False,
        "should_remesh": True,
        "topology": "triangle",
        "target_polycount": 123_000,
        "symmetry_mode": "auto",
        "target_formats": ["glb", "stl"],
    }


def test_while_it_works_it_is_asked_again_when_it_says(tmp_path: Path, peer: Meshy) -> None:
    here = at(tmp_path, peer)
    ticket = here.order()
    with pytest.raises(NotYet, match="before it") as waiting:
        here.collect(ticket)
    peer.clock.skip(30)
    with pytest.raises(NotYet, match=r"\d+ %") as working:
        here.collect(ticket)
    assert {waiting.value.again_s, working.value.again_s} == {5.0}
    assert waiting.value.code == working.value.code == "service_working"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ServiceRejected),
        (401, ServiceKey),
        (402, ServiceCredit),
        (403, ServiceKey),
        (422, ServiceRejected),
    ],
)
def test_a_refusal_orders_nothing_and_leaves_no_doubt(
    tmp_path: Path, peer: Meshy, status: int, error: type[Exception]
) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=status))
    with pytest.raises(error):
        here.order()
    assert here.paid == []
    assert here.find(()) is None
    assert (peer.count(Call.CREATE), peer.count(Call.LIST)) == (1, 0)


def test_an_empty_account_and_a_full_queue_are_told_apart(tmp_path: Path, peer: Meshy) -> None:
    here = at(tmp_path, peer)
    peer.queue_depth = 0
    with pytest.raises(ServiceAway, match="busy"):
        here.order()
    peer.queue_depth, peer.balance = 10, 3
    with pytest.raises(ServiceCredit, match="Insufficient credits"):
        here.order()
    assert here.paid == []


def lose(here: At, fault: Fault) -> None:
    here.peer.faults.arm(fault)
    with pytest.raises(InDoubt):
        here.order()
    assert here.peer.count(Call.CREATE) == 1


ACCEPTED = [
    Fault(Kind.DROP, Call.CREATE),
    Fault(Kind.CUT, Call.CREATE),
    Fault(Kind.EMPTY, Call.CREATE),
    Fault(Kind.STATUS, Call.CREATE, status=500, after=True),
]
NOT_ACCEPTED = [
    Fault(Kind.RESET_BEFORE, Call.CREATE),
    Fault(Kind.RESET_READ, Call.CREATE),
    Fault(Kind.PAGE, Call.CREATE),
    Fault(Kind.STATUS, Call.CREATE, status=503),
]


@pytest.mark.parametrize("fault", ACCEPTED, ids=lambda fault: fault.kind)
def test_a_lost_order_is_the_only_one_that_belongs_to_nobody_else(
    tmp_path: Path, peer: Meshy, fault: Fault
) -> None:
    other = at(tmp_path / "other", peer).order()
    peer.requests.clear()
    here = at(tmp_path, peer)
    lose(here, fault)
    found = here.find({other.order})
    assert found is not None
    assert found.order == here.paid[-1] != other.order
    assert peer.count(Call.CREATE) == 1
    peer.clock.skip(120)
    assert here.collect(found)["order"] == found.order


@pytest.mark.parametrize("fault", NOT_ACCEPTED, ids=lambda fault: fault.kind)
def test_an_order_that_no_list_shows_was_not_accepted_once_it_could_show(
    tmp_path: Path, peer: Meshy, fault: Fault
) -> None:
    other = at(tmp_path / "other", peer).order()
    peer.requests.clear()
    here = at(tmp_path, peer, lands_s=60)
    lose(here, fault)
    with pytest.raises(InDoubt, match="may change"):
        here.find({other.order})
    assert at(tmp_path, peer, lands_s=1e-6).find({other.order}) is None
    assert here.paid == [other.order]


def test_orders_that_cannot_be_told_apart_are_named_to_a_person(
    tmp_path: Path, peer: Meshy
) -> None:
    here = at(tmp_path, peer)
    lose(here, Fault(Kind.DROP, Call.CREATE))
    ours = here.paid[0]
    with pytest.raises(OrderInDoubt, match=ours):  # which orders are others' is not known
        here.find()
    with pytest.raises(OrderInDoubt, match=ours):
        at(tmp_path, peer, shared_account=True).find(())
    peer.add_strangers(3)
    with pytest.raises(OrderInDoubt, match=ours):
        here.find(())
    ticket = here.mesher.known(ours)
    peer.clock.skip(120)
    assert here.collect(ticket)["order"] == ours


def test_a_list_of_several_pages_is_read_back_to_the_order(tmp_path: Path, peer: Meshy) -> None:
    here = at(tmp_path, peer)
    lose(here, Fault(Kind.DROP, Call.CREATE))
    peer.add_strangers(60)
    strangers = {order.id for order in peer.shelf.orders()} - set(here.paid)
    found = here.find(strangers)
    assert found is not None
    assert found.order == here.paid[0]
    assert peer.count(Call.LIST) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Kind.STATUS, Call.LIST, status=401),
        Fault(Kind.STATUS, Call.LIST, status=500),
        Fault(Kind.PAGE, Call.LIST),
        Fault(Kind.EMPTY, Call.LIST),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_list_that_cannot_be_read_leaves_the_doubt(
    tmp_path: Path, peer: Meshy, fault: Fault
) -> None:
    here = at(tmp_path, peer)
    lose(here, Fault(Kind.DROP, Call.CREATE))
    peer.faults.arm(fault)
    with pytest.raises(InDoubt):
        here.find(())
    assert here.find(()) is not None


def test_an_order_that_never_left_is_not_looked_for(tmp_path: Path, peer: Meshy) -> None:
    assert at(tmp_path, peer).find() is None
    assert peer.requests == []


def test_a_failed_task_says_why_and_was_given_back(tmp_path: Path, peer: Meshy) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.FAIL))
    with pytest.raises(ServiceFailed, match="the worker has failed"):
        here.collect(here.finished())
    assert peer.ledger.spent() == 0


def test_a_picture_that_is_refused_says_so(tmp_path: Path, peer: Meshy) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.MODERATE))
    with pytest.raises(ServiceModerated, match="sensitive"):
        here.collect(here.finished())


def test_a_state_that_nobody_knows_is_work(tmp_path: Path, peer: Meshy) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.ODD_STATE), Fault(Kind.ODD_FIELDS))
    ticket = here.order()
    peer.clock.skip(30)
    with pytest.raises(NotYet):
        here.collect(ticket)
    peer.clock.skip(120)
    assert here.collect(ticket)["format"] == "glb"


def test_a_task_that_never_ends_is_given_up_after_an_hour(tmp_path: Path, peer: Meshy) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.NEVER))
    ticket = here.finished()
    with pytest.raises(NotYet):
        here.collect(ticket)
    with pytest.raises(ServiceTooSlow, match="60 min"):
        here.collect(aged(ticket, 3700))


def test_a_task_of_more_than_three_days_is_gone(tmp_path: Path, peer: Meshy) -> None:
    here = at(tmp_path, peer, lands_s=60)
    ticket = here.finished()
    peer.clock.skip(4 * 86400)
    with pytest.raises(NotYet, match="It may be too young"):  # by our clock it has just been made
        here.collect(ticket)
    with pytest.raises(ResultGone):
        at(tmp_path, peer, lands_s=1e-6).collect(ticket)


def test_a_link_that_has_expired_is_asked_for_anew(tmp_path: Path, peer: Meshy) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.faults.arm(Fault(Kind.EXPIRED_LINK))
    with pytest.raises(NotYet):
        here.collect(ticket)
    assert here.collect(ticket)["format"] == "glb"
    assert peer.count(Call.READ) == 2


def test_a_key_that_is_refused_meanwhile_is_waited_for(tmp_path: Path, peer: Meshy) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.faults.arm(Fault(Kind.STATUS, Call.READ, status=401))
    with pytest.raises(NotYet) as pause:
        here.collect(ticket)
    assert pause.value.code == "service_key"
    assert here.collect(ticket)["format"] == "glb"


def test_what_is_no_mesh_however_often_it_is_fetched_is_unusable(
    tmp_path: Path, peer: Meshy
) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.faults.arm(Fault(Kind.HTML, times=-1))
    with pytest.raises(ResultUnusable):
        here.walk.collected(ticket)
    assert not here.walk.out.exists()


def test_a_redirect_to_a_private_address_is_not_followed(tmp_path: Path, peer: Meshy) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.faults.arm(Fault(Kind.REDIRECT_LOCAL))
    with pytest.raises(ResultElsewhere):
        here.collect(ticket)


def test_a_mesh_that_is_there_is_not_fetched_again(tmp_path: Path, peer: Meshy) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    facts = here.collect(ticket)
    asked = len(peer.requests)
    assert here.collect(ticket) == facts
    assert len(peer.requests) == asked


def test_a_word_that_cannot_be_a_task_is_refused(tmp_path: Path, peer: Meshy) -> None:
    with pytest.raises(SettingInvalid):
        at(tmp_path, peer).mesher.known("../balance")
