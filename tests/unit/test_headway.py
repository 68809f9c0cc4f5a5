"""How far prints are is told of their jobs: every 5 %, every minute, and after the first layer."""

from collections.abc import Sequence

import pytest

from printd.web.headway import Headway, UnderWay

Seen = tuple[float, float, int | None]  # seconds, progress, layer


def told(seen: Sequence[Seen]) -> list[tuple[float, str]]:
    headway = Headway()
    return [
        (now_s, word)
        for now_s, progress, layer in seen
        for word, _ in headway.news([UnderWay(7, progress, layer)], now_s)
    ]


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ([(0, 0.10, 5)], []),  # what was found is known already
        ([(0, 0.10, 5), (2, 0.14, 6)], []),
        ([(0, 0.10, 5), (2, 0.16, 6)], [(2, "job.progress")]),
        ([(0, 0.10, 5), (2, 0.14, 6), (4, 0.18, 7)], [(4, "job.progress")]),
        ([(0, 0.10, 5), (59, 0.11, 5), (61, 0.11, 5)], [(61, "job.progress")]),
        ([(0, 0.10, 5), (61, 0.10, 5), (62, 0.101, 5)], [(62, "job.progress")]),
        ([(0, 0.0, 1), (2, 0.01, 2), (4, 0.02, 3)], [(2, "job.first_layer_done")]),
        ([(0, 0.0, 1), (2, 0.01, 2), (4, 0.02, 1), (6, 0.03, 2)], [(2, "job.first_layer_done")]),
        ([(0, 0.0, None), (2, 0.06, 2)], [(2, "job.first_layer_done"), (2, "job.progress")]),
    ],
)
def test_what_is_told(seen: list[Seen], words: list[tuple[float, str]]) -> None:
    assert told(seen) == words


def test_the_next_job_begins_anew() -> None:
    headway = Headway()
    assert list(headway.news([UnderWay(7, 0.9, 9)], 0.0)) == []
    assert list(headway.news([UnderWay(8, 0.0, 1)], 2.0)) == []
    assert list(headway.news([UnderWay(8, 0.1, 2)], 4.0)) == [
        ("job.first_layer_done", 8),
        ("job.progress", 8),
    ]


def test_each_of_several_is_told_for_itself() -> None:
    headway = Headway()
    assert list(headway.news([UnderWay(7, 0.1, 3), UnderWay(8, 0.2, 3)], 0.0)) == []
    assert list(headway.news([UnderWay(7, 0.11, 3), UnderWay(8, 0.3, 3)], 2.0)) == [
        ("job.progress", 8)
    ]
