"""What visitors of the kiosk read: every state and every reason has words, and none is jargon."""

import re

import pytest

from printd.core.jobs import State
from printd.core.matching import TESTS
from printd.web.pages.kiosk import refusals, words
from printd.web.pages.languages import FOLDER
from tests.unit.test_languages import said

JARGON = re.compile(
    r"\b(mesh|slic\w+|stl|gcode|g-code|http|queue|job|daemon|printd|config\w*|server|upload\w*|"
    r"url|cookie|api|pixel\w*|exif|draft|nozzle|error|invalid|failed)\b",
    re.IGNORECASE,
)
PASSING = {"busy", "staggered"}  # pass by themselves: "in line" says it all


@pytest.mark.parametrize("state", [state for state in State if state is not State.SLICED])
def test_every_state_has_words(state: State) -> None:
    assert words.LINES[state]


def test_every_reason_to_wait_has_words() -> None:
    codes = {test.__name__.removeprefix("_") for test in TESTS} | {"bed_unknown"}
    assert codes - PASSING - words.WAITS.keys() == set()


def test_no_word_of_the_kiosk_is_jargon() -> None:
    wrong = [
        word
        for word, file in said().items()
        if ("kiosk" in file or "/phone" in file or "/wall" in file) and JARGON.search(word)
    ]
    assert wrong == []


def test_the_tables_say_things_that_are_translated() -> None:
    known = said()
    tables = (words.HELD, words.WAITS, words.LINES)
    sentences = [sentence for table in tables for sentence in table.values()]
    sentences += [one for pair in refusals.WORDS.values() for one in pair]
    assert [one for one in sentences if one not in known] == []
    assert (FOLDER / "de" / "kiosk.po").is_file()
