"""Names: what a person typed is shown safely; what a printer gets is plain and never repeated."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printd.core.dropnames import numbered, with_ending
from printd.core.names import SHOWN_CHARACTERS, display_name, print_name, slug
from printd.printers.base import checked_name

NASTY = (
    "cat.jpg",
    "../../etc/passwd",
    "-rf.jpg",
    "Ünïcödé café.JPG",
    "😀.png",
    "two\nlines.jpg",
    "a b\tc.jpg",
    ".hidden",
    "x" * 255,
    "",
    "\udcff\udcfe.jpg",
    "CON.jpg",
    "\u202egpj.exe",
)


@pytest.mark.parametrize("name", NASTY)
def test_a_print_name_is_plain_whatever_the_photo_is_called(name: str) -> None:
    made = print_name(41, 2, name)
    assert re.fullmatch(r"pd-41-2-[a-z2-7]{8}(-[a-z0-9-]*[a-z0-9])?", made)
    assert checked_name(made) == made
    assert len(made) < 64


@given(st.text())
def test_any_text_makes_a_plain_slug(name: str) -> None:
    assert re.fullmatch(r"([a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?)?", slug(name))


def test_a_print_name_reminds_of_the_photo() -> None:
    assert print_name(41, 1, "Ünsere Katze.JPG").endswith("-unsere-katze")


def test_the_same_attempt_never_gets_the_same_name_twice() -> None:
    assert len({print_name(41, 1, "cat.jpg") for _ in range(2000)}) == 2000


@given(st.text() | st.binary())
def test_what_is_shown_is_one_short_line_without_controls(name: str | bytes) -> None:
    shown = display_name(name)
    assert len(shown) <= SHOWN_CHARACTERS
    assert not set(shown) & set("\n\r\x1b\x00\u202e\u200b")
    shown.encode()


@pytest.mark.parametrize("name", NASTY)
def test_a_shown_name_is_printable(name: str) -> None:
    assert display_name(name).isprintable()
    assert display_name(os.fsencode(name)) == display_name(name)


def test_a_long_name_keeps_its_beginning_and_its_ending() -> None:
    shown = display_name("beginning" + "x" * 255 + "ending.jpg")
    assert shown.startswith("beginning")
    assert shown.endswith("ending.jpg")
    assert "…" in shown


@given(st.text(min_size=1, max_size=255), st.sampled_from([".txt", ".yaml", "-2.jpg"]))
def test_an_added_ending_never_makes_a_name_too_long(name: str, ending: str) -> None:
    name = name.encode("utf-8", "replace").decode()
    made = with_ending(name, ending)
    assert made.endswith(ending)
    assert len(made.encode()) <= max(255, len(ending))


@pytest.mark.parametrize("name", ["ä" * 127, "x" * 255, "😀" * 62 + ".jpg", "\udcff" * 255])
def test_the_second_of_a_long_name_can_be_made(tmp_path: Path, name: str) -> None:
    (tmp_path / numbered(name, 1)).touch()
    (tmp_path / numbered(name, 2)).touch()
    assert len(list(tmp_path.iterdir())) == 2
