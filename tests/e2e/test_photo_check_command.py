"""``printd photo-check`` as a person types it, and what ``printd show`` keeps of it."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from printd.core.jobs import State
from printd.core.store import NewJob
from printd.pipeline import tasks
from tests import studio
from tests.looks import PHOTOS
from tests.peers.stores import open_store
from tests.peers.typed import typed
from tests.photos import jpeg_with_size

MOST_BYTES = 60_000_000


def printd(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return typed([*map(str, words)], folder=folder)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    studio.portrait("coffee").save(tmp_path / "good.jpg", quality=95)
    studio.blurred("coffee").save(tmp_path / "blurred.jpg", quality=95)
    return tmp_path


def test_a_good_photo_gets_a_table_without_advice(photos: Path) -> None:
    done = printd(photos, "photo-check", "good.jpg")

    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head.startswith("good.jpg, 1024 x 768: good. ")
    assert len(rows) >= 9
    assert {row.split()[0] for row in rows} == {"good"}
    assert "→" not in done.stdout
    assert "sharpness" in done.stdout
    assert " px wide edges" in done.stdout
    assert done.stderr == ""


def test_a_photo_that_can_do_ends_with_0_and_a_bad_one_with_1(photos: Path) -> None:
    poor = printd(photos, "photo-check", PHOTOS["coffee"])
    bad = printd(photos, "photo-check", "good.jpg", "blurred.jpg")

    assert (poor.returncode, bad.returncode) == (0, 1)
    assert ": poor. This photo can do, but it is small" in poor.stdout
    assert "blurred.jpg, 1024 x 768: bad. A service would make little" in bad.stdout
    assert "→ Hold the camera still" in bad.stdout
    assert "good.jpg, 1024 x 768: good. " in bad.stdout


def test_what_cannot_be_decoded_is_said_and_the_others_are_checked(photos: Path) -> None:
    whole = (photos / "good.jpg").read_bytes()
    (photos / "half.jpg").write_bytes(whole[: len(whole) // 2])
    (photos / "bomb.jpg").write_bytes(jpeg_with_size(whole, 13_000, 13_000))
    (photos / "words.jpg").write_text("no picture")
    names = ("half.jpg", "bomb.jpg", "words.jpg", "good.jpg")

    done = printd(photos, "photo-check", *names)
    told = json.loads(printd(photos, "photo-check", *names, "--json").stdout)

    assert done.returncode == 1
    assert "half.jpg: This JPEG picture stops before its end.\n→ Copy the whole" in done.stderr
    assert done.stdout.startswith("good.jpg")
    codes = [one["error"]["code"] if "error" in one else one["verdict"] for one in told]
    assert codes == ["photo_incomplete", "photo_unreadable", "photo_unreadable", "good"]
    assert [one["file"] for one in told] == list(names)


def test_files_that_are_not_there_and_masks_of_several_are_mistakes(photos: Path) -> None:
    assert printd(photos, "photo-check", "good.jpg", "nix.jpg").returncode == 66
    assert printd(photos, "photo-check").returncode == 64
    words = ("good.jpg", "blurred.jpg", "--mask-file", "good.jpg")
    assert "Name one photo." in printd(photos, "photo-check", *words).stderr


def test_show_tells_what_the_check_of_a_job_said(photos: Path) -> None:
    config = photos / "config.yaml"
    config.write_text(yaml.safe_dump({"data_dir": "data", "drop": {"path": "drop"}}))
    facts = tasks.check_photo(photos / "blurred.jpg", MOST_BYTES)
    (photos / "data").mkdir()
    with open_store(photos / "data") as store:
        job = store.accept(NewJob("job-1", "mia.jpg", "default", {}, "0" * 64))
        store.advance(job, State.ORDERED, {"ticket": {}, "photo_check": facts})

    shown = printd(photos, "show", "1", "--config", config)

    assert "  A service would make little of this photo: it is blurred.\n" in shown.stdout
    assert "  → Hold the camera still" in shown.stdout
