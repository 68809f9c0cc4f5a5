"""The broker of our own behind a scripted Bambu printer, and each fault that it is there for."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.peers import bambu_errors
from tests.peers.bambu import BambuLan
from tests.peers.bambu_files import sliced
from tests.peers.bambu_models import A1
from tests.peers.bambu_speaker import Cut, Speaker
from tests.peers.bambu_strangers import Listener
from tests.peers.virtual_printer import wait_until

CAT = "cat.gcode.3mf"


@pytest.fixture
def speaker() -> Speaker:
    return Speaker()


@pytest.fixture
def printer(tmp_path: Path, speaker: Speaker) -> Iterator[BambuLan]:
    with BambuLan(
        tmp_path, model=A1, broker=speaker, clock=240.0, report_every_s=0.05, storage=False
    ) as started:
        sliced(started.card.folder / CAT)
        yield started


@pytest.fixture
def listener(printer: BambuLan) -> Iterator[Listener]:
    with Listener(printer) as connected:
        yield connected.joined()


def test_a_print_goes_through_it(printer: BambuLan, listener: Listener) -> None:
    assert listener.answer(listener.start(CAT))["result"] == "success"
    listener.wait_for("gcode_state", "RUNNING")
    listener.wait_for("gcode_state", "FINISH")
    assert len(printer.journal.starts(CAT)) == 1


def test_a_wrong_code_is_refused(printer: BambuLan) -> None:
    with Listener(printer, code="87654321") as wrong:
        wait_until(lambda: wrong.refusal == "Not authorized", "the refusal")


def test_qos_1_is_acknowledged_unless_that_is_withheld(
    speaker: Speaker, printer: BambuLan, listener: Listener
) -> None:
    listener.tell("pushing", "pushall", qos=1)
    wait_until(lambda: len(listener.acknowledged) == 1, "an acknowledgement")
    speaker.withholds_puback = True
    listener.answer(listener.tell("info", "get_version", qos=1))
    time.sleep(0.2)
    assert len(listener.acknowledged) == 1


def test_what_was_not_acknowledged_comes_again_after_a_cut(
    speaker: Speaker, printer: BambuLan, listener: Listener
) -> None:
    speaker.arm(Cut.AFTER, b"project_file")
    listener.start(CAT, qos=1)
    wait_until(lambda: len(printer.journal.orders(CAT)) == 2, "the same order again")
    orders = [said for _client, said in speaker.published if b"project_file" in said.payload]
    assert [message.is_repeated for message in orders] == [False, True]
    assert listener.losses == 1


def test_a_cut_before_the_printer_has_it_loses_an_order(
    speaker: Speaker, printer: BambuLan, listener: Listener
) -> None:
    speaker.arm(Cut.BEFORE, b"project_file")
    listener.start(CAT)
    wait_until(lambda: listener.losses == 1, "the loss")
    assert printer.journal.orders() == []


def test_a_subscription_is_refused(speaker: Speaker, printer: BambuLan) -> None:
    speaker.refuses_subscription = True
    with Listener(printer) as deaf:
        assert deaf.joined().granted == [False]
        deaf.tell("pushing", "pushall")
        time.sleep(0.2)
    assert deaf.heard == []


def test_who_subscribes_to_the_requests_is_thrown_out(printer: BambuLan) -> None:
    with Listener(printer, topic=f"device/{printer.serial}/request") as curious:
        wait_until(lambda: curious.losses > 0, "the loss")


def test_four_may_come_and_slots_are_freed_slowly(speaker: Speaker, printer: BambuLan) -> None:
    speaker.frees_slot_after_s = 1.0
    with ExitStack() as guests:
        for _ in range(4):
            guests.enter_context(Listener(printer)).joined()
        assert is_thrown_out(printer)
    assert is_thrown_out(printer)
    time.sleep(1.2)
    assert not is_thrown_out(printer)


def is_thrown_out(printer: BambuLan) -> bool:
    with Listener(printer) as late:
        wait_until(lambda: bool(late.losses or late.granted), "an answer")
        return late.losses > 0


def test_half_dead_it_reports_and_hears_nothing(
    speaker: Speaker, printer: BambuLan, listener: Listener
) -> None:
    speaker.half_dead = True
    listener.tell("print", "project_file", qos=1)
    printer.hands.start()
    listener.wait_for("gcode_state", "RUNNING")
    assert (printer.journal.orders(), listener.acknowledged) == ([], [])
    assert any(b"project_file" in message.payload for _client, message in speaker.published)


def test_mute_it_says_nothing_and_stays_connected(
    speaker: Speaker, printer: BambuLan, listener: Listener
) -> None:
    speaker.mute = True
    printer.hands.start()
    time.sleep(0.3)
    assert (listener.reports, listener.losses) == ([], 0)
    speaker.mute = False
    listener.wait_for("gcode_state", "FINISH")


def test_two_with_one_id_kick_each_other(speaker: Speaker, printer: BambuLan) -> None:
    with Listener(printer, id="twin") as first, Listener(printer, id="twin"):
        wait_until(lambda: first.losses > 0, "the loss")
    assert set(speaker.clients) <= {"twin"}


def test_who_connects_in_the_wrong_moment_spoils_the_job(
    printer: BambuLan, listener: Listener
) -> None:
    printer.quirks.parses_alone = True
    printer.quirks.prepare_after_s = 1000
    listener.answer(listener.start(CAT))
    with Listener(printer) as other:
        other.joined()
        listener.wait_for("print_error", bambu_errors.UNREADABLE)
    assert printer.journal.starts() == []


def test_without_power_everybody_is_cut_off_and_may_come_again(
    printer: BambuLan, listener: Listener
) -> None:
    printer.power_cycle()
    wait_until(lambda: listener.losses == 1, "the loss")
    wait_until(lambda: len(listener.granted) == 1 and listener.client.is_connected(), "again")
    printer.stop()
    wait_until(lambda: listener.losses == 2, "the loss")
