"""The mesher at Tripo against a fake Tripo on sockets."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from printd.core.errors import (
    InDoubt,
    NotYet,
    OrderInDoubt,
    ResultGone,
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
from tests.peers.services_benches import BENCHES, aged, make_tripo
from tests.peers.services_calls import Refused
from tests.peers.services_faults import Call, Fault, Kind
from tests.peers.services_http import Reply, Request
from tests.peers.services_meshes import solid_of, written
from tests.peers.services_tripo import Tripo


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Tripo]:
    with BENCHES["tripo"].open(tmp_path / "peer") as opened:
        assert isinstance(opened, Tripo)
        yield opened
        assert opened.violations() == []


def at(tmp_path: Path, peer: Tripo, **more: Any) -> At:
    return At(tmp_path, peer, make_tripo(peer, **more))


def given(peer: Tripo, order: str) -> dict[str, Any]:
    stored = peer.shelf.order(order)
    assert stored is not None
    return {key: value for key, value in stored.more["input"].items() if key != "input"}


PLAIN = {"model": "v3.1-20260211", "texture": False, "pbr": False, "export_uv": False}


def test_a_mesh_without_texture_comes_of_an_upload(tmp_path: Path, peer: Tripo) -> None:
    here = at(tmp_path, peer)
    facts = here.collect(here.finished())
    (paid,) = peer.ledger.orders()
    content = here.walk.out.read_bytes()
    assert content == written(solid_of(paid.sha256), "glb")
    assert paid.sha256 == hashlib.sha256(here.walk.photo.read_bytes()).hexdigest()
    assert paid.price == 20
    assert (facts["format"], facts["source"]) == ("glb", "Tripo v3.1")
    assert given(peer, paid.order) == PLAIN
    assert (peer.count(Call.UPLOAD), peer.count(Call.CREATE)) == (1, 1)


def test_only_what_differs_from_the_defaults_is_sent(tmp_path: Path, peer: Tripo) -> None:
    here = at(tmp_path, peer, face_count=90_000, detail="detailed", seed=7)
    more = {"face_limit": 90_000, "geometry_quality": "detailed", "model_seed": 7}
    assert given(peer, here.order().order) == PLAIN | more


@pytest.mark.parametrize("key", ["model_url", "pbr_model_url", "model", "pbr_model"])
def test_the_mesh_is_found_under_each_of_its_names(tmp_path: Path, peer: Tripo, key: str) -> None:
    peer.output_key = key
    here = at(tmp_path, peer)
    assert here.collect(here.finished())["format"] == "glb"


@pytest.mark.parametrize("as_200", [False, True])
@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, 1002, ServiceKey),
        (400, 1003, ServiceRejected),
        (400, 1004, ServiceRejected),
        (403, 1005, ServiceKey),
        (400, 2008, ServiceModerated),
        (403, 2010, ServiceCredit),
        (429, 2000, ServiceAway),
    ],
)
def test_the_code_of_a_refusal_tells_what_it_is_whatever_its_status(
    tmp_path: Path,
    peer: Tripo,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: int,
    error: type[Exception],
    *,
    as_200: bool,
) -> None:
    here = at(tmp_path, peer)
    peer.errors_as_200 = as_200

    def refuse(_request: Request) -> Reply:
        raise Refused(status, "no", code=code)

    monkeypatch.setattr(peer, "_create", refuse)
    with pytest.raises(error):
        here.order()
    assert here.find(()) is None
    assert (peer.count(Call.CREATE), peer.count(Call.LIST)) == (1, 0)


def test_a_server_error_in_an_envelope_leaves_a_doubt(
    tmp_path: Path, peer: Tripo, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = at(tmp_path, peer)
    peer.errors_as_200 = True

    def refuse(_request: Request) -> Reply:
        raise Refused(500, "fatal", code=1001)

    monkeypatch.setattr(peer, "_create", refuse)
    with pytest.raises(InDoubt):
        here.order()


def test_an_upload_that_fails_orders_nothing(tmp_path: Path, peer: Tripo) -> None:
    here = at(tmp_path, peer)
    for fault in (Fault(Kind.DROP, Call.UPLOAD), Fault(Kind.STATUS, Call.UPLOAD, status=500)):
        peer.faults.arm(fault)
        with pytest.raises(ServiceAway):
            here.order()
    assert peer.count(Call.CREATE) == 0
    assert here.find(()) is None


LOST = [
    (Fault(Kind.DROP, Call.CREATE), 1),
    (Fault(Kind.CUT, Call.CREATE), 1),
    (Fault(Kind.EMPTY, Call.CREATE), 1),
    (Fault(Kind.STATUS, Call.CREATE, status=502, after=True), 1),
    (Fault(Kind.RESET_BEFORE, Call.CREATE), 0),
    (Fault(Kind.RESET_READ, Call.CREATE), 0),
    (Fault(Kind.PAGE, Call.CREATE), 0),
    (Fault(Kind.STATUS, Call.CREATE, status=503), 0),
]


@pytest.mark.parametrize(("fault", "accepted"), LOST, ids=lambda value: str(value)[:40])
def test_a_lost_order_is_known_by_its_upload_among_those_of_others(
    tmp_path: Path, peer: Tripo, fault: Fault, accepted: int
) -> None:
    other = at(tmp_path / "other", peer).order()
    peer.requests.clear()
    here = at(tmp_path, peer)
    peer.faults.arm(fault)
    with pytest.raises(InDoubt):
        here.order()
    assert len(here.paid) == 1 + accepted
    if accepted:
        found = here.find()
        assert found is not None
        assert found.order == here.paid[-1] != other.order
    else:
        with pytest.raises(InDoubt, match="may change"):
            at(tmp_path, peer, lands_s=60).find()
        assert at(tmp_path, peer, lands_s=1e-6).find() is None
    assert peer.count(Call.CREATE) == 1


def test_orders_that_show_nothing_of_what_they_were_given_are_for_a_person(
    tmp_path: Path, peer: Tripo
) -> None:
    here = at(tmp_path, peer, lands_s=1e-6)
    peer.faults.arm(Fault(Kind.RESET_READ, Call.CREATE))
    with pytest.raises(InDoubt):
        here.order()
    peer.add_strangers(2)
    with pytest.raises(OrderInDoubt):
        here.find(())


def test_a_usage_that_cannot_be_read_leaves_the_doubt(tmp_path: Path, peer: Tripo) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.DROP, Call.CREATE))
    with pytest.raises(InDoubt):
        here.order()
    for fault in (
        Fault(Kind.STATUS, Call.LIST, status=401),
        Fault(Kind.DROP, Call.LIST),
        Fault(Kind.STATUS, Call.READ, status=503),
    ):
        peer.faults.arm(fault)
        with pytest.raises(InDoubt):
            here.find()
    assert here.find() is not None


@pytest.mark.parametrize("older_form", [False, True])
def test_a_failed_task_says_why(tmp_path: Path, peer: Tripo, *, older_form: bool) -> None:
    peer.older_form = older_form
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.FAIL))
    with pytest.raises(ServiceFailed, match="the worker has failed"):
        here.collect(here.finished())
    assert peer.ledger.spent() == 0


def test_a_banned_picture_says_so(tmp_path: Path, peer: Tripo) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.MODERATE))
    with pytest.raises(ServiceModerated):
        here.collect(here.finished())


def test_states_that_nobody_knows_are_work(tmp_path: Path, peer: Tripo) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.ODD_STATE), Fault(Kind.ODD_FIELDS))
    ticket = here.order()
    for _ in range(2):
        peer.clock.skip(25)
        with pytest.raises(NotYet, match=r"\d+ %"):
            here.collect(ticket)
    peer.clock.skip(60)
    assert here.collect(ticket)["format"] == "glb"


def test_it_is_looked_at_again_less_and_less_often_and_given_up(
    tmp_path: Path, peer: Tripo
) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.NEVER))
    ticket = here.finished()
    waits = []
    for age_s in (0, 100, 3000):
        with pytest.raises(NotYet) as pause:
            here.collect(aged(ticket, age_s))
        waits.append(pause.value.again_s)
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (2.0, 30.0)
    with pytest.raises(ServiceTooSlow):
        here.collect(aged(ticket, 3700))


def test_an_expired_result_is_gone(tmp_path: Path, peer: Tripo) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.GONE))
    with pytest.raises(ResultGone):
        here.collect(here.finished())


def test_a_signed_address_that_has_expired_is_asked_for_anew(tmp_path: Path, peer: Tripo) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.faults.arm(Fault(Kind.EXPIRED_LINK))
    with pytest.raises(NotYet):
        here.collect(ticket)
    assert here.collect(ticket)["format"] == "glb"


def test_a_key_that_is_refused_meanwhile_is_waited_for(tmp_path: Path, peer: Tripo) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.errors_as_200 = True
    peer.faults.arm(Fault(Kind.STATUS, Call.READ, status=401))
    with pytest.raises(NotYet) as pause:
        here.collect(ticket)
    assert pause.value.code == "service_key"
    assert here.collect(ticket)["format"] == "glb"


def test_a_task_that_a_person_has_found_is_collected(tmp_path: Path, peer: Tripo) -> None:
    here = at(tmp_path, peer)
    order = here.finished().order
    assert here.collect(here.mesher.known(order))["order"] == order
    with pytest.raises(SettingInvalid):
        here.mesher.known("a/b")
