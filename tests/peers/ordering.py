"""A floor whose jobs go to services: fakes on sockets, their meshers, and a person who pays."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from printd.core.config import Config
from printd.core.files import JobFolders
from printd.core.jobs import Job, State
from printd.core.requests import Answer, Requests
from printd.core.spending import Paid, orders_of
from printd.daemon.desk import Desk
from printd.meshers import fal, replicate
from printd.meshers.base import Mesher
from printd.pipeline.meshing import quote, ticket_of
from tests.peers.floor import Floor
from tests.peers.services import Fal, Replicate
from tests.peers.services_asking import photo
from tests.peers.services_benches import make_fal, make_replicate
from tests.peers.services_clock import Clock
from tests.peers.stores import new_job

STEPS = 60  # more than any of these jobs needs


@dataclass(slots=True)
class Ordering:
    """A floor with the meshers ``figure`` (at a fake fal) and ``other`` (at a fake Replicate)."""

    floor: Floor
    fal: Fal
    replicate: Replicate

    def job(self, number: int = 1, **settings: Any) -> Job:
        """Make a job of a photo of its own."""
        content = photo(number)
        new = new_job(
            number,
            sha256=hashlib.sha256(content).hexdigest(),
            settings={
                "mesher": "figure",
                "material": "PLA",
                "relief": {},
                "photo_check": "show",  # the photos of tests are tiny
                **settings,
            },
            owner="ann",
        )
        folder = self.floor.folders.of(new.id)
        folder.mkdir()
        (folder / JobFolders.PHOTO).write_bytes(content)
        return self.floor.store.accept(new)

    def go_on(self, job: Job, until: State = State.MESHED) -> Job:
        """Run the steps of a job until it is meshed or held; the services work meanwhile."""
        for _ in range(STEPS):
            job = self.floor.store.job(job.number)
            if job.state in (until, State.HELD, State.FAILED) or _is_spent(job):
                return job
            self.floor.step(job)
            self.fal.clock.skip(5.0)
            self.replicate.clock.skip(5.0)
        return self.floor.store.job(job.number)

    def ask(self, verb: str, job: Job, **args: Any) -> Answer:
        """Ask as a person who has looked at the job; return the answer."""
        floor = self.floor
        requests = Requests(floor.store.database)
        desk = Desk(
            floor.store,
            requests,
            floor.beds,
            floor.fleet,
            floor.folders,
            floor.printers,
            lambda: None,
            floor.compute.cancel,
            quote=partial(quote, tools=floor.tools),
            ticket_of=partial(ticket_of, tools=floor.tools),
            load=floor.load,
        )
        seen = floor.store.job(job.number).revision
        seq = requests.post(verb, {"job": job.number, "seen": seen, **args}, who="ann")
        desk.do_all()
        answer = requests.answer(seq)
        assert answer is not None
        return answer

    def states(self, job: Job) -> list[Paid]:
        """Return what has become of the orders of a job."""
        return [order.state for order in orders_of(self.floor.store.database, job.number)]

    def paid(self) -> int:
        """Return how many orders the services have been paid for, refunded ones too."""
        return len(self.fal.ledger.orders()) + len(self.replicate.ledger.orders())

    def budget(self, **budget: str) -> None:
        """Have another budget from now on."""
        self.floor.config = Config.model_validate(
            {**_plain(self.floor.config), "budget": {"usd": "1", **budget}}
        )


def _is_spent(job: Job) -> bool:
    return job.because is not None and job.because.code == "budget_reached"


def _plain(config: Config) -> Mapping[str, Any]:
    return {"printers": {name: {"kind": "virtual"} for name in config.printers}}


@contextmanager
def ordering(floor: Floor, folder: Path) -> Iterator[Ordering]:
    """Let the jobs of a floor go to services."""
    with (
        Fal(folder / "fal", clock=Clock()) as at_fal,
        Replicate(folder / "replicate", clock=Clock()) as at_replicate,
    ):
        meshers: dict[str, Mesher] = {
            "figure": replace(_fal(at_fal), name="figure"),
            "other": replace(_replicate(at_replicate), name="other"),
        }
        floor.tools = replace(floor.tools, meshers={**floor.tools.meshers, **meshers})
        yield Ordering(floor, at_fal, at_replicate)


def _fal(peer: Fal) -> fal.FalMesher:
    mesher = make_fal(peer)
    assert isinstance(mesher, fal.FalMesher)
    return mesher


def _replicate(peer: Replicate) -> replicate.ReplicateMesher:
    mesher = make_replicate(peer)
    assert isinstance(mesher, replicate.ReplicateMesher)
    return mesher
