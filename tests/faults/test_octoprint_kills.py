"""Jobs at a real OctoPrint while daemon and server are killed at random moments.

Each job is printed, or waits for a person with its reason; none is lost, and each physically
starts at most once. What a person answers is given here as one would: "printed".
"""

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from printd.core.jobs import Job, State
from tests.peers.daemon import Daemon
from tests.peers.octoprint import OctoPrint
from tests.peers.octoprint_shop import daemon_at, part, starts_by_job
from tests.telling import Tell

pytestmark = pytest.mark.peer("octoprint")

JOBS, KILLS = 2, 3
FULL_JOBS, FULL_KILLS = 10, 30
LATEST_S = 2.5  # between two kills; a job takes about as long from its start to its end
ALL_END_WITHIN_S = 300.0
STEPS = 25
MORE = {"limits": {"start_evidence_s": 2.0}}
DOUBTS = {"end_unknown", "start_in_doubt", "printer_fault"}
AT_PRINTER = {State.ASSIGNED, State.UPLOADED, State.PRINTING}
AT_PRINTER_WITHIN_S = 15.0  # also after a print whose end nobody knows
OVER = {State.PRINTED, State.CANCELLED, State.FAILED}


def put_jobs(daemon: Daemon, count: int) -> None:
    for number in range(count):
        daemon.put(f"part{number}.gcode", part(STEPS, number))


def be_the_person(daemon: Daemon, met: Counter[str]) -> None:
    """Clear the bed when a job waits for it, and answer what only a person can."""
    for job in daemon.jobs():
        if job.state is State.HELD and job.because is not None:
            met[job.because.code] += 1
            assert job.because.code in DOUBTS, job.because
            daemon.cli("resolve", job.number, "printed")
    if not any(job.state is State.PRINTING for job in daemon.jobs()):
        daemon.cli("printers", "bed-clear", "p1")  # refused when a print has just begun


def wait_for_a_start(daemon: Daemon, met: Counter[str]) -> None:
    """Return when a job is at the printer and nothing is amiss, or when none comes there."""
    until = time.monotonic() + AT_PRINTER_WITHIN_S
    while time.monotonic() < until:
        jobs = daemon.jobs()
        if any(job.state in AT_PRINTER and job.because is None for job in jobs):
            return
        if all(job.state in OVER for job in jobs):
            return
        be_the_person(daemon, met)
        time.sleep(0.05)


def is_over(jobs: list[Job], count: int) -> bool:
    return len(jobs) == count and all(job.state in OVER for job in jobs)


@pytest.mark.timeout(600)
def test_no_job_starts_twice_whatever_is_killed(
    tmp_path: Path, chance: random.Random, full: bool, tell: Tell
) -> None:
    count, kills = (FULL_JOBS, FULL_KILLS) if full else (JOBS, KILLS)
    met: Counter[str] = Counter()
    killed: Counter[str] = Counter()
    with (
        OctoPrint(tmp_path / "octoprint") as server,
        daemon_at(server, tmp_path, more=MORE) as daemon,
    ):
        put_jobs(daemon, count)
        both: list[Daemon | OctoPrint] = [daemon, server]
        victims = [*both, *(chance.choice(both) for _ in range(kills - len(both)))]
        chance.shuffle(victims)
        for victim in victims:
            wait_for_a_start(daemon, met)
            time.sleep(chance.uniform(0, LATEST_S))
            killed[type(victim).__name__] += 1
            victim.kill()
            victim.start()
        until = time.monotonic() + ALL_END_WITHIN_S
        while not is_over(daemon.jobs(), count):
            assert time.monotonic() < until, [(job.name, job.state) for job in daemon.jobs()]
            be_the_person(daemon, met)
            time.sleep(0.5)
        starts = starts_by_job(server)
        tell(f"OctoPrint: {count} jobs, killed: {dict(killed)}; a person answered: {dict(met)}")
        assert all(times == 1 for times in starts.values()), starts
        assert {job.state for job in daemon.jobs()} == {State.PRINTED}
        assert daemon.unaccounted() == set()
        # What nobody answered for was printed, and not only said to be.
        assert len(starts) >= count - met["start_in_doubt"]
