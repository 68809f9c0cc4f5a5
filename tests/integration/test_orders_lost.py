"""Lost orders in the pipeline, at a service whose list does not show what an order was for."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from printd.core.files import JobFolders
from printd.core.jobs import Job, State
from printd.core.spending import Paid, orders_of
from tests.peers.floor import Floor
from tests.peers.services_asking import photo
from tests.peers.services_benches import BENCHES, make_meshy
from tests.peers.services_faults import Call, Fault, Kind
from tests.peers.services_meshy import Meshy
from tests.peers.stores import new_job

S = State


@dataclass
class Shop:
    floor: Floor
    peer: Meshy

    def job(self, number: int, mesher: str) -> Job:
        content = photo(number)
        settings = {"mesher": mesher, "material": "PLA", "relief": {}, "consent": "1"}
        settings["photo_check"] = "show"  # the photos of tests are tiny
        sha256 = hashlib.sha256(content).hexdigest()
        new = new_job(number, sha256=sha256, settings=settings, owner="ann")
        folder = self.floor.folders.of(new.id)
        folder.mkdir()
        (folder / JobFolders.PHOTO).write_bytes(content)
        return self.floor.store.accept(new)

    def step(self, job: Job) -> Job:
        self.floor.step(self.floor.store.job(job.number))
        return self.floor.store.job(job.number)

    def until(self, job: Job, *states: State) -> Job:
        for _ in range(40):
            job = self.step(job)
            if job.state in states:
                return job
            self.peer.clock.skip(10)
        raise AssertionError(job.because)

    def orders(self, job: Job) -> list[Paid]:
        return [one.state for one in orders_of(self.floor.store.database, job.number)]


@pytest.fixture
def shop(floor: Floor, tmp_path: Path) -> Iterator[Shop]:
    with BENCHES["meshy"].open(tmp_path / "peer") as peer:
        assert isinstance(peer, Meshy)
        five = replace(make_meshy(peer, model="meshy-5", lands_s=1e-6), name="five")
        six = replace(make_meshy(peer, model="meshy-6", lands_s=1e-6), name="six")
        floor.tools = replace(floor.tools, meshers={"five": five, "six": six})
        yield Shop(floor, peer)
        assert peer.violations() == []


def test_a_lost_order_is_found_beside_that_of_another_job_on_the_same_account(
    shop: Shop,
) -> None:
    first = shop.until(shop.job(1, "five"), S.ORDERED)
    shop.peer.faults.arm(Fault(Kind.DROP, Call.CREATE))
    second = shop.until(shop.job(2, "six"), S.ORDERED)
    tickets = {one.facts["ticket"]["order"] for one in (first, second)}
    assert tickets == {paid.order for paid in shop.peer.ledger.orders()}
    assert shop.until(second, S.MESHED).facts["raw"]["order"] == second.facts["ticket"]["order"]
    assert shop.peer.count(Call.CREATE) == 2


def test_an_order_that_was_not_accepted_never_takes_that_of_another_job(shop: Shop) -> None:
    first = shop.until(shop.job(1, "five"), S.ORDERED)
    shop.peer.faults.arm(Fault(Kind.RESET_READ, Call.CREATE))
    second = shop.until(shop.job(2, "six"), S.ORDERED)
    tickets = [one.facts["ticket"]["order"] for one in (first, second)]
    assert len(set(tickets)) == 2
    assert shop.peer.count(Call.CREATE) == 3  # one was proved not to be there, and sent again


def test_two_lost_orders_at_a_time_are_for_a_person(shop: Shop) -> None:
    jobs = [shop.job(1, "five"), shop.job(2, "six")]
    shop.peer.faults.arm(Fault(Kind.DROP, Call.CREATE, times=2))
    jobs = [shop.step(job) for job in jobs]
    assert [shop.orders(job) for job in jobs] == [[Paid.SENT], [Paid.SENT]]
    for job in jobs:
        because = shop.until(job, S.HELD).because
        assert because is not None
        assert because.code == "order_in_doubt"
        assert all(paid.order in because.problem for paid in shop.peer.ledger.orders())
    assert shop.peer.count(Call.CREATE) == 2
