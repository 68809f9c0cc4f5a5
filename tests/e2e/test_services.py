"""A photo for each service, through its fake, to a print on the virtual printer; and its money."""

import contextlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.services import Fal, Gemini, Hunyuan, LocalAI, Meshy, Replicate, Rodin, Tripo
from tests.peers.services_asking import photo
from tests.peers.services_base import Service
from tests.peers.services_benches import host_of, key_file
from tests.peers.services_clock import Clock
from tests.peers.services_faults import Call, Fault, Kind

FACTOR = 200.0  # seconds of a service in one of ours; results are kept for an hour of theirs
MESHERS: dict[str, tuple[type[Service], dict[str, Any]]] = {
    "trellis": (Replicate, {"kind": "replicate", "model": "trellis"}),
    "hunyuan": (Replicate, {"kind": "replicate", "model": "hunyuan3d-3.1"}),
    "rodin-there": (Replicate, {"kind": "replicate", "model": "rodin-2"}),
    "trellis-2": (Fal, {"kind": "fal", "model": "trellis-2-512"}),
    "meshy-5": (Meshy, {"kind": "meshy", "model": "meshy-5"}),
    "meshy-6": (Meshy, {"kind": "meshy", "model": "meshy-6"}),
    "tripo": (Tripo, {"kind": "tripo"}),
    "rodin": (Rodin, {"kind": "rodin"}),
    "at-home": (Hunyuan, {"kind": "hunyuan-server"}),
    "at-home-too": (LocalAI, {"kind": "localai"}),
}
FREE = ("at-home", "at-home-too")
DEPTH: dict[str, tuple[type[Service], dict[str, Any]]] = {
    "nano": (Gemini, {"kind": "gemini", "model": "nano-banana-2"}),
    "pro": (Gemini, {"kind": "gemini", "model": "nano-banana-pro"}),
    "tripo-depth": (Tripo, {"kind": "tripo-depth"}),
}
NAMES = [*MESHERS, *(f"relief-{name}" for name in DEPTH)]


@pytest.fixture
def peers(tmp_path: Path) -> Iterator[dict[type[Service], Service]]:
    kinds = {kind for kind, _ in (*MESHERS.values(), *DEPTH.values())}
    with contextlib.ExitStack() as stack:
        opened = {
            kind: stack.enter_context(kind(tmp_path / kind.__name__, clock=Clock(FACTOR)))
            for kind in sorted(kinds, key=lambda kind: kind.__name__)
        }
        yield opened
        for peer in opened.values():
            assert peer.violations() == []


def entry(peer: Service, own: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of one service, at its fake."""
    values: dict[str, Any] = {
        **own,
        "base_url": peer.url,
        "asset_hosts": [host_of(peer.asset_url)],
        "local": True,
        "lands_s": 1,
    }
    if own["kind"] not in ("hunyuan-server", "localai"):
        values["key_file"] = str(key_file(peer))
    if own["kind"] == "replicate":
        values["hosts_with_key"] = [host_of(peer.asset_url)]
    return values


def settings(peers: dict[type[Service], Service]) -> dict[str, Any]:
    meshers = {name: entry(peers[kind], own) for name, (kind, own) in MESHERS.items()}
    depth = {name: entry(peers[kind], own) for name, (kind, own) in DEPTH.items()}
    reliefs = {f"relief-{name}": {"kind": "relief", "depth": name} for name in DEPTH}
    small = {
        "longest_mm": 15,
        "consent": 1,
        "photo_check": "show",
        "settings": {"mesh_quality": 128},
    }
    return {
        "meshers": {**meshers, **reliefs},
        "depth": depth,
        "recipes": {name: {"mesher": name, **small} for name in NAMES},
        "printers": {"p1": {"ejects": True}},
        "limits": {"workers": 2},
    }


@pytest.mark.peer("prusa-slicer")
def test_a_photo_for_each_service_is_printed_and_paid_once(
    open_daemon: Opener, peers: dict[type[Service], Service]
) -> None:
    daemon = open_daemon(settings(peers))
    daemon.clear_bed()
    for number, name in enumerate(NAMES):
        daemon.put(f"{name}.png", photo(number), name)

    for name in NAMES:
        daemon.wait_for_job(f"{name}.png", State.PRINTED, 120)

    assert daemon.hands().starts() == len(NAMES)
    paid = daemon.ask("costs", "--services")
    assert {order["mesher"] for order in paid["orders"]} == set(NAMES) - set(FREE)
    assert {order["state"] for order in paid["orders"]} == {"delivered"}
    at_services = sum(
        len(peer.ledger.orders()) for kind, peer in peers.items() if kind not in (Hunyuan, LocalAI)
    )
    assert at_services == len(paid["orders"]) == len(NAMES) - len(FREE)
    sums = [Decimal(order["price"]["amount"]) for order in paid["orders"]]
    assert Decimal(paid["paid"][0]["amount"]) == sum(sums)
    words = daemon.cli("costs").stdout
    assert f"Services were paid {sum(sums):.2f} €" in words


def test_a_stranger_pays_nothing_and_a_route_ends_at_the_relief(
    open_daemon: Opener, peers: dict[type[Service], Service]
) -> None:
    ours = settings(peers)
    ours["recipes"] = {
        "figure": {"mesher": "trellis-2", "longest_mm": 15, "photo_check": "show"},
        "either": {
            "route": ["meshy-6", "relief"],
            "consent": 1,
            "photo_check": "show",
            "width_mm": 15,
            "settings": {"mesh_quality": 128},
        },
    }
    ours["printers"] = {"p1": None}  # the shapes are all that is wanted here
    daemon = open_daemon(ours)
    daemon.put("a.png", photo(1), "figure")
    held = daemon.wait_for_job("a.png", State.HELD)
    assert held.because is not None
    assert held.because.code == "needs_price_consent"
    assert "trellis-2 asks up to 0.25 €" in daemon.cli("status").stdout
    assert peers[Fal].ledger.orders() == []
    assert daemon.cli("pay", held.number).returncode == 0
    daemon.wait_for_job("a.png", State.PRINTABLE)
    assert len(peers[Fal].ledger.orders()) == 1

    peers[Meshy].faults.arm(Fault(Kind.FAIL, Call.CREATE))
    daemon.put("b.png", photo(2), "either")
    job = daemon.wait_for_job("b.png", State.PRINTABLE)
    assert job.facts["raw"]["mesher"] == "relief"
    assert "The next of the route is asked" in daemon.cli("show", job.number).stdout
    refunded = [order["state"] for order in daemon.ask("costs", "--services")["orders"]]
    assert refunded == ["delivered", "refunded"]
