"""The table of faults names its tests: each exists, and no row is without one."""

import functools
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "faults.md"
HEAD = ("| what goes wrong |", "|---|")  # of each table
DEFINED = re.compile(r"^def (test_\w+)\(", re.MULTILINE)


def rows() -> list[str]:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    return [line for line in lines if not line.startswith(HEAD)]


@functools.cache
def all_tests() -> frozenset[str]:
    texts = [path.read_text() for path in TESTS.rglob("test_*.py")]
    return frozenset(name for text in texts for name in DEFINED.findall(text))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split("|")[1].strip(" .*"))
def test_a_row_names_tests_that_exist(row: str) -> None:
    named = set(re.findall(r"`(test_\w+)`", row.split("|")[4]))
    assert named, "no test proves it"
    assert named - all_tests() == set()
