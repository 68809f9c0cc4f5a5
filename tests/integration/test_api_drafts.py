"""Drafts: a photo is looked at, its surface follows the settings, and it becomes one job."""

import contextlib
import fcntl
import hashlib
import io
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from printd.core.compute import Compute
from printd.core.config import Config
from printd.core.files import JobFolders
from printd.core.store import Store
from printd.pipeline.sweeping import sweep
from printd.web.drafts import OF_A_DRAFT, Drafts
from printd.web.keys import Scope
from printd.web.problems import NoSuchDraft
from printd.web.uploads import Kept, Upload
from tests.peers.api import Api, served
from tests.photos import encoded, png, quarters, textured

PHOTO = encoded(textured(320, 240), "PNG")
WEAK = Scope.OPERATE
QUICK: dict[str, Any] = {"mesh_quality": 128, "n": 64}


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
    heights(client, said["id"])
    assert not [*(api.config.data_dir / "incoming").iterdir()]
    assert client.delete(f"/drafts/{said['id']}").status_code == 204
    assert folders(api) == []
    assert client.get(f"/drafts/{said['id']}/heights").json()["code"] == "no_such_draft"
    assert client.delete(f"/drafts/{said['id']}").status_code == 204


HOSTILE = {
    "photo_empty": b"",
    "photo_unreadable": b"no picture at all" * 50,
    "photo_incomplete": PHOTO[:-500],
    "photo_too_small": encoded(textured(8, 8), "PNG"),
    "photo_odd_shape": encoded(textured(2000, 20), "PNG"),
    "photo_too_large": png(30_000, 30_000, b""),
    "photo_wrong_kind": b"%PDF-1.7 " + bytes(500),
}


@pytest.mark.parametrize("code", HOSTILE)
def test_a_hostile_picture_is_refused_in_words_and_leaves_nothing(
    api: Api, client: httpx.Client, code: str
) -> None:
    answer = hand_in(client, HOSTILE[code])

    said = answer.json()
    assert (answer.status_code, said["code"]) == (422, code)
    assert said["problem"]
    assert said["action"]
    assert folders(api) == []
    assert not [*(api.config.data_dir / "incoming").iterdir()]


def test_a_name_that_promises_another_file_is_no_name(client: httpx.Client) -> None:
    answer = hand_in(client, name="../../x.gcode")
    assert (answer.status_code, answer.json()["format"]) == (201, "PNG")


def test_a_photo_from_a_phone_is_upright_and_tells_nothing(client: httpx.Client) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010F] = "a maker of phones"
    photo = encoded(quarters(96, 64), "JPEG", exif=exif, quality=95)
    said = hand_in(client, photo).json()
    answer = client.get(f"/drafts/{said['id']}/picture", params={"longest_px": 64})
    shown = Image.open(io.BytesIO(answer.content))

    assert (said["width_px"], said["height_px"]) == (64, 96)
    assert answer.headers["content-type"] == "image/jpeg"
    assert shown.size == (43, 64)
    assert not shown.getexif()
    assert "exif" not in shown.info
    assert b"a maker" in photo
    assert b"a maker" not in answer.content
    grid = heights(client, said["id"]).headers["x-grid"]
    cols, rows = map(int, grid.split("x"))
    assert rows > cols


def test_a_picture_with_clear_parts_stays_clear(client: httpx.Client) -> None:
    picture = quarters(96, 64).convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize((96, 64)))
    draft_id = draft(client, encoded(picture, "PNG"))
    answer = client.get(f"/drafts/{draft_id}/picture")
    tag = {"If-None-Match": answer.headers["etag"]}
    again = client.get(f"/drafts/{draft_id}/picture", headers=tag)

    assert answer.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).mode == "RGBA"
    assert (again.status_code, again.content) == (304, b"")


def test_nobody_else_sees_a_draft(api: Api, client: httpx.Client) -> None:
    draft_id = draft(client)
    with api.client(Scope.OPERATE) as other:
        answers = [
            other.get(f"/drafts/{draft_id}/{what}")
            for what in ("heights", "figures", "picture", "picture-of-relief")
        ]
        answers.append(other.post(f"/drafts/{draft_id}/job", json={}))
        other.delete(f"/drafts/{draft_id}")
    assert [answer.status_code for answer in answers] == [404] * 5
    assert {answer.json()["code"] for answer in answers} == {"no_such_draft"}
    assert heights(client, draft_id).status_code == 200
    with api.client(None) as nobody:
        assert nobody.get(f"/drafts/{draft_id}/heights").status_code == 401


def test_the_surface_comes_as_the_contract_says(client: httpx.Client) -> None:
    draft_id = draft(client)
    answer = heights(client, draft_id, width_mm=60, relief_mm=4, base_mm=2)
    tag = {"If-None-Match": answer.headers["etag"]}
    asked = {**QUICK, "width_mm": 60, "relief_mm": 4, "base_mm": 2}
    again = client.get(f"/drafts/{draft_id}/heights", params=asked, headers=tag)
    head = client.head(f"/drafts/{draft_id}/heights", params=asked)
    z_mm = samples(answer)

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-grid"] == "65x49"
    assert answer.headers["x-size-mm"] == "60.0000x45.0000"
    assert answer.headers["x-bounds-mm"] == "0.0000,0.0000,60.0000,45.0000"
    assert answer.headers["x-base-mm"] == "2.0000"
    assert answer.headers["x-relief-mm"] == "4.0000"
    assert answer.headers["x-keep"] == "0"
    assert answer.headers["x-bend"] == "none"
    assert answer.headers["etag"] == f'"{answer.headers["x-params"]}"'
    assert "shape;dur=" in answer.headers["server-timing"]
    assert len(answer.content) == 65 * 49 * 2
    assert (z_mm.min(), z_mm.max()) == pytest.approx((2, 6), abs=0.3)
    assert (again.status_code, again.content) == (304, b"")
    assert (head.status_code, head.content) == (200, b"")
    assert heights(client, draft_id, smoothing_px=5).headers["etag"] != answer.headers["etag"]


def test_a_circle_is_cut_where_it_is(client: httpx.Client) -> None:
    answer = heights(client, draft(client), outline="circle", crop="square", width_mm=50, n=100)
    cols, rows = map(int, answer.headers["x-grid"].split("x"))
    keep = np.frombuffer(answer.content, "u1", rows * cols, 2 * rows * cols).reshape(rows, cols)
    across, down = np.meshgrid(np.linspace(-25, 25, cols), np.linspace(25, -25, rows))
    inside_cells = (25 - np.hypot(across, down)) / (50 / (cols - 1))
    near = np.abs(inside_cells) < 6

    assert answer.headers["x-keep"] == "1"
    assert len(answer.content) == 3 * rows * cols
    off = (keep.astype(float) - 128) / 16 - inside_cells
    assert np.abs(off[near]).max() < 0.25
    assert [float(side) for side in answer.headers["x-bounds-mm"].split(",")] == pytest.approx(
        [0, 0, 50, 50], abs=0.02
    )


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"smoothing_px": "-1"}, "setting_invalid"),
        ({"smoothing_px": "nan"}, "setting_invalid"),
        ({"relief_mm": "1e999"}, "setting_invalid"),
        ({"style": "<script>"}, "setting_invalid"),
        ({"crop": "1,1,0,0"}, "setting_invalid"),
        ({"outline": "mask", "mask": "none"}, "setting_invalid"),
        ({"nothing": "1"}, "request_invalid"),
        ({"smoothing_px": ["1", "2"]}, "request_invalid"),
        ({"plate_steps": "1" * 500}, "request_invalid"),
        ({"n": "100000"}, "request_invalid"),
        ({"recipe": "nothing"}, "recipe_unknown"),
        ({"preset": "nothing"}, "setting_invalid"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(
    client: httpx.Client, query: dict[str, Any], code: str
) -> None:
    answer = client.get(f"/drafts/{draft(client)}/heights", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_figures_are_those_of_the_piece(client: httpx.Client) -> None:
    draft_id = draft(client)
    asked: dict[str, Any] = {"mesh_quality": 128, "width_mm": 60, "relief_mm": 0.3, "base_mm": 0.3}
    said = client.get(f"/drafts/{draft_id}/figures", params=asked).json()
    fine = client.get(f"/drafts/{draft_id}/figures", params={**asked, "layer_mm": 0.1}).json()

    assert said["size_mm"] == pytest.approx([60, 45, 0.6], abs=1e-3)
    assert (said["layers"], fine["layers"]) == (3, 6)
    assert {hint["code"] for hint in said["hints"]} >= {"base_thin", "relief_low"}
    assert all(hint["sentence"] for hint in said["hints"])
    assert {"base_mm": 0.4} in [hint["mend"] for hint in said["hints"]]
    grams = said["grams"]
    assert grams["least"] < grams["about"] < grams["most"]
    assert grams["about"] == pytest.approx(said["volume_mm3"] * 1.24e-3, rel=0.1)
    assert fine["seconds"]["about"] > said["seconds"]["about"]
    assert said["price"] is None
    assert said["is_estimate"] is True
    params = heights(client, draft_id, **{**asked, "n": 256}).headers["x-params"]
    assert said["params"] == params


def test_pictures_are_drawn_from_every_side(api: Api, client: httpx.Client) -> None:
    draft_id = draft(client)
    asked: dict[str, Any] = {
        "mesh_quality": 128,
        "width_px": 120,
        "height_px": 90,
        "look": "#c03020",
    }
    pictures = [
        client.get(f"/drafts/{draft_id}/picture-of-relief", params={**asked, "view": view})
        for view in ("front", "tilted", "side", "back")
    ]
    lamp = {**asked, "view": "light-on"}
    refused = client.get(f"/drafts/{draft_id}/picture-of-relief", params=lamp)
    lamp["surface"] = "lithophane"
    lit = client.get(f"/drafts/{draft_id}/picture-of-relief", params=lamp)

    assert {Image.open(io.BytesIO(one.content)).size for one in pictures} == {(120, 90)}
    assert len({one.content for one in pictures}) == 4
    assert (refused.status_code, refused.json()["code"]) == (422, "setting_invalid")
    assert Image.open(io.BytesIO(lit.content)).size == (129, 97)
    wrong = client.get(f"/drafts/{draft_id}/picture-of-relief", params={"look": "cheese"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "setting_invalid")


def test_a_draft_does_not_fill_the_disk(api: Api, client: httpx.Client) -> None:
    draft_id = draft(client)
    (folder,) = folders(api)
    for strength in range(12):
        heights(client, draft_id, noise_reduction=strength)
        client.get(f"/drafts/{draft_id}/picture", params={"longest_px": 100 + strength})
    assert len([*folder.glob("*.kept")]) == 8
    assert len([*folder.glob("*.seen")]) == 8


def test_work_ends_when_nobody_waits_for_it(api: Api, client: httpx.Client) -> None:
    draft_id = draft(client)
    (folder,) = folders(api)
    with (folder / "lock").open("w") as lock:  # a child that makes a map waits for this
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(httpx.ReadTimeout):
            client.get(f"/drafts/{draft_id}/heights", params=QUICK, timeout=1.0)
        until(lambda: waits_for(folder / "lock") == 0, "a child works on")
    assert heights(client, draft_id).status_code == 200


def test_work_ends_when_its_draft_is_forgotten(api: Api, client: httpx.Client) -> None:
    draft_id = draft(client)
    (folder,) = folders(api)
    answers = []

    def ask() -> None:
        with api.client() as other:
            answers.append(other.get(f"/drafts/{draft_id}/heights", params=QUICK))

    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        asking = threading.Thread(target=ask)
        asking.start()
        until(lambda: waits_for(folder / "lock") == 1, "no child begins")
        assert client.delete(f"/drafts/{draft_id}").status_code == 204
        asking.join()
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "no_such_draft")]
    assert folders(api) == []


def test_many_questions_at_once_keep_nobody_else_waiting(api: Api, client: httpx.Client) -> None:
    draft_id = draft(client)
    (folder,) = folders(api)
    answers = []

    def ask(strength: int) -> None:
        asked = {**QUICK, "noise_reduction": strength}
        with api.client() as other:
            answers.append(other.get(f"/drafts/{draft_id}/heights", params=asked))

    asking = [threading.Thread(target=ask, args=(n,)) for n in range(OF_A_DRAFT + 3)]
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for one in asking:
            one.start()
        until(lambda: len(answers) == 3, "all of them wait")
        assert {one.json()["code"] for one in answers} == {"still_busy"}
        assert client.get("/state").status_code == 200
    for one in asking:
        one.join()
    assert sorted(one.status_code for one in answers) == [200] * OF_A_DRAFT + [503] * 3


def waits_for(path: Path) -> int:
    """Return how many processes have a file open beside us, by the table of the kernel."""
    found = 0
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            found += any(os.path.realpath(one) == str(path) for one in (process / "fd").iterdir())
    return found


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def test_a_recipe_holds_for_what_is_seen_as_well(tmp_path: Path) -> None:
    recipes = {
        "plain": {"settings": {"mesh_quality": 128}, "may_change": ["relief_mm"]},
        "figure": {"mesher": "cloud"},
    }
    meshers = {"cloud": {"kind": "hunyuan-server", "base_url": "http://127.0.0.1:9"}}
    price = {"per_gram": "0.10", "minimum": "1.00"}
    changes: dict[str, Any] = {"recipes": recipes, "meshers": meshers, "price": price}
    with served(tmp_path, **changes) as api, api.client(Scope.SUBMIT) as weak:
        draft_id = draft(weak)
        may = weak.get(f"/drafts/{draft_id}/heights?recipe=plain&relief_mm=2")
        may_not = weak.get(f"/drafts/{draft_id}/heights?recipe=plain&bend=outer")
        nothing = weak.get(f"/drafts/{draft_id}/heights?recipe=figure")
        price_said = weak.get(f"/drafts/{draft_id}/figures?recipe=plain").json()["price"]
    assert may.status_code == 200
    assert may_not.json()["code"] == "setting_invalid"
    assert nothing.json()["code"] == "setting_invalid"
    assert "service" in nothing.json()["problem"]
    assert float(price_said["amount"]) >= 1


def test_room_for_drafts_ends_and_comes_back(tmp_path: Path) -> None:
    web = {"port": 0, "drafts": 3, "draft_idle_s": 10}
    left = tmp_path / "drafts" / "of-yesterday"
    left.mkdir(parents=True)
    (left / "photo.bin").write_bytes(PHOTO)
    with served(tmp_path, web=web) as api, api.client() as client, api.client(WEAK) as other:
        first = draft(client)
        assert not left.exists()
        own = hand_in(client)
        draft(other)
        full = hand_in(other)
        assert client.delete(f"/drafts/{first}").status_code == 204
        assert hand_in(client).status_code == 201
    for refused in (own, full):
        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_drafts")
    assert not (tmp_path / "drafts").exists() or not [*(tmp_path / "drafts").iterdir()]


def test_a_start_without_pages_erases_them_as_well(store: Store, tmp_path: Path) -> None:
    left = tmp_path / "drafts" / "of-yesterday"
    left.mkdir(parents=True)
    (left / "photo.bin").write_bytes(PHOTO)
    folders = JobFolders(tmp_path)
    folders.prepare()
    sweep(store, folders)
    assert not (tmp_path / "drafts").exists()


def test_what_nobody_uses_is_erased(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path, limits={"free_mb": 0, "free_pct": 0})
    with Compute(1) as compute:
        drafts = Drafts(lambda: config, compute)
        made = [drafts.take(received(tmp_path), "ana") for _ in range(2)]
        now_s = max(one.used_s for one in made)
        drafts.sweep(now_s + 1799)
        assert len([*(tmp_path / "drafts").iterdir()]) == 2
        made[1].used_s += 100
        drafts.sweep(now_s + 1801)
        assert [one.name for one in (tmp_path / "drafts").iterdir()] == [made[1].id]
        with pytest.raises(NoSuchDraft):
            drafts.of(made[0].id, "ana")
        assert drafts.of(made[1].id, "ana") is made[1]


def received(folder: Path) -> Upload:
    """Return an upload as it is when it was received whole."""
    file = folder / "incoming" / uuid.uuid4().hex
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(PHOTO)
    return Upload(Kept(file, hashlib.sha256(PHOTO).hexdigest()), {}, "a.png", {})
