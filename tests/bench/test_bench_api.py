"""How fast the API answers beside readers of its events and a store that changes all the time;
how much memory hundreds of uploads at once take.
"""

import json
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import numpy as np
import pytest
from PIL import Image

from printd.core.board import Condition, PrinterStatus
from printd.core.clock import utc_now
from printd.core.database import FILE, Database
from printd.core.fleet import Fleet
from printd.core.store import Store
from tests.bench.figures import pace
from tests.peers.api import at_home
from tests.peers.daemon import SERVED, Daemon
from tests.peers.filled import fill
from tests.peers.loaded import Program
from tests.peers.stores import open_store
from tests.photos import encoded

OVER: Final = 10_000
WAITING: Final = 500
PRINTERS: Final = 50
READERS: Final = 40
ASKED: Final = 300
JOBS_MS: Final = 30.0
STATE_MS: Final = 20.0
UPLOADS: Final = 200
CLIENTS: Final = 20
PHOTO_BYTES: Final = 5_000_000
MEMORY_MB: Final = 250.0


class Server:
    """The API in a program of its own, beside the store of this one."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "tests.peers.api_program", str(folder), str(PRINTERS)]
        self._program = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._program.stdout is not None
        self.url, self.key = self._program.stdout.readline().split()

    def client(self) -> httpx.Client:
        headers = {"X-Api-Key": self.key}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=60.0)

    def close(self) -> None:
        self._program.communicate()


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    with open_store(folder) as store:
        names = [f"p{number}" for number in range(PRINTERS)]
        fill(store, over=OVER, waiting=WAITING, printers=names)
    server = Server(folder)
    try:
        yield server
    finally:
        server.close()


def asked_ms(client: httpx.Client, path: str, **params: object) -> list[float]:
    """Ask again and again; return how long each answer took, in ms."""
    took = []
    for _ in range(ASKED):
        before = time.perf_counter()
        answer = client.get(path, params=params)  # type: ignore[arg-type]
        took.append(1000 * (time.perf_counter() - before))
        assert answer.status_code == 200
        time.sleep(0.01)
    return took


def shown(what: str, took: list[float], allowed_ms: float) -> None:
    p95 = statistics.quantiles(took, n=20)[-1]
    allowed = allowed_ms * pace()
    print(
        f"\n{what}: median {statistics.median(took):.1f} ms, p95 {p95:.1f} ms,"
        f" longest {max(took):.1f} ms (p95 allowed: {allowed:.1f} ms)"
    )
    assert p95 <= allowed


@contextmanager
def changing(folder: Path) -> Iterator[Callable[[], list[int]]]:
    """Let printers go on and jobs be wanted again while the block runs; gives the events' ids."""
    stop = threading.Event()
    database = Database(folder / FILE)
    database.use()
    store, fleet = Store(database), Fleet(database)
    dice = random.Random(3)  # noqa: S311  the same every time
    before = max(event.seq for event in store.events(limit=1))

    def change() -> None:
        while not stop.wait(0.2):
            name = f"p{dice.randrange(PRINTERS)}"
            status = PrinterStatus(Condition.PRINTING, "somebody's", dice.random(), 20, 60, 900.0)
            fleet.saw(name, status, utc_now())
            store.confirm(store.job(OVER + dice.randint(1, WAITING)), who="ana")

    thread = threading.Thread(target=change)
    thread.start()

    def made() -> list[int]:
        stop.set()
        thread.join()
        return [event.seq for event in store.events(limit=100_000) if event.seq > before]

    try:
        yield made
    finally:
        stop.set()
        thread.join()
        database.close()


class Reader(threading.Thread):
    """Reads the stream and keeps the numbers of events, until it has seen the last one."""

    def __init__(self, server: Server, listening: threading.Semaphore) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._listening = listening
        self.seen: list[int] = []
        self.last = 0

    def run(self) -> None:
        with self._server.client() as client, client.stream("GET", "/events") as stream:
            lines = stream.iter_lines()
            next(lines)
            self._listening.release()
            for line in lines:
                if line.startswith("id: "):
                    self.seen.append(int(line[4:]))
                if self.last and self.seen and self.seen[-1] >= self.last:
                    return


def test_a_quiet_store_answers_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.client() as client:
        client.get("/state")
        shown("GET /jobs, 50 of 10 500", asked_ms(client, "/jobs"), JOBS_MS)
        shown("GET /jobs, words searched", asked_ms(client, "/jobs", search="cat-42 ana"), JOBS_MS)
        shown("GET /jobs, of one printer", asked_ms(client, "/jobs", printer="p7"), JOBS_MS)
        shown("GET /jobs/{id}", asked_ms(client, f"/jobs/{OVER + 5}"), JOBS_MS)
        shown("GET /state", asked_ms(client, "/state"), STATE_MS)


def test_readers_of_events_and_changes_do_not_slow_the_answers(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.client() as client:
        listening = threading.Semaphore(0)
        readers = [Reader(server, listening) for _ in range(READERS)]
        for reader in readers:
            reader.start()
        for _ in readers:
            assert listening.acquire(timeout=60)
        with changing(tmp_path) as made:
            client.get("/state")
            state = asked_ms(client, "/state")
            jobs = asked_ms(client, "/jobs")
            events = made()
            for reader in readers:
                reader.last = events[-1]
            for reader in readers:
                reader.join(60)
        lost = sum(len({*events} - {*reader.seen}) for reader in readers)
        twice = sum(len(reader.seen) - len({*reader.seen}) for reader in readers)
        print(f"\n{READERS} readers, {len(events)} events: {lost} lost, {twice} told twice")
        shown("GET /state with readers", state, STATE_MS)
        shown("GET /jobs with readers", jobs, JOBS_MS)
        assert (lost, twice) == (0, 0)


def photo_of_5_mb() -> bytes:
    noise = np.random.default_rng(1).integers(0, 256, (2450, 2450, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noise), "JPEG", quality=88)
    print(f"\na photo of {len(content) / 1e6:.1f} MB")
    return content


def another(photo: bytes, number: int) -> bytes:
    """Return the same picture in other bytes: with a comment after its first marker."""
    words = f"picture {number}".encode()
    comment = b"\xff\xfe" + (len(words) + 2).to_bytes(2, "big") + words
    return photo[:2] + comment + photo[2:]


def peak_mb(program: Program) -> float:
    status = Path(f"/proc/{program.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


@pytest.mark.timeout(1800)
def test_two_hundred_uploads_from_twenty_clients(tmp_path: Path) -> None:
    photo = photo_of_5_mb()
    with Daemon(tmp_path, SERVED) as daemon:
        assert daemon.program is not None
        with at_home(daemon.data) as client:
            client.get("/state")
        before_mb = peak_mb(daemon.program)

        def send(number: int) -> tuple[int, float]:
            with at_home(daemon.data) as client:
                began = time.perf_counter()
                answer = client.post(
                    "/jobs",
                    files={"file": (f"{number}.jpg", another(photo, number))},
                    data={"hold": "true"},
                    headers={"Idempotency-Key": str(number)},
                )
                return answer.status_code, time.perf_counter() - began

        began = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = [*pool.map(send, range(UPLOADS))]
        took_s = time.perf_counter() - began
        used_mb = peak_mb(daemon.program)
        daemon.kill()
        jobs = daemon.jobs()
        folders = {folder.name for folder in (daemon.data / "jobs").iterdir()}
        statuses = [status for status, _ in answers]
        slowest = max(seconds for _, seconds in answers)
        print(
            f"{UPLOADS} uploads of {len(photo) / 1e6:.1f} MB from {CLIENTS} clients:"
            f" {took_s:.0f} s, {took_s / UPLOADS * 1000:.0f} ms each,"
            f" the slowest answer after {slowest:.1f} s;"
            f" memory of the daemon {before_mb:.0f} MB before, {used_mb:.0f} MB at most"
        )
        assert json.dumps(sorted(set(statuses))) == "[201]"
        assert len(jobs) == UPLOADS
        assert {job.id for job in jobs} <= folders
        assert used_mb <= MEMORY_MB
