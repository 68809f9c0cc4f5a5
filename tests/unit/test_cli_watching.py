"""``--watch``: shown again when it has changed, and how a moment of the past is typed."""

import argparse
import json
from datetime import timedelta

import pytest

from printd.cli import watching
from printd.cli.since import moment_of
from printd.cli.watching import screen_of, shown_again
from printd.core.clock import utc_now
from printd.core.errors import SettingInvalid


class Changing:
    """What a command shows, another text at each look; then somebody presses Ctrl-C."""

    def __init__(self, *texts: str) -> None:
        self._texts = list(texts)

    def __call__(self, _: argparse.Namespace) -> int:
        if not self._texts:
            raise KeyboardInterrupt
        print(self._texts.pop(0))  # noqa: T201
        return 0


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_S", 0.0)


def test_without_watch_it_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    args = argparse.Namespace(watch=False, json=False)
    assert shown_again(Changing("a", "b"), args) == 0
    assert capsys.readouterr().out == "a\n"


def test_only_changes_are_shown_again(capsys: pytest.CaptureFixture[str]) -> None:
    args = argparse.Namespace(watch=True, json=False)
    assert shown_again(Changing("a", "a", "b"), args) == 0
    assert capsys.readouterr().out == "a\n\nb\n\n"


def test_as_json_each_change_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    args = argparse.Namespace(watch=True, json=True)
    shown_again(Changing("[\n 1\n]", "[\n 1\n]", "[2]"), args)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [[1], [2]]


def test_a_screen_is_drawn_over_the_one_before_it() -> None:
    assert screen_of("one\ntwo\n", 24) == "\x1b[Hone\x1b[K\ntwo\x1b[K\n\x1b[J"


def test_what_has_no_room_on_a_screen_is_counted() -> None:
    drawn = screen_of("".join(f"{number}\n" for number in range(30)), 5)
    assert drawn.count("\n") == 4  # and the cursor on the fifth
    assert "2\x1b[K" in drawn
    assert "… 27 more lines" in drawn


@pytest.mark.parametrize(
    ("word", "ago"),
    [("7d", timedelta(days=7)), ("12h", timedelta(hours=12)), ("30m", timedelta(minutes=30))],
)
def test_a_moment_is_said_by_how_long_ago_it_was(word: str, ago: timedelta) -> None:
    assert abs(utc_now() - ago - moment_of(word)) < timedelta(minutes=1)


def test_a_moment_is_said_by_its_day() -> None:
    assert moment_of("2026-05-03").astimezone().day == 3
    assert moment_of("2026-05-03T14:00+00:00").hour in range(24)


@pytest.mark.parametrize("word", ["yesterday", "", "99999999d", "2026-13-01", "-1d"])
def test_what_is_no_moment_is_said(word: str) -> None:
    with pytest.raises(SettingInvalid):
        moment_of(word)
