"""A daemon killed amid uploads: every answer that was sent has its job, and no job is twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.peers.api import at_home
from tests.peers.daemon import SERVED, Daemon
from tests.photos import encoded, textured

UPLOADS = 8
CLIENTS = 3
KILLED_AFTER = 2


def send(daemon: Daemon, number: int, content: bytes) -> int | None:
    """Upload a picture under a key of its own; None: nobody answered."""
    try:
        with at_home(daemon.data) as client:
            answer = client.post(
                "/jobs",
                files={"file": (f"{number}.png", content)},
                data={"hold": "true"},
                headers={"Idempotency-Key": f"key-{number}"},
            )
    except (httpx.TransportError, OSError):
        return None
    return answer.status_code


# httpcore leaves its socket to the collector where nobody listens any more.
@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_every_upload_that_was_answered_is_one_job(tmp_path: Path) -> None:
    photos = [encoded(textured(96, 96, number), "PNG") for number in range(UPLOADS)]
    daemon = Daemon(tmp_path / "d", SERVED)
    answered: set[int] = set()
    enough = threading.Event()

    def hand_in(number: int) -> None:
        if send(daemon, number, photos[number]) == 201:
            answered.add(number)
            if len(answered) >= KILLED_AFTER:
                enough.set()

    with daemon, ThreadPoolExecutor(CLIENTS) as pool:
        under_way = [pool.submit(hand_in, number) for number in range(UPLOADS)]
        assert enough.wait(60)
        daemon.kill()
        for upload in under_way:
            upload.result()
        kept = {job.name for job in daemon.jobs()}
        assert {f"{number}.png" for number in answered} <= kept

        daemon.start()
        again = [send(daemon, number, photo) for number, photo in enumerate(photos)]
        names = [job.name for job in daemon.jobs()]

        assert all(again[number] == 200 for number in answered)
        assert {*again} <= {200, 201}
        assert sorted(names) == sorted(f"{number}.png" for number in range(UPLOADS))
        assert daemon.unaccounted() == set()
        assert [*(daemon.data / "incoming").iterdir()] == []
        assert daemon.stop() == 0
