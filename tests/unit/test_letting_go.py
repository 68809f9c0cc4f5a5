"""Originals leave the drop folder only as the files they were, and cover no other file."""

import re
import tempfile
from pathlib import Path

import pytest

from printd.core.errors import PhotoEmpty, PhotoIncomplete
from printd.pipeline import letting_go
from printd.pipeline.copying import Identity

ERROR = PhotoIncomplete("It stops.")
OTHER_DISK = Path("/dev/shm")  # noqa: S108 - a second file system, if the machine has one


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "cat.jpg"
    path.write_bytes(b"cat")
    return path


def now(path: Path) -> Identity:
    return Identity.of(path.lstat())


def test_a_file_that_has_changed_stays(photo: Path) -> None:
    before = now(photo)
    photo.write_bytes(b"another")

    letting_go.remove(photo, before)
    letting_go.keep(photo, before, photo.parent)
    letting_go.refuse(photo, before, photo.parent, ERROR)

    assert photo.read_bytes() == b"another"
    assert list(photo.parent.iterdir()) == [photo]


def test_a_file_that_is_gone_is_no_error(photo: Path) -> None:
    before = now(photo)
    photo.unlink()

    letting_go.remove(photo, before)
    letting_go.keep(photo, before, photo.parent)
    letting_go.refuse(photo, before, photo.parent, ERROR)


def test_the_sentence_holds_problem_action_code_and_time(photo: Path) -> None:
    letting_go.refuse(photo, now(photo), photo.parent, ERROR)

    problem, action, empty, code, moment = (
        (photo.parent / "_failed" / "cat.jpg.txt").read_text().splitlines()
    )
    assert (problem, action, empty) == ("It stops.", ERROR.action, "")
    assert code == "code: photo_incomplete"
    assert re.fullmatch(r"time: \d{1,2} [A-Z][a-z]{2} 20\d\d \d\d:\d\d UTC", moment)


def test_each_of_many_files_of_one_name_keeps_its_own_sentence(photo: Path) -> None:
    for words in ("one", "two", "three"):
        photo.write_text(words)
        letting_go.refuse(photo, now(photo), photo.parent, PhotoEmpty(words))

    failed = photo.parent / "_failed"
    for name, words in (("cat.jpg", "one"), ("cat-2.jpg", "two"), ("cat-3.jpg", "three")):
        assert (failed / name).read_text() == words
        assert (failed / f"{name}.txt").read_text().startswith(words)


def test_a_sentence_never_covers_a_refused_text_file(photo: Path) -> None:
    letter = photo.with_name("cat.jpg.txt")
    letter.write_bytes(b"a letter")
    letting_go.refuse(letter, now(letter), photo.parent, ERROR)

    letting_go.refuse(photo, now(photo), photo.parent, ERROR)

    failed = photo.parent / "_failed"
    assert (failed / "cat.jpg.txt").read_bytes() == b"a letter"
    assert (failed / "cat-2.jpg").read_bytes() == b"cat"
    assert (failed / "cat-2.jpg.txt").exists()


@pytest.mark.parametrize("name", ["x" * 251 + ".jpg", "a." + "b" * 253, "😀" * 63])
def test_the_longest_names_are_refused_twice(tmp_path: Path, name: str) -> None:
    for _ in range(2):
        photo = tmp_path / name
        photo.write_bytes(b"cat")
        letting_go.refuse(photo, now(photo), tmp_path, ERROR)

    assert [path.name for path in tmp_path.iterdir()] == ["_failed"]
    assert len(list((tmp_path / "_failed").iterdir())) == 4


def test_kept_files_of_one_name_are_all_kept(photo: Path) -> None:
    for content in (b"one", b"two"):
        photo.write_bytes(content)
        letting_go.keep(photo, now(photo), photo.parent)

    done = photo.parent / "_done"
    assert {path.name: path.read_bytes() for path in done.iterdir()} == {
        "cat.jpg": b"one",
        "cat-2.jpg": b"two",
    }


def test_a_link_in_failed_is_not_written_through(photo: Path) -> None:
    secret = photo.parent / "secret"
    secret.write_bytes(b"kept")
    (photo.parent / "_failed").mkdir()
    (photo.parent / "_failed" / "cat.jpg.txt").symlink_to(secret)

    letting_go.refuse(photo, now(photo), photo.parent, ERROR)

    assert secret.read_bytes() == b"kept"
    assert (photo.parent / "_failed" / "cat-2.jpg.txt").exists()


def test_no_sentence_is_left_for_a_file_that_could_not_be_moved(photo: Path) -> None:
    if not OTHER_DISK.is_dir() or OTHER_DISK.stat().st_dev == photo.stat().st_dev:
        pytest.skip("needs two file systems")
    with tempfile.TemporaryDirectory(dir=OTHER_DISK) as elsewhere:
        (photo.parent / "_failed").symlink_to(elsewhere)

        with pytest.raises(OSError, match="cross-device"):
            letting_go.refuse(photo, now(photo), photo.parent, ERROR)

        assert list(Path(elsewhere).iterdir()) == []
    assert photo.read_bytes() == b"cat"
