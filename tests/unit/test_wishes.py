"""Places in the line: what rises, by how little, and that nobody else changes places."""

import itertools

import pytest

from printd.core.wishes import places_before


def in_order(ranks: dict[int, int]) -> list[int]:
    return sorted(ranks, key=lambda number: (-ranks[number], number))


def moved(line: dict[int, int], job: int, before: int | None) -> list[int]:
    risen = places_before([(number, line[number]) for number in in_order(line)], job, before)
    return in_order({number: rank + risen.get(number, 0) for number, rank in line.items()})


@pytest.mark.parametrize(
    ("job", "before", "order"),
    [
        (3, 1, [3, 1, 2, 4]),
        (4, 2, [1, 4, 2, 3]),
        (1, None, [2, 3, 4, 1]),
        (1, 3, [2, 1, 3, 4]),
        (4, None, [1, 2, 3, 4]),
        (2, 3, [1, 2, 3, 4]),
    ],
)
def test_a_job_gets_its_place(job: int, before: int | None, order: list[int]) -> None:
    assert moved({1: 0, 2: 0, 3: 0, 4: 0}, job, before) == order


def test_only_what_stands_before_the_place_rises() -> None:
    assert places_before([(1, 0), (2, 0), (3, 0), (4, 0)], 3, 1) == {3: 1}
    assert places_before([(1, 0), (2, 0)], 1, 2) == {}


def test_every_move_in_every_small_line_gives_the_order_that_was_asked() -> None:
    for ranks in itertools.product((0, 1, 2), repeat=4):
        line = dict(enumerate(ranks, start=1))
        now = in_order(line)
        for job in line:
            for before in (None, *(number for number in line if number != job)):
                others = [number for number in now if number != job]
                at = len(others) if before is None else others.index(before)
                assert moved(line, job, before) == [*others[:at], job, *others[at:]]
