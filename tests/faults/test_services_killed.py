"""A daemon that dies while it orders: the next one knows whether anything was sent."""

import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from printd.core.errors import InDoubt, OrderInDoubt
from printd.meshers.base import Mesher
from printd.services.ticket import Ticket
from tests.peers.services_at import At
from tests.peers.services_base import Service
from tests.peers.services_benches import BENCHES
from tests.peers.services_faults import Call, Fault, Kind

LONG_S: Final = 30.0  # that the answer lets wait for it; nobody waits so long
PAID: Final = [name for name, bench in BENCHES.items() if bench.costs]


def order(mesher: Mesher, photo: Path) -> None:
    mesher.order(photo, {})


def killed_when(mesher: Mesher, photo: Path, is_time: Callable[[], bool]) -> None:
    """Let a process of its own order, and kill it at a moment."""
    child = multiprocessing.get_context("spawn").Process(target=order, args=(mesher, photo))
    child.start()
    until = time.monotonic() + LONG_S
    while not is_time():
        assert time.monotonic() < until
        assert child.is_alive()
        time.sleep(0.01)
    child.kill()
    child.join()


def recovered(here: At) -> Ticket | None:
    """Do as the pipeline does with an order that was interrupted."""
    for _ in range(20):
        try:
            return here.find()
        except InDoubt as doubt:
            here.walk.wait(doubt)
    raise AssertionError("the doubt never ends")


def with_orders(peer: Service, count: int) -> Callable[[], bool]:
    return lambda: len(peer.ledger.orders()) == count


@pytest.mark.parametrize("name", PAID)
def test_an_order_whose_sender_died_is_found_or_left_to_a_person(name: str, tmp_path: Path) -> None:
    bench = BENCHES[name]
    with bench.open(tmp_path / "peer") as peer:
        here = At(tmp_path, peer, bench.make(peer))
        peer.faults.arm(Fault(Kind.HANG, Call.CREATE, seconds=LONG_S))
        killed_when(here.mesher, here.walk.photo, with_orders(peer, 1))
        (paid,) = peer.ledger.orders()
        if bench.finds:
            ticket = recovered(here)
            assert ticket is not None
            assert ticket.order == paid.order
        else:
            with pytest.raises(OrderInDoubt):
                recovered(here)
        assert peer.count(Call.CREATE) == 1
        assert peer.violations() == []


def test_a_sender_that_died_before_the_order_has_sent_none(tmp_path: Path) -> None:
    bench = BENCHES["replicate"]
    with bench.open(tmp_path / "peer") as peer:
        here = At(tmp_path, peer, bench.make(peer))
        peer.faults.arm(Fault(Kind.HANG, Call.UPLOAD, seconds=LONG_S))
        killed_when(here.mesher, here.walk.photo, lambda: peer.count(Call.UPLOAD) == 1)
        assert recovered(here) is None
        assert peer.count(Call.LIST) == 0
        assert peer.ledger.orders() == []
