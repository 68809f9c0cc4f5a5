"""A photo that is looked at becomes one job of the real daemon; what was seen is what is made."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest

from printd.geometry.files.meshio import OWN_LIMITS, read_stl
from tests.e2e.conftest import Opener
from tests.peers.api import at_home
from tests.peers.daemon import SERVED, Daemon
from tests.photos import encoded, textured

PHOTO = encoded(textured(160, 120), "PNG")
LOOK: dict[str, Any] = {"width_mm": 30, "relief_mm": 3, "base_mm": 1.4, "smoothing_px": 6}


@pytest.fixture
def daemon(open_daemon: Opener) -> Daemon:
    return open_daemon(SERVED)


@pytest.fixture
def home(daemon: Daemon) -> Iterator[httpx.Client]:
    with at_home(daemon.data) as client:
        yield client


def draft(client: httpx.Client) -> str:
    answer = client.post("/drafts", files={"file": ("mia.png", PHOTO)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def drafts_in(daemon: Daemon) -> list[str]:
    return [folder.name for folder in (daemon.data / "drafts").glob("*")]


def test_what_was_seen_is_what_is_made(daemon: Daemon, home: httpx.Client) -> None:
    draft_id = draft(home)
    seen = home.get(f"/drafts/{draft_id}/heights", params=LOOK)
    figures = home.get(f"/drafts/{draft_id}/figures", params=LOOK).json()
    wish = {"settings": LOOK, "name": "Mia"}
    answer = home.post(f"/drafts/{draft_id}/job", json=wish)
    again = home.post(f"/drafts/{draft_id}/job", json=wish)
    other = home.post(f"/drafts/{draft_id}/job", json=wish, headers={"Idempotency-Key": "b"})

    made = answer.json()
    assert answer.status_code == 201, made
    assert answer.headers["location"] == f"/api/v1/jobs/{made['id']}"
    assert (again.status_code, again.json()["number"]) == (200, made["number"])
    assert (other.status_code, other.json()["code"]) == (404, "no_such_draft")
    assert drafts_in(daemon) == []
    assert not [*(daemon.data / "incoming").iterdir()]
    (job,) = daemon.jobs()
    assert (job.name, job.source) == ("Mia", "api")
    folder = daemon.data / "jobs" / job.id
    daemon.wait_until((folder / "model.stl").exists, "no model")
    assert (folder / "photo.bin").read_bytes() == PHOTO
    mesh = read_stl(folder / "model.stl", OWN_LIMITS)
    low, high = mesh.bounds_mm
    assert figures["size_mm"] == pytest.approx((high - low).tolist(), abs=1e-3)
    assert mesh_at_samples(seen, mesh.vertices)


def mesh_at_samples(seen: httpx.Response, vertices: np.ndarray[Any, Any]) -> bool:
    """Say whether each vertex of the mesh that lies on a sample of the screen has its height."""
    cols, rows = map(int, seen.headers["x-grid"].split("x"))
    width, height = map(float, seen.headers["x-size-mm"].split("x"))
    low, span = map(float, seen.headers["x-z-mm"].split(","))
    z_mm = low + span * np.frombuffer(seen.content, "<u2").reshape(rows, cols) / 65535
    tops = vertices[vertices[:, 2] > 0].astype(np.float64)
    col, row = tops[:, 0] / width * (cols - 1), (1 - tops[:, 1] / height) * (rows - 1)
    on_it = (np.abs(col - np.rint(col)) < 1e-3) & (np.abs(row - np.rint(row)) < 1e-3)
    at = np.rint(row[on_it]).astype(int), np.rint(col[on_it]).astype(int)
    assert on_it.sum() > 100
    return bool(np.abs(tops[on_it, 2] - z_mm[at]).max() < 1e-3)


def test_a_button_touched_often_is_one_job(daemon: Daemon) -> None:
    with at_home(daemon.data) as client:
        draft_id = draft(client)
    answers = []

    def touch() -> None:
        with at_home(daemon.data) as client:
            answers.append(client.post(f"/drafts/{draft_id}/job", json={"hold": True}))

    threads = [threading.Thread(target=touch) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [201], answers[0].text
    assert len(daemon.jobs()) == 1
    assert not [*(daemon.data / "incoming").iterdir()]


def test_what_is_refused_leaves_the_draft(daemon: Daemon, home: httpx.Client) -> None:
    draft_id = draft(home)
    refused = home.post(f"/drafts/{draft_id}/job", json={"settings": {"width_mm": -1}})
    kept = home.post(f"/drafts/{draft_id}/job", json={"hold": True, "keep": True})
    preset = home.post(
        f"/drafts/{draft_id}/job",
        json={"hold": True, "preset": "coin", "settings": {"width_mm": 25}},
        headers={"Idempotency-Key": "second"},
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "setting_invalid")
    assert (kept.status_code, preset.status_code) == (201, 201)
    assert drafts_in(daemon) == []
    relief = preset.json()["settings"]["relief"]
    assert (relief["outline"], relief["style"], relief["width_mm"]) == ("circle", "organic", 25)


def test_drafts_do_not_outlive_the_daemon_and_their_jobs_do(daemon: Daemon) -> None:
    with at_home(daemon.data) as home:
        lost, used = draft(home), draft(home)
        home.get(f"/drafts/{lost}/heights", params=LOOK)
        made = home.post(f"/drafts/{used}/job", json={"hold": True}).json()
    daemon.kill()
    assert drafts_in(daemon) == [lost]
    daemon.start()
    with at_home(daemon.data) as home:
        gone = home.get(f"/drafts/{lost}/heights", params=LOOK)
        again = home.post(f"/drafts/{used}/job", json={"hold": True})
    assert (gone.status_code, gone.json()["code"]) == (404, "no_such_draft")
    assert (again.status_code, again.json()["number"]) == (200, made["number"])
    assert drafts_in(daemon) == []
    assert len(daemon.jobs()) == 1
