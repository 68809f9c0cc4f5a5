"""The queue that a person has paused: said in one sentence, kept over restarts."""

from pathlib import Path

from printd.core.database import Database
from printd.core.pausing import Pausing
from printd.core.store import Store


def opened(folder: Path) -> Database:
    database = Database(folder / "printd.db")
    database.prepare()
    return database


def test_a_queue_that_nobody_paused_has_no_reason(tmp_path: Path) -> None:
    assert Pausing(opened(tmp_path)).because() is None


def test_a_paused_queue_says_who_when_and_why_also_after_a_restart(tmp_path: Path) -> None:
    Pausing(opened(tmp_path)).pause(by="ana", note="inventory")
    why = Pausing(opened(tmp_path)).because()
    assert why is not None
    assert why.code == "queue_paused"
    assert "by ana since" in why.problem
    assert why.problem.endswith("UTC: inventory.")


def test_a_second_pause_leaves_the_first_ones_word(tmp_path: Path) -> None:
    pausing = Pausing(opened(tmp_path))
    pausing.pause(by="ana")
    assert pausing.pause(by="bob").by == "ana"


def test_a_resumed_queue_goes_on_and_both_stand_in_the_history(tmp_path: Path) -> None:
    database = opened(tmp_path)
    pausing = Pausing(database)
    pausing.pause(by="ana")
    assert pausing.resume(by="bob")
    assert not pausing.resume(by="bob")
    assert pausing.because() is None
    events = [(event.kind, event.who) for event in Store(database).events()]
    assert events == [("queue.paused", "ana"), ("queue.resumed", "bob")]
