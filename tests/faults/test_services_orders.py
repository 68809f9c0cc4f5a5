"""Orders at services: whatever goes wrong, none is paid twice, and no mesh that was paid is lost.

The oracle is the ledger of the fake service, which is on the disk before an answer leaves. Patterns
of faults are drawn from a seed; a run with ``--full`` draws many.
"""

import hashlib
from pathlib import Path

import pytest

from printd.core.errors import InDoubt, ServiceError
from printd.meshers.magic import format_of
from tests.peers.services_base import Service
from tests.peers.services_benches import BENCHES, Bench, Walk
from tests.peers.services_faults import Call, Fault, FaultPlan, Kind

PATTERNS = 15
FULL_PATTERNS = 1000

every_bench = pytest.mark.parametrize("name", BENCHES)


def walk(bench: Bench, peer: Service, folder: Path, number: int = 0) -> Walk:
    return Walk(bench.make(peer), peer, folder, number)


def run_one(bench: Bench, folder: Path, seed: int) -> str:
    """Run one pattern; returns how it ended."""
    with bench.open(folder / "peer") as peer:
        faults = FaultPlan(seed).draw(peer.name)
        peer.faults.arm(*faults)
        one = walk(bench, peer, folder / "job")
        ended = "delivered"
        try:
            facts = one.through()
            content = one.out.read_bytes()
            assert facts["sha256"] == hashlib.sha256(content).hexdigest()
            assert facts["bytes"] == len(content)
            assert format_of(one.out) == facts["format"]
        except ServiceError as error:
            ended = error.code
            assert not one.out.exists()
        peer.faults.clear()
        if peer.name == "replicate" and Kind.ODD_STATE in {fault.kind for fault in faults}:
            return ended  # it calls a mesh that is ready "aborted", and shows none
        check(bench, peer, one, ended)
    return ended


def check(bench: Bench, peer: Service, one: Walk, ended: str) -> None:
    """What must be true however it ended."""
    orders = peer.ledger.orders()
    if bench.costs:
        assert len(orders) <= 1, f"paid twice: {one.waits}"
    kept = [paid for paid in orders if paid.ends == ["succeeded"]]
    if kept and bench.costs and ended != "delivered":
        raise AssertionError(f"a mesh that was paid is lost: {ended} after {one.waits}")
    assert peer.violations() == []


@every_bench
def test_no_pattern_of_faults_pays_twice_or_loses_what_was_paid(
    name: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    first = pytestconfig.getoption("--seed")
    ends = [
        run_one(BENCHES[name], tmp_path / str(seed), seed)
        for seed in range(first, first + PATTERNS)
    ]
    assert "delivered" in ends


@pytest.mark.full
@pytest.mark.timeout(3600)
@every_bench
def test_no_pattern_of_a_thousand_does(
    name: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    first = pytestconfig.getoption("--seed")
    for seed in range(first, first + FULL_PATTERNS):
        run_one(BENCHES[name], tmp_path / str(seed), seed)


@pytest.mark.parametrize("name", [name for name, bench in BENCHES.items() if bench.costs])
def test_the_oracle_sees_a_client_that_simply_tries_again(name: str, tmp_path: Path) -> None:
    bench = BENCHES[name]
    with bench.open(tmp_path / "peer") as peer:
        peer.faults.arm(Fault(Kind.DROP, Call.CREATE))
        one = walk(bench, peer, tmp_path / "job")
        with pytest.raises(InDoubt):
            one.mesher.order(one.photo, {})
        one.mesher.order(one.photo, {})
        with pytest.raises(AssertionError, match="paid twice"):
            check(bench, peer, one, "delivered")
