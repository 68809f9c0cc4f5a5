"""Orders of depth pictures: whatever goes wrong, none is paid twice, and none that came is lost."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
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
    ResultTooLarge,
    ServiceError,
    ServiceRefusal,
)
from printd.core.files import JobFolders
from printd.core.relief_settings import ReliefSettings
from printd.core.service_config import GeminiDepthConfig, TripoDepthConfig
from printd.depth import gemini, tripo
from printd.depth.answers import answer_beside
from printd.depth.service_base import DepthService
from printd.services.inline import mime_of
from printd.services.ticket import Ticket
from tests.peers.services_asking import photo
from tests.peers.services_base import Service
from tests.peers.services_benches import aged, key_file, usual
from tests.peers.services_clock import Clock
from tests.peers.services_faults import FaultPlan
from tests.peers.services_gemini import Gemini
from tests.peers.services_tripo import Tripo

PATTERNS = 20
FULL_PATTERNS = 1000
LOOKS = 60
LONG_AGO = timedelta(minutes=10)
SETTINGS = ReliefSettings()


def make_gemini(peer: Service) -> DepthService:
    values = usual(peer, kind="gemini", key_file=key_file(peer))
    return gemini.of("g", GeminiDepthConfig(**{**values, "answer_s": 2}))


def make_tripo(peer: Service) -> DepthService:
    values = usual(peer, kind="tripo-depth", key_file=key_file(peer))
    return tripo.of("t", TripoDepthConfig(**{**values, "lands_s": 1e-6}))


def open_gemini(folder: Path) -> Service:
    peer = Gemini(folder, clock=Clock(10_000))
    peer.pixels = dict.fromkeys(peer.pixels, 64)
    return peer


def open_tripo(folder: Path) -> Service:
    return Tripo(folder, clock=Clock())


BENCHES: dict[str, tuple[Callable[[Path], Service], Callable[[Service], DepthService]]] = {
    "gemini": (open_gemini, make_gemini),
    "tripo": (open_tripo, make_tripo),
}
every_bench = pytest.mark.parametrize("name", BENCHES)


@dataclass
class Walk:
    """One photo on its way to a depth picture; whoever is in doubt gives up."""

    peer: Service
    service: DepthService
    photo: Path

    @property
    def answer(self) -> Path:
        return answer_beside(self.photo, self.service, SETTINGS)

    def ordered(self) -> Ticket | None:
        """Order; None: a person has been asked, and does without."""
        refusals = 0
        for _ in range(LOOKS):
            try:
                return self.service.order(self.photo, SETTINGS, self.answer)
            except InDoubt:
                with contextlib.suppress(OrderInDoubt):
                    if (ticket := self.found()) is not None:
                        return ticket
                    continue
                return None
            except NotYet as pause:
                self.peer.clock.skip(pause.again_s)
            except ServiceRefusal:  # a person has put it right
                refusals += 1
                if refusals > 3:
                    raise
        raise AssertionError("it never ends")

    def found(self) -> Ticket | None:
        for _ in range(LOOKS):
            try:
                return self.service.find(self.photo, utc_now() - LONG_AGO, ())
            except InDoubt as doubt:
                self.peer.clock.skip(doubt.again_s)
        raise AssertionError("the doubt never ends")

    def collected(self, ticket: Ticket) -> None:
        for look in range(2 * LOOKS):
            one = aged(ticket, 86_400) if look > LOOKS else ticket
            try:
                return self.service.collect(one, self.photo, self.answer)
            except NotYet as pause:
                self.peer.clock.skip(max(pause.again_s, 10))
            except (ResultElsewhere, ResultTooLarge):
                continue  # a person has it fetched again
        raise AssertionError("it never comes")


def run_one(name: str, folder: Path, seed: int) -> str:
    """Run one pattern; returns how it ended."""
    open_peer, make = BENCHES[name]
    folder.mkdir()
    picture = folder / JobFolders.FOR_SERVICE
    picture.write_bytes(photo(form="JPEG"))
    with open_peer(folder / "peer") as peer:
        faults = FaultPlan(seed).draw(name)
        peer.faults.arm(*faults)
        walk = Walk(peer, make(peer), picture)
        ended = "in doubt"
        try:
            if (ticket := walk.ordered()) is not None:
                walk.collected(ticket)
                ended = "delivered"
                assert mime_of(walk.answer.read_bytes()) is not None
        except ServiceError as error:
            ended = error.code
        orders = peer.ledger.orders()
        paid = [one for one in orders if one.price and not one.is_refunded]
        assert len(paid) <= 1, f"paid twice: {faults}"
        if name == "tripo" and [one.ends for one in paid] == [["succeeded"]]:
            assert ended == "delivered", f"paid and lost: {ended} {faults}"
        assert peer.violations() == []
    return ended


def run(name: str, folder: Path, config: pytest.Config, count: int) -> list[str]:
    first = config.getoption("--seed")
    return [run_one(name, folder / str(seed), seed) for seed in range(first, first + count)]


@every_bench
def test_no_pattern_of_faults_pays_for_two_depth_pictures(
    name: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    assert "delivered" in run(name, tmp_path, pytestconfig, PATTERNS)


@pytest.mark.full
@pytest.mark.timeout(3600)
@every_bench
def test_no_pattern_of_a_thousand_does(
    name: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    run(name, tmp_path, pytestconfig, FULL_PATTERNS)


def test_the_oracle_sees_who_asks_again_for_a_lost_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    def none(*_args: Any, **_more: Any) -> None:
        return None

    monkeypatch.setattr(gemini.GeminiDepth, "find", none)
    with pytest.raises(AssertionError, match="paid twice"):
        run("gemini", tmp_path, pytestconfig, 200)
