"""What a changed configuration means for a daemon that runs, and that a signal is no end."""

import os
import signal
import threading
from typing import Any

import pytest

from printd.core.config import Config
from printd.core.current import Current
from printd.core.errors import NotPossibleNow
from printd.core.reloading import Change, change_of
from printd.daemon.ending import Ending

PLAIN: dict[str, Any] = {
    "printers": {"p1": {"kind": "virtual"}, "p2": {"kind": "virtual"}},
    "recipes": {"coin": {"width_mm": 30}},
}


def config(**changes: Any) -> Config:
    return Config.model_validate({**PLAIN, **changes})


def change(busy: dict[str, int] | None = None, **changes: Any) -> Change:
    return change_of(config(), config(**changes), busy or {})


def test_the_same_file_changes_nothing() -> None:
    same = change()
    assert (same.changed, same.later, same.config) == ((), (), config())


def test_recipes_and_printers_are_taken_over_by_name() -> None:
    found = change(
        recipes={"coin": {"width_mm": 31}, "tag": {}},
        printers={"p1": {"kind": "virtual"}, "p3": {"kind": "virtual"}},
    )
    assert found.changed == ("printers.p2", "printers.p3", "recipes.coin", "recipes.tag")
    assert found.printers == {"p2", "p3"}
    assert found.config.recipes["coin"].width_mm == 31


def test_what_needs_a_restart_is_named_and_stays_as_it_is() -> None:
    found = change(limits={"workers": 5}, drop={"path": "elsewhere"})
    assert found.later == ("drop", "limits.workers")
    assert found.config.limits.workers == config().limits.workers
    assert found.config.drop == config().drop


def test_what_people_may_have_and_what_the_kiosk_offers_holds_at_once() -> None:
    found = change(
        recipes={"medal": {"width_mm": 30}},
        kiosk={"enabled": True, "recipes": ["medal"], "idle_s": 30},
        limits={"workers": 5, "per_key": {"prints": 1}, "keep_photos_days": 7},
        budget={"per_day": 3},
    )
    assert found.changed == (
        *("recipes.coin", "recipes.medal", "budget"),
        *("limits.keep_photos_days", "limits.per_key", "kiosk.recipes", "kiosk.idle_s"),
    )
    assert found.later == ("limits.workers", "kiosk.enabled")
    assert found.config.kiosk.recipes == ["medal"]  # never one that is not there any more
    assert (found.config.kiosk.enabled, found.config.limits.per_key.prints) == (False, 1)


@pytest.mark.parametrize(
    ("printers", "word"),
    [
        ({"p2": {"kind": "virtual"}}, "would go"),
        ({"p1": {"kind": "virtual", "speed": 2}, "p2": {"kind": "virtual"}}, "would change"),
    ],
)
def test_a_printer_with_a_job_neither_goes_nor_changes(printers: dict[str, Any], word: str) -> None:
    with pytest.raises(NotPossibleNow, match=f"printers.p1 {word} while it has #41"):
        change({"p1": 41}, printers=printers)


@pytest.mark.parametrize(
    "more",
    [
        {"quiet_hours": {"days": {"daily": "22:00-07:00"}}},
        {"opening_hours": {"days": {"mon": "09:00-18:00"}}},
        {"circuit": "left wall"},
        {"material": "PETG", "colour": "red"},
    ],
)
def test_hours_and_what_is_loaded_change_while_it_prints(more: dict[str, Any]) -> None:
    printers = {**PLAIN["printers"], "p1": {"kind": "virtual", **more}}
    found = change({"p1": 41}, printers=printers)
    assert (found.changed, found.printers) == (("printers.p1",), frozenset())
    assert getattr(found.config.printers["p1"], next(iter(more))) is not None


def test_another_printer_may_change_meanwhile() -> None:
    assert change({"p2": 41}, printers={"p2": {"kind": "virtual"}}).changed == ("printers.p1",)


@pytest.mark.parametrize(
    "recipe",
    [{"mesher": "own"}, {"route": ["own"]}, {"route": ["relief", "own"]}, {"draft": "own"}],
)
def test_a_recipe_of_a_mesher_that_is_not_there_yet_waits_for_a_restart(
    recipe: dict[str, Any],
) -> None:
    with pytest.raises(NotPossibleNow, match="'own' is there after a restart"):
        change(meshers={"own": {"kind": "relief"}}, recipes={"coin": recipe})


@pytest.mark.parametrize("key", ["pictures", "background"])
def test_an_artist_that_is_not_there_yet_waits_for_a_restart(key: str) -> None:
    artist = {"nano": {"kind": "gemini", "key_file": "k"}}
    with pytest.raises(NotPossibleNow, match=f"recipes.coin.{key}: 'nano'"):
        change(pictures=artist, recipes={"coin": {key: "nano"}})


def test_who_reads_a_mapping_sees_all_of_it_or_all_of_the_next() -> None:
    now = Current({"a": 1, "b": 2})
    seen = []
    for name in now:
        now.exchange({"c": 3})
        seen.append(name)
    assert seen == ["a", "b"]
    assert dict(now) == {"c": 3}


def test_the_signal_to_read_again_does_not_end_the_wait() -> None:
    heard: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM)}
    ending = Ending(lambda: heard.append(1))
    try:
        ending.listen()
        os.kill(os.getpid(), signal.SIGHUP)
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM))
        timer.start()
        ending.wait()
        timer.join()
        assert heard == [1]
        assert ending.asked.is_set()
    finally:
        ending.close()
        for number, handler in before.items():
            signal.signal(number, handler)
