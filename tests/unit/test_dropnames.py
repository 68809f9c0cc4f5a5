"""Names in the drop folder: which are photos, which are ours, which are nobody's business."""

import os

import pytest

from printd.core.dropnames import Kind, kind_of, numbered, photo_of, with_ending

ODD = os.fsdecode(b"\xff\xfe.jpg")  # no UTF-8


@pytest.mark.parametrize(
    "name",
    [
        *("cat.jpg", "_DSC1234.JPG", "__MACOSX.jpg", "_failed.jpg", "-rf", "a b.png", "😀.jpg"),
        *("line\nbreak.jpg", "noending", "report.docx", "README.txt.jpg", "part", "tmp.jpg"),
        *("x" * 255, ODD, "$HOME.jpg", "%s.jpg", "a..jpg", "cat.yaml.jpg"),
    ],
)
def test_any_name_may_be_a_photo(name: str) -> None:
    assert kind_of(name) is Kind.PHOTO


@pytest.mark.parametrize(
    "name", ["_failed", "_done", "again", "_status.txt", "README.txt", ".printd.lock"]
)
def test_the_names_of_printd_are_its_own(name: str) -> None:
    assert kind_of(name) is Kind.OURS


@pytest.mark.parametrize(
    "name",
    [
        *(".hidden.jpg", ".cat.jpg.Xy12Zz", "._cat.jpg", ".DS_Store", ".stfolder", ".stversions"),
        *("~$report.docx", "~syncthing~cat.jpg.tmp", "cat.jpg.part", "cat.jpg.crdownload"),
        *("cat.jpg.download", "cat.jpg.filepart", "cat.TMP", "cat.jpg.partial", ".cat.jpg.swp"),
        *("Thumbs.db", "thumbs.DB", "desktop.ini", "@eaDir", "__MACOSX", "$RECYCLE.BIN"),
        *("System Volume Information", "lost+found", ".new\nline"),
    ],
)
def test_what_machines_leave_lying_is_ignored(name: str) -> None:
    assert kind_of(name) is Kind.NOISE


@pytest.mark.parametrize("name", ["cat.jpg.yaml", "cat.jpg.YAML", "😀.png.yaml", "lonely.yaml"])
def test_yaml_files_are_side_files(name: str) -> None:
    assert kind_of(name) is Kind.SIDE
    assert name.startswith(photo_of(name) + ".")


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127 + "x", "😀" * 63 + "abc"])
def test_a_longer_name_still_fits_the_file_system(name: str) -> None:
    longer = with_ending(name, ".txt")

    assert len(longer.encode()) <= 255
    assert longer.endswith(".txt")
    assert name.startswith(longer.removesuffix(".txt"))


def test_a_short_name_is_kept_whole() -> None:
    assert with_ending("cat.jpg", ".txt") == "cat.jpg.txt"


def test_bytes_that_are_no_text_survive_the_cut() -> None:
    name = os.fsdecode(b"\xff" * 255)

    assert os.fsencode(with_ending(name, ".txt")) == b"\xff" * 251 + b".txt"


@pytest.mark.parametrize(
    ("name", "count", "expected"),
    [
        ("cat.jpg", 1, "cat.jpg"),
        ("cat.jpg", 2, "cat-2.jpg"),
        ("cat.tar.gz", 3, "cat.tar-3.gz"),
        ("cat", 12, "cat-12"),
        ("y" * 251 + ".jpg", 2, "y" * 249 + "-2.jpg"),
    ],
)
def test_the_next_bearer_of_a_name_gets_a_number(name: str, count: int, expected: str) -> None:
    assert numbered(name, count) == expected


def test_numbered_names_differ_and_fit_whatever_the_ending() -> None:
    name = "a." + "b" * 253

    names = {numbered(name, count) for count in (1, 2, 3, 999)}

    assert len(names) == 4
    assert all(len(each.encode()) <= 255 for each in names)
