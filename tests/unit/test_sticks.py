"""A visitor's stick: what of it is shown, and that nothing leads out of it."""

import os
from pathlib import Path, PurePath

import pytest

from printd.core.config import Config
from printd.core.errors import NoSuchFile, PhotoTooLarge
from printd.web import sticks
from printd.web.sticks import DEEPEST, MOST, Found, copied, picture, pictures


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    root = tmp_path / "media"
    (root / "KIM" / "DCIM" / "100").mkdir(parents=True)
    return root


def put(root: Path, name: str, seconds: float = 1.0, content: bytes = b"x") -> Path:
    place = root / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    os.utime(place, (seconds, seconds))
    return place


def names(root: Path) -> list[str]:
    return [str(one.path) for one in pictures(root)]


def config(tmp_path: Path, most_mb: float = 1.0) -> Config:
    return Config(data_dir=tmp_path / "data", limits={"photo_max_mb": most_mb})


def test_the_newest_pictures_come_first_and_nothing_else(stick: Path) -> None:
    put(stick, "KIM/DCIM/100/old.JPG", 10)
    put(stick, "KIM/new.heic", 30)
    put(stick, "KIM/mia.png", 20)
    for other in ("KIM/letter.pdf", "KIM/.hidden.jpg", "KIM/.Trash/a.jpg", "KIM/run.jpg.exe"):
        put(stick, other, 99)
    assert names(stick) == ["KIM/new.heic", "KIM/mia.png", "KIM/DCIM/100/old.JPG"]


def test_no_link_is_followed(stick: Path, tmp_path: Path) -> None:
    secret = put(tmp_path, "secret.jpg")
    (stick / "KIM" / "link.jpg").symlink_to(secret)
    (stick / "KIM" / "folder").symlink_to(tmp_path)
    os.mkfifo(stick / "KIM" / "pipe.jpg")
    assert names(stick) == []
    for path in ("KIM/link.jpg", "KIM/folder/secret.jpg", "KIM/pipe.jpg"):
        with pytest.raises(NoSuchFile):
            copied(config(tmp_path), stick, Found(PurePath(path), 0.0))
    assert not [*(tmp_path / "data" / "incoming").iterdir()]


def test_a_name_that_nobody_was_shown_opens_nothing(stick: Path, tmp_path: Path) -> None:
    put(tmp_path, "secret.jpg")
    put(stick, "KIM/a.jpg")
    for key in ("", "../secret.jpg", Found(PurePath("../secret.jpg"), 0.0).key, "KIM/a.jpg"):
        with pytest.raises(NoSuchFile):
            picture(stick, key)


def test_it_looks_only_so_deep_and_shows_only_so_many(
    stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(stick, "/".join(["d"] * DEEPEST) + "/in.jpg", 1)
    put(stick, "/".join(["d"] * (DEEPEST + 1)) + "/out.jpg", 2)
    assert [one.name for one in pictures(stick)] == ["in.jpg"]
    for number in range(MOST + 5):
        put(stick, f"KIM/{number:04}.jpg", 100 + number)
    found = pictures(stick)
    assert (len(found), found[0].name) == (MOST, f"{MOST + 4:04}.jpg")
    monkeypatch.setattr(sticks, "MOST_ENTRIES", 3)
    assert len(pictures(stick)) <= 3


def test_a_picture_is_copied_whole_and_the_stick_stays_as_it_is(
    stick: Path, tmp_path: Path
) -> None:
    place = put(stick, "KIM/a.jpg", 5, b"picture" * 1000)
    (found,) = pictures(stick)
    upload = copied(config(tmp_path), stick, found)
    assert upload.file.path.read_bytes() == place.read_bytes()
    assert upload.file.path.stat().st_mode & 0o777 == 0o600
    assert upload.name == "a.jpg"
    assert place.stat().st_mtime == 5
    upload.discard()


def test_a_picture_of_too_many_bytes_is_not_copied(stick: Path, tmp_path: Path) -> None:
    put(stick, "KIM/a.jpg", 5, bytes(3000))
    with pytest.raises(PhotoTooLarge):
        copied(config(tmp_path, 0.002), stick, pictures(stick)[0])
    assert not [*(tmp_path / "data" / "incoming").iterdir()]


def test_where_there_is_no_stick_there_is_nothing(tmp_path: Path) -> None:
    assert pictures(tmp_path / "nowhere") == []
