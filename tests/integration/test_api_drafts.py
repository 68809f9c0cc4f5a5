"""Drafts: a photo is looked at, its surface follows the settings, and it becomes one job."""

import io
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from printd.web.keys import Scope
from tests.peers.api import Api, served
from tests.photos import encoded, textured

PHOTO = encoded(textured(320, 240), "PNG")
QUICK = {"mesh_quality": 128, "n": 64}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with served(tmp_path_factory.mktemp("drafts")) as running:
        yield running


@pytest.fixture
def client(api: Api) -> Iterator[httpx.Client]:
    with api.client() as client:
        yield client
        for folder in folders(api):
            client.delete(f"/drafts/{folder.name}")


def folders(api: Api) -> list[Path]:
    root = api.config.data_dir / "drafts"
    return [*root.iterdir()] if root.exists() else []


def hand_in(client: httpx.Client, photo: bytes = PHOTO, name: str = "a.png") -> httpx.Response:
    return client.post("/drafts", files={"file": (name, photo)})


def draft(client: httpx.Client, photo: bytes = PHOTO) -> str:
    answer = hand_in(client, photo)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def heights(client: httpx.Client, draft_id: str, **settings: Any) -> httpx.Response:
    asked = {**QUICK, **settings}
    answer = client.get(f"/drafts/{draft_id}/heights", params=asked)
    assert answer.status_code == 200, answer.text
    return answer


def samples(answer: httpx.Response) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return heights in millimetres."""
    cols, rows = map(int, answer.headers["x-grid"].split("x"))
    low, span = map(float, answer.headers["x-z-mm"].split(","))
    numbers = np.frombuffer(answer.content[: 2 * rows * cols], "<u2").reshape(rows, cols)
    return low + span * numbers / 65535


def test_a_photo_is_looked_at_and_erased(api: Api, client: httpx.Client) -> None:
    answer = hand_in(client)
    said = answer.json()
    (folder,) = folders(api)

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/drafts/{said['id']}"
    assert (said["width_px"], said["height_px"], said["format"]) == (320, 240, "PNG")
    assert [one["code"] for one in said["warnings"]] == ["photo_soft"]
    assert folder.name == said["id"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "photo.bin").stat().st_mode & 0o777 == 0o600
    assert (folder / "photo.bin").read_bytes() == PHOTO
    assert not [*(api.config.data_dir / "incoming").iterdir()]
    assert client.delete(f"/drafts/{said['id']}").status_code == 204
    assert folders(api) == []
    assert client.get(f"/drafts/{said['id']}/heights").json()["code"] == "no_such_draft"
    assert client.delete(f"/drafts/{said['id']}").status_code == 204
