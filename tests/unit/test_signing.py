"""What a person says of a printed piece."""

import json
from typing import Any

import pytest

from printd.core.clock import from_text
from printd.core.errors import SettingInvalid
from printd.core.signing import SignOff

NOW = from_text("2026-05-03T14:00:00.000+00:00")


def said(pieces: int = 1, **words: Any) -> SignOff:
    return SignOff.said(words, pieces, "ana", NOW)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({"word": "good"}, "good"),
        ({"word": "bad", "reason": "spaghetti"}, "bad: spaghetti"),
        ({"word": "bad", "reason": "other", "note": "cat sat on it"}, "bad: other; cat sat on it"),
        ({"word": "partly", "good": 3, "note": "\x1b[31mred"}, "partly, 3 of 4: \ufffd[31mred"),
    ],
)
def test_it_reads_as_people_say_it_and_survives_the_store(words: dict[str, Any], text: str) -> None:
    sign_off = said(4, **words)
    assert str(sign_off) == text
    assert SignOff.of_text(json.dumps(sign_off.as_values())) == sign_off


@pytest.mark.parametrize(
    "words",
    [
        {"word": "great"},
        {},
        {"word": "bad", "reason": "ugly"},
        {"word": "partly", "good": 5},
        {"word": "partly", "good": -1},
        {"word": "partly", "good": "3"},
        {"word": "partly", "good": True},
        {"word": "good", "good": 0},
        {"word": "bad", "good": 4},
        {"word": "good", "reason": "spaghetti"},
    ],
)
def test_what_cannot_be_is_refused(words: dict[str, Any]) -> None:
    with pytest.raises(SettingInvalid):
        said(4, **words)
