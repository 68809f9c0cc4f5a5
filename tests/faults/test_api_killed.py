"""A daemon killed amid uploads: every answer that was sent has its job, and no job is twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.peers.api import at_home
from tests.peers.daemon import SERVED, Daemon
from tests.photos import encoded
from tests.telling import Tell


@dataclass(frozen=True)
class Crowd:
    """How many hand in how much at once."""

    uploads: int
    clients: int
    killed_after: int  # answers
    side_px: int  # of each picture: noise, so that its bytes are as many as its pixels

    def pictures(self) -> list[bytes]:
        """Return pictures of other bytes each: one picture, with another comment in each."""
        noise = np.random.default_rng(1).integers(0, 256, (self.side_px,) * 2 + (3,), np.uint8)
        whole = encoded(Image.fromarray(noise), "JPEG", quality=88)
        return [whole[:2] + _comment(number) + whole[2:] for number in range(self.uploads)]


def _comment(number: int) -> bytes:
    words = f"picture {number}".encode()
    return b"\xff\xfe" + (len(words) + 2).to_bytes(2, "big") + words


SHORT = Crowd(uploads=8, clients=3, killed_after=2, side_px=96)
FULL = Crowd(uploads=200, clients=20, killed_after=80, side_px=2450)  # of 5 MB
MOST_MB = 250.0


def peak_mb(daemon: Daemon) -> float:
    assert daemon.program is not None
    status = Path(f"/proc/{daemon.program.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def send(daemon: Daemon, number: int, content: bytes) -> int | None:
    """Upload a picture under a key of its own; None: nobody answered."""
    try:
        with at_home(daemon.data) as client:
            answer = client.post(
                "/jobs",
                files={"file": (f"{number}.jpg", content)},
                data={"hold": "true"},
                headers={"Idempotency-Key": f"key-{number}"},
            )
    except (httpx.TransportError, OSError):
        return None
    return answer.status_code


# httpcore leaves its socket to the collector where nobody listens any more.
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_every_upload_that_was_answered_is_one_job(tmp_path: Path, full: bool, tell: Tell) -> None:
    crowd = FULL if full else SHORT
    photos = crowd.pictures()
    daemon = Daemon(tmp_path / "d", SERVED)
    answered: set[int] = set()
    enough = threading.Event()

    def hand_in(number: int) -> None:
        if send(daemon, number, photos[number]) == 201:
            answered.add(number)
            if len(answered) >= crowd.killed_after:
                enough.set()

    with daemon, ThreadPoolExecutor(crowd.clients) as pool:
        under_way = [pool.submit(hand_in, number) for number in range(crowd.uploads)]
        assert enough.wait(300)
        daemon.kill()
        for upload in under_way:
            upload.result()
        kept = {job.name for job in daemon.jobs()}
        assert {f"{number}.jpg" for number in answered} <= kept

        daemon.start()
        again = [*pool.map(lambda number: send(daemon, number, photos[number]), range(len(photos)))]
        names = [job.name for job in daemon.jobs()]

        assert all(again[number] == 200 for number in answered)
        assert {*again} <= {200, 201}
        assert sorted(names) == sorted(f"{number}.jpg" for number in range(crowd.uploads))
        assert daemon.unaccounted() == set()
        assert [*(daemon.data / "incoming").iterdir()] == []
        used_mb = peak_mb(daemon)
        tell(f"{len(answered)} of {len(photos)} answered before the kill; {used_mb:.0f} MB at most")
        assert used_mb <= MOST_MB
        assert daemon.stop() == 0
