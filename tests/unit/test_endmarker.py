"""A cheap look at the end of a file, without decoding."""

import os
from pathlib import Path

import pytest

from printd.geometry.decode.endmarker import has_end_marker
from tests.photos import encoded, quarters, textured

KINDS = ["JPEG", "PNG", "WEBP", "GIF", "AVIF"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_file_ends_properly(tmp_path: Path, kind: str) -> None:
    photo = tmp_path / "photo"
    photo.write_bytes(encoded(quarters(), kind))

    assert has_end_marker(photo) is True


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_cut_file_does_not(tmp_path: Path, kind: str, share: float) -> None:
    photo = tmp_path / "photo"
    content = encoded(textured(300, 200), kind)
    photo.write_bytes(content[: int(share * len(content))])

    assert has_end_marker(photo) is False


def test_notes_behind_the_end_of_a_jpeg_do_no_harm(tmp_path: Path) -> None:
    photo = tmp_path / "photo"
    photo.write_bytes(encoded(quarters(), "JPEG") + b"SEFT" * 2000)

    assert has_end_marker(photo) is True


def test_a_file_that_was_only_reserved_has_no_end(tmp_path: Path) -> None:
    photo = tmp_path / "photo"
    content = encoded(textured(300, 200), "JPEG")
    photo.write_bytes(content[:5000])
    os.truncate(photo, len(content))

    assert has_end_marker(photo) is False


@pytest.mark.parametrize("content", [b"", b"II*\x00", b"hello"])
def test_other_files_cannot_tell(tmp_path: Path, content: bytes) -> None:
    photo = tmp_path / "photo"
    photo.write_bytes(content)

    assert has_end_marker(photo) is None


def test_an_open_file_keeps_its_place(tmp_path: Path) -> None:
    photo = tmp_path / "photo"
    photo.write_bytes(encoded(quarters(), "PNG"))
    with photo.open("rb") as stream:
        assert has_end_marker(stream.fileno()) is True
        assert os.lseek(stream.fileno(), 0, os.SEEK_CUR) == 0


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "photo")

    with pytest.raises(OSError, match="symbolic"):
        has_end_marker(link)
