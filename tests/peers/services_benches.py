"""Meshers at their fake services, and what the pipeline does with one order, in quick motion."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from printd.core.clock import from_text, to_text, utc_now
from printd.core.errors import InDoubt, NotYet, OrderInDoubt, ResultElsewhere, ServiceRefusal
from printd.core.files import JobFolders
from printd.core.jobs import Facts
from printd.core.service_config import (
    FalMesherConfig,
    HunyuanServerMesherConfig,
    LocalAiMesherConfig,
    MeshyMesherConfig,
    ReplicateMesherConfig,
    RodinMesherConfig,
    TripoMesherConfig,
)
from printd.meshers import fal, hunyuan_server, localai, meshy, replicate, rodin, tripo
from printd.meshers.base import Mesher
from printd.services.sent import NOTE
from printd.services.ticket import Ticket
from tests.peers.services_asking import photo
from tests.peers.services_base import Service
from tests.peers.services_clock import Clock
from tests.peers.services_fal import Fal
from tests.peers.services_hunyuan import Hunyuan
from tests.peers.services_localai import LocalAI
from tests.peers.services_meshy import Meshy
from tests.peers.services_replicate import Replicate
from tests.peers.services_rodin import Rodin
from tests.peers.services_tripo import Tripo

AT_HOME_S: Final = 2.0  # until an answer that never comes is given up
PATIENCE: Final = 60  # looks, before so much time is said to have passed that an order is overdue
LEAST_SKIP_S: Final = 10.0  # of the service's time, at each look
LOOK_BACK: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Bench:
    """One mesher and its fake.

    Attributes:
        service: the fake.
        make: returns the mesher for a fake; ``more`` goes into its configuration.
        factor: of the fake's clock; services that answer with the mesh need a quick one.
        finds: its list tells whether a lost order was accepted.
        costs: an order is paid for.
    """

    service: type[Service]
    make: Callable[..., Mesher]
    factor: float = 1.0
    finds: bool = True
    costs: bool = True

    def open(self, folder: Path, **more: Any) -> Service:
        """Return a fake that listens."""
        return self.service(folder, clock=Clock(self.factor), **more)


def key_file(peer: Service) -> Path:
    """Write the key of a fake where only its owner may read it."""
    path = peer.folder / "key"
    path.write_text(peer.key + "\n")
    path.chmod(0o600)
    return path


def host_of(url: str) -> str:
    """Return host and port of an address."""
    return url.partition("//")[2]


def usual(peer: Service, **more: Any) -> dict[str, Any]:
    """Return what every configuration in a test has: the fake's addresses, short waits."""
    return {
        "base_url": peer.url,
        "asset_hosts": [host_of(peer.asset_url)],
        "local": True,
        "answer_s": 10,
        **more,
    }


def make_replicate(peer: Service, **more: Any) -> replicate.ReplicateMesher:
    """Return the mesher; the model is Hunyuan3D unless another is asked for."""
    given = {"model": "hunyuan3d-3.1", "hosts_with_key": [host_of(peer.asset_url)], **more}
    values = usual(peer, kind="replicate", key_file=key_file(peer), **given)
    return replicate.of("r", ReplicateMesherConfig(**values))


def make_fal(peer: Service, **more: Any) -> fal.FalMesher:
    """Return the mesher; the model is TRELLIS 2 unless another is asked for."""
    given = {"model": "trellis-2-1024", **more}
    return fal.of("f", FalMesherConfig(**usual(peer, kind="fal", key_file=key_file(peer), **given)))


def make_hunyuan(peer: Service, **more: Any) -> hunyuan_server.HunyuanServerMesher:
    """Return the mesher."""
    values = usual(peer, kind="hunyuan-server", **{"order_timeout_s": AT_HOME_S, **more})
    return hunyuan_server.of("h", HunyuanServerMesherConfig(**values))


def make_localai(peer: Service, **more: Any) -> localai.LocalAiMesher:
    """Return the mesher."""
    values = usual(peer, kind="localai", **{"order_timeout_s": AT_HOME_S, **more})
    return localai.of("l", LocalAiMesherConfig(**values))


def make_meshy(peer: Service, **more: Any) -> meshy.MeshyMesher:
    """Return the mesher; the model is Meshy 6 unless another is asked for."""
    values = usual(peer, kind="meshy", key_file=key_file(peer), **more)
    return meshy.of("m", MeshyMesherConfig(**values))


def make_tripo(peer: Service, **more: Any) -> tripo.TripoMesher:
    """Return the mesher."""
    values = usual(peer, kind="tripo", key_file=key_file(peer), **more)
    return tripo.of("t", TripoMesherConfig(**values))


def make_rodin(peer: Service, **more: Any) -> rodin.RodinMesher:
    """Return the mesher."""
    values = usual(peer, kind="rodin", key_file=key_file(peer), **more)
    return rodin.of("o", RodinMesherConfig(**values))


BENCHES: Final[dict[str, Bench]] = {
    "replicate": Bench(Replicate, make_replicate),
    "fal": Bench(Fal, make_fal, finds=False),
    "meshy": Bench(Meshy, make_meshy, finds=False),
    "tripo": Bench(Tripo, make_tripo),
    "rodin": Bench(Rodin, make_rodin, finds=False),
    "hunyuan": Bench(Hunyuan, make_hunyuan, factor=5000, costs=False),
    "localai": Bench(LocalAI, make_localai, factor=5000, costs=False),
}


@dataclass(slots=True)
class Walk:
    """One picture on its way to a mesh: what the pipeline and a sensible person do.

    Nothing is waited for: the time of the service is skipped by as much as is to be waited, what
    lies in the folder gets older by as much, and an order that never ends is made old. A second
    order is given only when the first was proved, or said by the person who looks into the account,
    not to be there.

    Attributes:
        sends: how often an order was sent.
        asked: how often a person was asked.
        waits: the codes of what was waited for.
    """

    mesher: Mesher
    peer: Service
    folder: Path
    number: int = 0
    sends: int = 0
    asked: int = 0
    waits: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.photo.write_bytes(photo(self.number, form="JPEG"))

    @property
    def photo(self) -> Path:
        """The picture as it is handed in."""
        return self.folder / JobFolders.FOR_SERVICE

    @property
    def out(self) -> Path:
        """The mesh."""
        return self.folder / self.mesher.raw

    def through(self) -> Facts:
        """Order and collect.

        Raises:
            ServiceError: it came to nothing.
        """
        return self.collected(self.ordered())

    def ordered(self) -> Ticket:
        """Order, and find out what became of the order."""
        for _ in range(PATIENCE):
            began = utc_now()
            self.sends += 1
            try:
                return self.mesher.order(self.photo, {})
            except InDoubt as doubt:
                self.wait(doubt)
                if (ticket := self.found(began)) is not None:
                    return ticket
            except NotYet as pause:
                self.wait(pause)
            except ServiceRefusal as refusal:
                self.waits.append(refusal.code)
                if self.sends > 3:
                    raise
        raise AssertionError(f"it never ends: {self.waits}")

    def found(self, began: datetime) -> Ticket | None:
        """Find out what became of an order that began then; None: it was not accepted."""
        for _ in range(PATIENCE):
            try:
                return self.mesher.find(self.photo, began - LOOK_BACK)
            except InDoubt as doubt:  # any other NotYet would end the doubt, and order again
                self.wait(doubt)
            except OrderInDoubt:
                self.asked += 1
                orders = self._in_the_account()
                return self.mesher.known(orders[-1]) if orders else None
        raise AssertionError(f"the doubt never ends: {self.waits}")

    def _in_the_account(self) -> list[str]:
        """Return what a person sees who looks into the account."""
        return [paid.order for paid in self.peer.ledger.orders()]

    def collected(self, ticket: Ticket) -> Facts:
        """Collect the mesh; what a person can put right is tried again."""
        for look in range(4 * PATIENCE):
            if look == PATIENCE:
                ticket = aged(ticket, 86400.0)
            try:
                return self.mesher.collect(ticket, self.photo, {}, self.out)
            except NotYet as pause:
                self.wait(pause)
            except ResultElsewhere as elsewhere:  # a person looks, and has it tried again
                self.waits.append(elsewhere.code)
                self.asked += 1
                if self.asked > 3:
                    raise
        raise AssertionError(f"it is never there: {self.waits}")

    def wait(self, pause: NotYet) -> None:
        """Let as much time pass as is to be waited, for the service and for the folder."""
        self.waits.append(pause.code)
        assert 0 < pause.again_s <= 900
        seconds = max(pause.again_s, LEAST_SKIP_S)
        self.peer.clock.skip(seconds)
        let_age(self.folder, seconds)


def let_age(folder: Path, seconds: float) -> None:
    """Let what lies in the folder of a job be so much older, as though it had been waited for."""
    for path in folder.iterdir():
        made = path.stat().st_mtime - seconds
        if path.name == NOTE:
            note = json.loads(path.read_bytes())
            at = from_text(note["at"]) - timedelta(seconds=seconds)
            path.write_text(json.dumps({**note, "at": to_text(at)}))
        os.utime(path, (made, made))


def aged(ticket: Ticket, seconds: float) -> Ticket:
    """Return a ticket as though it had been ordered longer ago."""
    before = from_text(ticket.details["ordered_at"]) - timedelta(seconds=seconds)
    return replace(ticket, details={**ticket.details, "ordered_at": to_text(before)})
