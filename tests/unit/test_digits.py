"""Numbers as text: each row is what formatting number by number would give."""

import numpy as np
import pytest

from printd.geometry.files.digits import ROWS_AT_A_TIME, text_rows

AROUND = (b"v ", b" ", b" ", b"\n")


def lines(numbers: object, decimals: int) -> list[str]:
    return b"".join(text_rows(np.array(numbers), AROUND, decimals)).decode().splitlines()


def test_numbers_are_as_short_as_they_can_be() -> None:
    assert lines([[1, -2.5, 0], [100, 12.00001, -0.25]], 5) == [
        "v 1 -2.5 0",
        "v 100 12.00001 -0.25",
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1e-7, "0"),
        (-1e-7, "0"),
        (-0.0, "0"),
        (0.0000051, "0.00001"),
        (0.999996, "1"),
        (-9.999999, "-10"),
        (54321.12345, "54321.12345"),
        (9_999_999.5, "9999999.5"),
    ],
)
def test_rounding_and_ends_of_the_range(number: float, text: str) -> None:
    assert lines([[number, number, 1.5]], 5) == [f"v {text} {text} 1.5"]


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e3, 1e6])
def test_rows_are_those_of_formatting(scale: float) -> None:
    numbers = (np.random.default_rng(2).random((ROWS_AT_A_TIME + 7, 3)) - 0.5) * scale

    wanted = [
        "v " + " ".join(f"{one:.6f}".rstrip("0").rstrip(".") for one in row)
        for row in np.rint(numbers * 1e6) / 1e6 + 0.0  # no -0
    ]

    assert lines(numbers, 6) == wanted


def test_whole_numbers_of_any_size() -> None:
    numbers = [[0, 7, 10], [2**31 - 1, 2**32, 10**15]]

    assert lines(numbers, 0) == ["v 0 7 10", "v 2147483647 4294967296 1000000000000000"]


def test_no_rows_are_no_text() -> None:
    assert not list(text_rows(np.empty((0, 3)), AROUND, 3))
