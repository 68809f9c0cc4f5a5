"""Buttons of printers, pressed from here: each press reaches its printer, or is answered."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from printd.core.clock import to_text, utc_now
from printd.core.errors import PrinterOffline, StartInDoubt
from printd.core.jobs import State
from printd.core.requests import Answer, Requests
from printd.daemon.buttons import Buttons
from tests.peers.floor import Floor
from tests.peers.still_printer import StillPrinter

ANSWER_S = 30.0


class WithButtons(StillPrinter):
    """A still printer with buttons that do nothing but count."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.presses: list[str] = []

    def pause(self, print_name: str) -> None:
        self._press("pause", print_name)

    def resume(self, print_name: str) -> None:
        self._press("resume", print_name)

    def _press(self, button: str, print_name: str) -> None:
        if not self.is_plugged_in:
            raise PrinterOffline(f"{self.name} does not answer.")
        assert print_name == self.running
        self.presses.append(button)


class WithLight(WithButtons):
    """One with a light, too, at which the prints of others can be stopped."""

    waits_for: threading.Event | None = None
    has_a_fault = False

    def stop_foreign(self) -> None:
        self.presses.append("stop foreign")

    def light(self, *, on: bool) -> None:
        if self.has_a_fault:
            raise RuntimeError("a bug")
        assert self.waits_for is None or self.waits_for.wait(ANSWER_S)
        self.presses.append(f"light {on}")


class Panel:
    """The buttons of a floor, and somebody who presses them."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.requests = Requests(floor.store.database)
        self.pressed: list[str] = []
        self.faults: list[BaseException] = []
        self.left, self.right = WithButtons("left"), WithLight("right")
        floor.printers |= {"left": self.left, "right": self.right}
        floor.look()
        self.buttons = Buttons(
            floor.store,
            self.requests,
            floor.fleet,
            floor.printers,
            self.pressed.append,
            self.faults.append,
        )

    def press(self, verb: str, printer: str = "left", **args: Any) -> Answer:
        seq = self.requests.post(verb, {"printer": printer, **args}, who="ann")
        self.buttons.press_all()
        return self.requests.wait(seq, ANSWER_S)


@pytest.fixture
def panel(floor: Floor) -> Iterator[Panel]:
    panel = Panel(floor)
    yield panel
    panel.buttons.close()
    assert panel.faults == []


def test_what_prints_rests_and_goes_on(panel: Panel) -> None:
    job = panel.floor.job_in(State.PRINTING)

    paused = panel.press("pause")
    resumed = panel.press("resume")

    assert panel.left.presses == ["pause", "resume"]
    assert (paused.code, paused.values["told"]) == (None, f"to pause #{job.number}")
    assert resumed.values["told"] == f"to go on with #{job.number}"
    assert panel.pressed == ["left", "left"]
    rows = panel.floor.store.database.rows("SELECT * FROM event WHERE kind = 'printer.told'")
    assert [(row["printer"], row["who"]) for row in rows] == [("left", "ann")] * 2


def test_a_print_in_doubt_can_be_paused(panel: Panel) -> None:
    job = panel.floor.job_in(State.PRINTING)
    panel.floor.store.stop(job, State.HELD, StartInDoubt("Nobody knows."))

    assert panel.press("pause").code is None


@pytest.mark.parametrize("state", [State.SLICED, State.UPLOADED])
def test_what_is_not_ours_or_not_begun_is_not_touched(panel: Panel, state: State) -> None:
    panel.floor.job_in(state)
    for verb in ("pause", "resume"):
        answer = panel.press(verb)
        assert answer.code == "not_possible_now"
        assert "prints nothing that printd has started" in answer.values["problem"]
    assert panel.pressed == []


@pytest.mark.parametrize("state", [State.ASSIGNED, State.UPLOADED, State.PRINTING])
def test_a_job_that_is_stopped_is_cancelled_by_who_asks(panel: Panel, state: State) -> None:
    job = panel.floor.job_in(state)

    answer = panel.press("stop", job=job.number)

    assert answer.values["told"] == f"to stop #{job.number}"
    assert panel.floor.store.job(job.number).cancel_by == "ann"
    assert panel.pressed == ["left"]


def test_another_job_than_the_one_that_was_seen_is_not_stopped(panel: Panel) -> None:
    job = panel.floor.job_in(State.PRINTING)

    assert panel.press("stop", job=job.number + 1).code == "not_possible_now"
    assert panel.press("stop", "right", job=job.number).code == "not_possible_now"
    assert panel.floor.store.job(job.number).cancel_by is None


def test_a_print_in_doubt_is_stopped_and_stays_in_doubt(panel: Panel) -> None:
    job = panel.floor.job_in(State.PRINTING)
    panel.floor.store.stop(job, State.HELD, StartInDoubt("Nobody knows."))

    assert panel.press("stop").code is None
    assert panel.left.running is None
    assert panel.floor.store.job(job.number).in_doubt


def test_what_others_have_started_is_stopped_by_an_express_word_only(panel: Panel) -> None:
    plain = panel.press("stop", "right")
    not_here = panel.press("stop", "left", foreign=True)
    stopped = panel.press("stop", "right", foreign=True)

    assert plain.code == not_here.code == "not_possible_now"
    assert "--foreign" in plain.values["action"]
    assert "cannot be stopped from here" in not_here.values["problem"]
    assert stopped.values["told"] == "to stop what others have started"
    assert panel.right.presses == ["stop foreign"]


def test_a_job_of_ours_is_not_stopped_as_a_foreign_print(panel: Panel) -> None:
    job = panel.floor.job_in(State.PRINTING)

    answer = panel.press("stop", foreign=True)

    assert answer.values["told"] == f"to stop #{job.number}"


def test_a_light_is_switched_where_there_is_one(panel: Panel) -> None:
    assert panel.press("light", "right", on=True).values["told"] == "to switch its light on"
    assert panel.press("light", "right", on=False).code is None
    assert panel.press("light", "left", on=True).code == "not_possible_now"
    assert panel.right.presses == ["light True", "light False"]


def test_a_printer_that_is_away_is_told_and_not_later(panel: Panel) -> None:
    panel.floor.job_in(State.PRINTING)
    panel.left.is_plugged_in = False

    assert panel.press("pause").code == "printer_offline"
    panel.left.is_plugged_in = True
    panel.buttons.press_all()

    assert panel.left.presses == []


def test_words_that_cannot_be_are_answered(panel: Panel) -> None:
    assert panel.press("pause", "nosuch").code == "no_such_printer"
    assert panel.press("light", "right").code == "not_possible_now"
    seq = panel.requests.post("pause", {}, who="an older program")
    panel.buttons.press_all()
    assert panel.requests.wait(seq, ANSWER_S).code == "not_possible_now"


def test_an_old_press_is_not_meant_any_more(panel: Panel) -> None:
    panel.floor.job_in(State.PRINTING)
    seq = panel.requests.post("pause", {"printer": "left"}, who="ann")
    with panel.floor.store.database.write() as connection:
        before = to_text(utc_now() - timedelta(minutes=2))
        connection.execute("UPDATE request SET at = ?", (before,))
    panel.buttons.press_all()

    answer = panel.requests.wait(seq, ANSWER_S)

    assert answer.code == "not_possible_now"
    assert "when printd could not" in answer.values["problem"]
    assert panel.left.presses == []


def test_a_press_under_way_is_not_repeated_and_others_wait_their_turn(panel: Panel) -> None:
    held = threading.Event()
    panel.right.waits_for = held
    seqs = [
        panel.requests.post("light", {"printer": "right", "on": on}, who="ann")
        for on in (True, False)
    ]
    for _ in range(3):
        panel.buttons.press_all()
    held.set()
    for seq in seqs:
        assert panel.requests.wait(seq, ANSWER_S).code is None

    assert panel.right.presses == ["light True", "light False"]


def test_a_fault_at_a_printer_is_not_unseen(panel: Panel) -> None:
    panel.right.has_a_fault = True
    panel.requests.post("light", {"printer": "right", "on": True}, who="ann")
    panel.buttons.press_all()
    panel.buttons.close()

    assert [str(fault) for fault in panel.faults] == ["a bug"]
    panel.faults.clear()
