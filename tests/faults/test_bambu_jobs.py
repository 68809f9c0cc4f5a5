"""Ten jobs at a scripted Bambu printer while whatever can go wrong does, at random moments.

The daemon is the real one. Each job is printed, or waits for a person with its reason; each
physically starts at most once, and none on a bed that holds something. A person answers as one
would who looks at the printer. The oracle is the printer's journal.
"""

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from printd.core.jobs import Job, State
from tests.peers.bambu import BambuLan
from tests.peers.bambu_journal import By
from tests.peers.bambu_models import MODELS
from tests.peers.bambu_person import Person
from tests.peers.bambu_shop import part, settings_for
from tests.peers.bambu_speaker import Speaker
from tests.peers.bambu_troubles import Lot, Scene
from tests.peers.daemon import Daemon
from tests.telling import Tell

PATTERNS = 100
JOBS = 2
FULL_JOBS = 10
PRINTS_FOR_S = range(60, 600)  # of the printer's seconds; no two files are the same
CLOCK = 200.0
LOOK_S = 0.03
ALL_END_WITHIN_S = 400.0
CALM_AFTER_S = 300.0  # then nothing goes wrong any more
OVER = {State.PRINTED, State.CANCELLED}


def faults_of(peer: BambuLan, jobs: list[Job]) -> list[str]:
    """Return every promise that was broken, when all jobs are over."""
    assert peer.hands.state  # what is due begins when somebody looks
    journal = peer.journal
    ours = [line for line in journal.starts("pd-") if line.by is not By.SCREEN]
    starts = Counter(line.name.split("-")[1] for line in ours)
    orders = Counter(line.name for line in journal.orders())
    found = [f"#{number} started {times} times" for number, times in starts.items() if times > 1]
    found += [f"{name} was ordered {times} times" for name, times in orders.items() if times > 1]
    found += [f"started onto {line.on_bed}: {line.name}" for line in ours if line.on_bed]
    for job in jobs:
        finished = any(line.end == "FINISH" for line in journal.ends(f"pd-{job.number}-"))
        if finished is not (job.state is State.PRINTED):
            found.append(f"#{job.number} is {job.state}; printed: {finished}")
    return found


def run(scene: Scene, lot: Lot, count: int) -> None:
    """Attend until all jobs are over."""
    daemon = scene.daemon
    begun_s = time.monotonic()
    while not (len(jobs := daemon.jobs()) == count and all(job.state in OVER for job in jobs)):
        now_s = time.monotonic()
        assert now_s - begun_s < ALL_END_WITHIN_S, [
            (job.number, job.state, job.because, job.print_name) for job in jobs
        ]
        if not daemon.runs:
            daemon.start()
        if scene.person.attend() and now_s - begun_s < CALM_AFTER_S:
            lot.draw()
        lot.turn()
        time.sleep(LOOK_S)
    lot.end_all()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "pattern",
    [pytest.param(number, marks=[pytest.mark.full] * bool(number)) for number in range(PATTERNS)],
)
def test_no_job_starts_twice_whatever_goes_wrong(
    tmp_path: Path, pattern: int, full: bool, tell: Tell, request: pytest.FixtureRequest
) -> None:
    seed = request.config.getoption("--seed")
    chance = random.Random(f"{seed}-{pattern}")  # noqa: S311 - moments, no secrets
    model, count = chance.choice(MODELS), FULL_JOBS if full else JOBS
    with (
        BambuLan(tmp_path / "machine", model=model, clock=CLOCK, broker=Speaker()) as peer,
        Daemon(tmp_path / "printd", settings_for(peer, tmp_path)) as daemon,
    ):
        person = Person(daemon, peer)
        scene = Scene(daemon, peer, person, chance)
        lot = Lot(scene)
        for number, seconds in enumerate(chance.sample(PRINTS_FOR_S, count)):
            daemon.put(f"part{number}.gcode.3mf", part(tmp_path, seconds))
        run(scene, lot, count)
        ends = Counter(str(job.state) for job in daemon.jobs())
        tell(
            f"Bambu {pattern}, {model.code}: {dict(ends)}; went wrong: {dict(lot.had)}; "
            f"a person answered: {dict(person.met)}"
        )
        assert person.wrong == []
        assert faults_of(peer, daemon.jobs()) == []
        assert daemon.unaccounted() == set()
