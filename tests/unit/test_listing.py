"""One look at a real folder: what is a photo for which recipe, and what is left lying."""

import os
import socket
from pathlib import Path

import pytest

from printd.daemon.listing import Listing, look

RECIPES = ["default", "keychain"]


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    for name in ("keychain", "again", "_failed", "_done"):
        (tmp_path / name).mkdir()
    return tmp_path


def names(listing: Listing) -> list[str]:
    return [found.photo.name for found in listing.found]


def test_photos_come_oldest_first(drop: Path) -> None:
    for age, name in enumerate(["new.jpg", "middle.jpg", "old.jpg"]):
        (drop / name).write_bytes(b"x")
        os.utime(drop / name, (1000 - age, 1000 - age))

    assert names(look(drop, RECIPES)) == ["old.jpg", "middle.jpg", "new.jpg"]


def test_each_recipe_has_its_folder(drop: Path) -> None:
    for place in (".", "keychain", "again", "_failed", "_done"):
        (drop / place / "cat.jpg").write_bytes(b"x")

    found = {
        (each.photo.parent.name, each.recipe, each.again) for each in look(drop, RECIPES).found
    }

    assert found == {
        (drop.name, "default", False),
        ("keychain", "keychain", False),
        ("again", "default", True),
    }


def test_a_leading_underscore_is_a_photo_and_our_own_names_are_not(drop: Path) -> None:
    for name in ("_DSC1234.JPG", "_status.txt", "README.txt", ".printd.lock", ".hidden.jpg"):
        (drop / name).write_bytes(b"x")

    listing = look(drop, RECIPES)

    assert names(listing) == ["_DSC1234.JPG"]
    assert listing.notes == []


def test_a_side_file_goes_with_its_photo(drop: Path) -> None:
    for name in ("cat.jpg", "cat.jpg.yaml", "dog.jpg", "dog.jpg.YAML", "lonely.jpg.yaml"):
        (drop / name).write_bytes(b"x")

    listing = look(drop, RECIPES)

    assert {each.photo.name: each.side and each.side.name for each in listing.found} == {
        "cat.jpg": "cat.jpg.yaml",
        "dog.jpg": "dog.jpg.YAML",
    }
    assert [side.name for side, _ in listing.lonely_sides] == ["lonely.jpg.yaml"]


def test_what_is_no_file_is_left_with_one_line_each(drop: Path) -> None:
    (drop / "target").write_bytes(b"x")
    (drop / "link.jpg").symlink_to(drop / "target")
    (drop / "dangling.jpg").symlink_to(drop / "nowhere")
    os.mkfifo(drop / "fifo.jpg")
    (drop / "x.jpg").mkdir()
    (drop / "keychain" / "deeper").mkdir()
    with socket.socket(socket.AF_UNIX) as line:
        here = os.open(drop, os.O_RDONLY)
        try:
            line.bind(f"/proc/self/fd/{here}/socket.jpg")
        finally:
            os.close(here)

    listing = look(drop, RECIPES)

    assert names(listing) == ["target"]
    assert sorted(listing.notes) == [
        "dangling.jpg: is a link; put the picture itself here",
        "deeper: is a folder; nothing in it is taken",
        "fifo.jpg: is a pipe, not a picture",
        "link.jpg: is a link; put the picture itself here",
        "socket.jpg: is a socket, not a picture",
        "x.jpg: is a folder, but no recipe of that name; nothing in it is taken",
    ]


def test_a_recipe_folder_that_is_a_link_or_a_file_is_not_looked_into(drop: Path) -> None:
    elsewhere = drop / "_done" / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "cat.jpg").write_bytes(b"x")
    (drop / "keychain").rmdir()
    (drop / "keychain").symlink_to(elsewhere)
    (drop / "again").rmdir()
    (drop / "again").write_bytes(b"x")

    listing = look(drop, RECIPES)

    assert listing.found == []
    assert sorted(listing.notes) == [
        "again: is in the place of a recipe's folder",
        "keychain: is in the place of a recipe's folder",
    ]


def test_names_in_the_lines_are_fit_to_be_shown(drop: Path) -> None:
    (drop / "two\nlines\u202egpj.exe").mkdir()
    (drop / os.fsdecode(b"\xff\xfe")).mkdir()

    for line in look(drop, RECIPES).notes:
        assert line.isprintable()
        line.encode()


def test_a_drop_folder_that_is_gone_is_an_error_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        look(tmp_path / "gone", RECIPES)


def test_a_recipe_folder_that_is_gone_is_none(tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(b"x")

    assert names(look(tmp_path, RECIPES)) == ["cat.jpg"]
