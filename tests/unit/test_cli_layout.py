"""Lines and columns at terminals of any width."""

import io

import pytest

from printd.cli.layout import cells, fitted, rows_as_lines

JOBS = (
    ("#1", "star.png", "needs a person", "The bed of shelf has not been cleared."),
    ("#10", "moon.png", "printed on shelf", ""),
)


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setenv("COLUMNS", "40")
    return Screen()


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        (
            None,
            [
                "#1   star.png  needs a person    The bed of shelf has not been cleared.",
                "#10  moon.png  printed on shelf",
            ],
        ),
        (
            64,
            [
                "#1   star.png  needs a person    The bed of shelf has not been",
                "                                 cleared.",
                "#10  moon.png  printed on shelf",
            ],
        ),
        (
            40,
            [
                "#1   star.png  needs a person",
                "    The bed of shelf has not been",
                "    cleared.",
                "#10  moon.png  printed on shelf",
            ],
        ),
        (
            24,
            [
                "#1  star.png  needs a",
                "    person  The bed of",
                "    shelf has not been",
                "    cleared.",
                "#10  moon.png  printed",
                "    on shelf",
            ],
        ),
    ],
)
def test_a_table_is_as_wide_as_its_terminal(columns: int | None, lines: list[str]) -> None:
    found = list(rows_as_lines(JOBS, columns))
    assert found == lines
    assert all(columns is None or cells(line) <= columns for line in found)


def test_columns_stand_below_each_other_whatever_letters_are_in_them() -> None:
    first, second = rows_as_lines([("模型", "x"), ("abcdé", "y")], None)
    assert (first, second) == ("模型   x", "abcdé  y")


def test_an_empty_table_is_nothing() -> None:
    assert list(rows_as_lines([], 80)) == []


def test_a_sentence_goes_on_below_and_a_command_is_kept_whole(narrow: Screen) -> None:
    said = fitted(
        "It waits.\n→ Look at it, clear it, then run `printd printers bed-clear a`.", narrow
    )
    assert said == "It waits.\n→ Look at it, clear it, then run\n  `printd printers bed-clear a`."


def test_nothing_is_cut_where_it_can_not_be(narrow: Screen) -> None:
    path = "/a/" + "long/" * 20
    assert any(path in line for line in fitted(f"files: {path}", narrow).split("\n"))


def test_what_is_no_terminal_gets_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    text = "a sentence " * 20
    assert fitted(text, io.StringIO()) == text
