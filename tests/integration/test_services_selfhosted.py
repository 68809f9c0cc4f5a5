"""Meshers that ask a server at home: Hunyuan3D-2, 2.1 and LocalAI, against fakes on sockets."""

from pathlib import Path
from typing import Any

import pytest

from printd.core.clock import utc_now
from printd.core.errors import (
    NotYet,
    ResultTooLarge,
    ResultUnusable,
    ServiceAway,
    ServiceFailed,
    ServiceKey,
    ServiceRejected,
    ServiceRetired,
    SettingInvalid,
)
from printd.core.service_config import HunyuanServerMesherConfig
from printd.meshers import hunyuan_server
from printd.services.ticket import Ticket
from tests.peers.services_benches import BENCHES, Walk, make_hunyuan, make_localai
from tests.peers.services_benches import key_file as key_of
from tests.peers.services_faults import Call, Fault, Kind
from tests.peers.services_http import Reply, Request, Site
from tests.peers.services_hunyuan import Hunyuan
from tests.peers.services_localai import LocalAI

HOME = ("hunyuan", "localai")
at_home = pytest.mark.parametrize("name", HOME)


def walk(tmp_path: Path, peer: Any, **more: Any) -> Walk:
    make = make_hunyuan if isinstance(peer, Hunyuan) else make_localai
    return Walk(make(peer, **more), peer, tmp_path / "job")


@pytest.mark.parametrize(("generation", "kind"), [("2.0", "stl"), ("2.1", "glb")])
def test_hunyuan_answers_with_the_mesh(tmp_path: Path, generation: str, kind: str) -> None:
    with BENCHES["hunyuan"].open(tmp_path / "peer") as peer:
        assert isinstance(peer, Hunyuan)
        peer.generation = generation
        one = walk(tmp_path, peer, model=generation)
        ticket = one.mesher.order(one.photo, {})
        asked = len(peer.requests)
        facts = one.mesher.collect(ticket, one.photo, {}, one.out)
        assert len(peer.requests) == asked, "the answer is there already"
        assert facts["format"] == kind
        assert facts["up"] == "y"
        assert one.out.stat().st_size == facts["bytes"]
        assert [path.name for path in one.folder.glob("answer-*")] == []
        assert one.mesher.collect(ticket, one.photo, {}, one.out) == facts
        assert peer.violations() == []


def test_each_order_of_hunyuan_has_a_seed_of_its_own_unless_one_is_configured(
    tmp_path: Path,
) -> None:
    bodies: list[dict[str, Any]] = []

    def answer(request: Request) -> Reply:
        bodies.append(request.json())
        return Reply(404)

    with Site(answer) as site:
        photo = tmp_path / "photo"
        photo.write_bytes(b"x")
        for seed in (None, None, 7):
            config = {"kind": "hunyuan-server", "base_url": site.url, "seed": seed}
            mesher = hunyuan_server.of("h", HunyuanServerMesherConfig.model_validate(config))
            with pytest.raises(ServiceRetired):
                mesher.order(photo, {})
    first, second, third = (body["seed"] for body in bodies)
    assert first != second
    assert third == 7


@pytest.mark.parametrize("is_path", [True, False])
@pytest.mark.parametrize("key", ["", "sk-of-the-house"])
def test_localai_keeps_the_mesh_on_the_same_server(tmp_path: Path, is_path: bool, key: str) -> None:
    with BENCHES["localai"].open(tmp_path / "peer", key=key) as peer:
        assert isinstance(peer, LocalAI)
        peer.url_is_path = is_path
        more = {"key_file": key_of(peer)} if key else {}
        one = walk(tmp_path, peer, seed=5, asset_hosts=[], **more)
        facts = one.through()
        assert (facts["format"], facts["up"]) == ("glb", "y")
        (order,) = peer.shelf.orders()
        assert order.more["unoriented"] is False
        assert peer.violations() == []


def test_a_wrong_key_of_localai_is_a_refusal(tmp_path: Path) -> None:
    with BENCHES["localai"].open(tmp_path / "peer", key="right") as peer:
        one = walk(tmp_path, peer, key_file=key_of(peer))
        peer.key = "another"
        with pytest.raises(ServiceKey):
            one.mesher.order(one.photo, {})


def test_a_model_that_localai_has_not_is_named(tmp_path: Path) -> None:
    with BENCHES["localai"].open(tmp_path / "peer") as peer:
        one = walk(tmp_path, peer, model="other")
        with pytest.raises(ServiceRetired, match="not installed"):
            one.mesher.order(one.photo, {})


def test_a_mesh_that_localai_names_elsewhere_is_not_fetched(tmp_path: Path) -> None:
    with BENCHES["localai"].open(tmp_path / "peer") as peer:
        one = walk(tmp_path, peer)
        ticket = one.mesher.order(one.photo, {})
        stray = Ticket(ticket.mesher, ticket.order, {**ticket.details, "url": peer.trap_url})
        with pytest.raises(NotYet, match="not its own"):
            one.mesher.collect(stray, one.photo, {}, one.out)
        assert peer.violations() == []


@at_home
def test_what_costs_nothing_is_never_in_doubt(tmp_path: Path, name: str) -> None:
    with BENCHES[name].open(tmp_path / "peer") as peer:
        for kind in (Kind.DROP, Kind.CUT, Kind.RESET_BEFORE, Kind.RESET_READ):
            one = walk(tmp_path, peer)
            peer.faults.arm(Fault(kind, Call.CREATE))
            with pytest.raises(ServiceFailed, match="given no mesh"):
                one.mesher.order(one.photo, {})
            assert one.mesher.find(one.photo, utc_now()) is None
            assert sorted(path.name for path in one.folder.iterdir()) == ["for-service.bin"]
        last = walk(tmp_path, peer)
        assert float(last.mesher.price_usd(last.photo, {})) == 0
        assert last.through()["foreign"] is True


@at_home
def test_a_server_that_is_off_is_waited_for(tmp_path: Path, name: str) -> None:
    peer = BENCHES[name].open(tmp_path / "peer")
    one = walk(tmp_path, peer)
    peer.close()
    with pytest.raises(ServiceAway):
        one.mesher.order(one.photo, {})
    with BENCHES[name].open(tmp_path / "peer"):
        assert one.mesher.order(one.photo, {}).order


@at_home
def test_a_server_that_fails_says_so_and_is_not_asked_for_ever(tmp_path: Path, name: str) -> None:
    with BENCHES[name].open(tmp_path / "peer") as peer:
        one = walk(tmp_path, peer)
        peer.faults.arm(Fault(Kind.FAIL))
        with pytest.raises(ServiceFailed) as failed:
            one.mesher.order(one.photo, {})
        assert "log of the server" in failed.value.action
        assert peer.count(Call.CREATE) == 1


@at_home
def test_a_server_that_never_answers_is_given_up(tmp_path: Path, name: str) -> None:
    with BENCHES[name].open(tmp_path / "peer") as peer:
        one = walk(tmp_path, peer, order_timeout_s=0.5)
        peer.faults.arm(Fault(Kind.NEVER))
        with pytest.raises(ServiceFailed):
            one.mesher.order(one.photo, {})


def test_hunyuan_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    with BENCHES["hunyuan"].open(tmp_path / "peer") as peer:
        assert isinstance(peer, Hunyuan)
        one = walk(tmp_path, peer)
        one.photo.write_bytes(b"no picture")
        with pytest.raises(ServiceFailed, match="made no mesh"):  # its 404 is for everything
            one.mesher.order(one.photo, {})
        peer.generation = "2.1"
        second = walk(tmp_path, peer, model="2.1", arguments={"num_chunks": 1})
        with pytest.raises(ServiceRejected, match="at least"):
            second.mesher.order(second.photo, {})


def test_a_wrong_address_is_no_failed_mesh(tmp_path: Path) -> None:
    with BENCHES["localai"].open(tmp_path / "peer") as peer:  # knows no /generate
        one = Walk(make_hunyuan(peer), peer, tmp_path / "job")
        with pytest.raises(ServiceRetired):
            one.mesher.order(one.photo, {})


def test_an_answer_that_is_too_large_or_no_mesh_is_not_taken(tmp_path: Path) -> None:
    with BENCHES["hunyuan"].open(tmp_path / "peer") as peer:
        one = walk(tmp_path, peer, result_max_mb=0.001)
        with pytest.raises(ResultTooLarge):
            one.mesher.order(one.photo, {})
        assert sorted(path.name for path in one.folder.iterdir()) == ["for-service.bin"]
        other = walk(tmp_path, peer)
        peer.faults.arm(Fault(Kind.PAGE, Call.CREATE))
        ticket = other.mesher.order(other.photo, {})
        with pytest.raises(ResultUnusable, match="page of words"):
            other.mesher.collect(ticket, other.photo, {}, other.out)


@at_home
def test_a_server_at_home_has_no_orders_to_name(tmp_path: Path, name: str) -> None:
    with BENCHES[name].open(tmp_path / "peer") as peer:
        one = walk(tmp_path, peer)
        with pytest.raises(SettingInvalid) as unknown:
            one.mesher.known("x")
        assert "not-accepted" in unknown.value.action
