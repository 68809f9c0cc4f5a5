"""What a person types of a printed step wedge."""

import re

import pytest

from printd.core.plate_steps import plate_steps


def test_steps_come_thinnest_first_in_whatever_order_they_are_typed() -> None:
    assert plate_steps(" 2:24, 0.8:61;1.4:38 ") == ((0.8, 0.61), (1.4, 0.38), (2.0, 0.24))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "0 step(s) are given; 2 to 64"),
        ("1:50", "1 step(s) are given; 2 to 64"),
        (" ".join(f"{n}:{100 - n}" for n in range(1, 67)), "66 step(s)"),
        ("1:50 1:40", "1 mm is given twice"),
        ("1:50 2:50", "2 mm must let less light through than 1 mm"),
        ("1:50 two:40", "'two:40' is not a step such as 0.8:61"),
        ("1:50 2", "'2' is not a step"),
        ("1:50 2:0", "'2:0': above 0 and at most 100"),
        ("1:50 -2:10", "'-2:10': above 0 and at most 100"),
        ("1:50 nan:10", "'nan:10': above 0"),
        ("1:50 2:101", "'2:101': above 0 and at most 100"),
    ],
)
def test_nonsense_is_a_sentence(words: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        plate_steps(words)
