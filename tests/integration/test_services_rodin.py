"""The mesher at Hyper3D against a fake Rodin on sockets."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from printd.core.errors import (
    InDoubt,
    NotYet,
    OrderInDoubt,
    ResultUnusable,
    ServiceError,
    ServiceFailed,
    ServiceKey,
    ServiceTooSlow,
    SettingInvalid,
)
from tests.peers.services_at import At
from tests.peers.services_benches import BENCHES, aged, make_rodin
from tests.peers.services_faults import Call, Fault, Kind
from tests.peers.services_meshes import solid_of, written
from tests.peers.services_rodin import Rodin


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Rodin]:
    with BENCHES["rodin"].open(tmp_path / "peer") as opened:
        assert isinstance(opened, Rodin)
        yield opened
        assert opened.violations() == []


def at(tmp_path: Path, peer: Rodin, **more: Any) -> At:
    return At(tmp_path, peer, make_rodin(peer, **more))


def test_an_stl_comes_from_the_service(tmp_path: Path, peer: Rodin) -> None:
    here = at(tmp_path, peer, face_count=90_000, seed=7)
    ticket = here.finished()
    facts = here.collect(ticket)
    (paid,) = peer.ledger.orders()
    assert here.walk.out.read_bytes() == written(solid_of(paid.sha256), "stl")
    assert paid.sha256 == hashlib.sha256(here.walk.photo.read_bytes()).hexdigest()
    assert (facts["format"], facts["source"]) == ("stl", "Rodin 2.0")
    assert facts["order"] == ticket.order
    stored = peer.shelf.order(paid.order)
    assert stored is not None
    assert ticket.order == f"{paid.order}:{stored.more['subscription']}"
    assert stored.more["input"] == {
        "tier": "Gen-2",
        "geometry_file_format": "stl",
        "mesh_mode": "Raw",
        "quality_override": "90000",
        "seed": "7",
    }


def test_it_is_ready_when_all_its_jobs_are(tmp_path: Path, peer: Rodin) -> None:
    here = at(tmp_path, peer)
    ticket = here.order()
    peer.clock.skip(45)
    with pytest.raises(NotYet, match=r"[1-9] of \d parts") as pause:
        here.collect(ticket)
    assert pause.value.again_s == 10
    assert peer.count(Call.RESULT) == 0  # a list that is asked for early is not complete
    peer.clock.skip(60)
    assert here.collect(ticket)["format"] == "stl"


@pytest.mark.parametrize("status", [400, 401, 402, 403, 422])
def test_a_refusal_orders_nothing_and_leaves_no_doubt(
    tmp_path: Path, peer: Rodin, status: int
) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=status))
    with pytest.raises(ServiceError):
        here.order()
    assert here.paid == []
    assert here.find() is None
    assert peer.count(Call.CREATE) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Kind.DROP, Call.CREATE),
        Fault(Kind.CUT, Call.CREATE),
        Fault(Kind.EMPTY, Call.CREATE),
        Fault(Kind.RESET_READ, Call.CREATE),
        Fault(Kind.PAGE, Call.CREATE),
        Fault(Kind.STATUS, Call.CREATE, status=504),
    ],
    ids=lambda fault: fault.kind,
)
def test_a_lost_order_is_for_a_person_who_has_looked_into_the_account(
    tmp_path: Path, peer: Rodin, fault: Fault
) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(fault)
    with pytest.raises(InDoubt):
        here.order()
    with pytest.raises(OrderInDoubt, match="no list"):
        here.find()
    assert peer.count(Call.CREATE) == 1
    for order in here.paid:
        ticket = here.mesher.known(order)
        with pytest.raises(NotYet):
            here.collect(ticket)
        peer.clock.skip(120)
        assert here.collect(ticket)["order"] == order


def test_an_order_that_never_left_is_no_doubt(tmp_path: Path, peer: Rodin) -> None:
    assert at(tmp_path, peer).find() is None


def test_one_failed_job_among_done_ones_is_a_failure(tmp_path: Path, peer: Rodin) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.FAIL))
    with pytest.raises(ServiceFailed):
        here.collect(here.finished())


def test_states_and_fields_that_nobody_knows_are_work(tmp_path: Path, peer: Rodin) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.ODD_STATE), Fault(Kind.ODD_FIELDS))
    ticket = here.order()
    peer.clock.skip(30)
    with pytest.raises(NotYet):
        here.collect(ticket)
    peer.clock.skip(120)
    assert here.collect(ticket)["format"] == "stl"


def test_links_of_ten_minutes_are_asked_for_anew(tmp_path: Path, peer: Rodin) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.faults.arm(Fault(Kind.EXPIRED_LINK))
    with pytest.raises(NotYet):
        here.collect(ticket)
    peer.clock.skip(3600)
    assert here.collect(ticket)["format"] == "stl"
    assert peer.count(Call.RESULT) == 2


def test_an_order_without_an_end_is_given_up(tmp_path: Path, peer: Rodin) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.NEVER))
    ticket = here.finished()
    with pytest.raises(NotYet):
        here.collect(ticket)
    with pytest.raises(ServiceTooSlow):
        here.collect(aged(ticket, 3700))


def test_an_order_whose_files_are_gone_is_no_mesh_in_the_end(tmp_path: Path, peer: Rodin) -> None:
    here = at(tmp_path, peer)
    peer.faults.arm(Fault(Kind.GONE))
    ticket = here.finished()
    with pytest.raises(NotYet):
        here.collect(ticket)
    with pytest.raises(ResultUnusable, match="names no mesh"):
        here.collect(aged(ticket, 3700))


def test_a_key_that_is_refused_meanwhile_is_waited_for(tmp_path: Path, peer: Rodin) -> None:
    here = at(tmp_path, peer)
    ticket = here.finished()
    peer.faults.arm(Fault(Kind.STATUS, Call.READ, status=401))
    with pytest.raises(NotYet) as pause:
        here.collect(ticket)
    assert pause.value.code == "service_key"


def test_a_wrong_key_is_a_refusal(tmp_path: Path, peer: Rodin) -> None:
    here = at(tmp_path, peer)
    (peer.folder / "key").write_text("another\n")
    with pytest.raises(ServiceKey):
        here.order()


def test_words_that_cannot_be_an_order_are_refused(tmp_path: Path, peer: Rodin) -> None:
    mesher = at(tmp_path, peer).mesher
    for words in ("", "two words", "uuid:", ":key"):
        with pytest.raises(SettingInvalid):
            mesher.known(words)
    assert mesher.known("t-1:s-1").order == "t-1:s-1"
