"""The adapter against a real OctoPrint: what only OctoPrint does.

What every printer does is in the contract suite; broken lines are in ``faults``.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from printd.core.board import Condition, Evidence
from printd.core.errors import NotPossibleNow, PrinterOffline, StartRefused, UploadFailed
from printd.core.names import print_name
from printd.printers.base import PrintFile
from printd.printers.octoprint.printer import OctoPrintPrinter
from printd.printers.octoprint.status import path_of
from tests.peers.cutting_proxy import Cut, CuttingProxy, answer
from tests.peers.octoprint import EACH_RELEASE, OctoPrint, Release, shared_octoprint
from tests.peers.octoprint_base import GUEST_KEY
from tests.peers.octoprint_files import quick_file, slow_file
from tests.peers.virtual_printer import wait_until

Make = Callable[..., OctoPrintPrinter]


@pytest.fixture(params=EACH_RELEASE)
def server(request: pytest.FixtureRequest) -> OctoPrint:
    release: Release = request.param
    return shared_octoprint(release)


@pytest.fixture
def name() -> str:
    """Return a name that OctoPrint has never heard: its history outlives its files."""
    return print_name(41, 1, "cat")


@pytest.fixture
def slow(tmp_path: Path) -> PrintFile:
    return slow_file(tmp_path / "slow.gcode")


@pytest.fixture
def printer_at(tmp_path: Path, server: OctoPrint) -> Iterator[Make]:
    made: list[OctoPrintPrinter] = []

    def make(url: str = "", key: str = "") -> OctoPrintPrinter:
        printer = OctoPrintPrinter(
            "left", url=url or server.url, key=key or server.key, ledger=tmp_path / "ledger"
        )
        made.append(printer)
        return printer

    yield make
    for printer in made:
        printer.close()


@pytest.fixture
def printer(printer_at: Make) -> OctoPrintPrinter:
    return printer_at()


@pytest.fixture
def running(printer: OctoPrintPrinter, slow: PrintFile, name: str) -> OctoPrintPrinter:
    printer.upload(slow, name)
    printer.start(name)
    return printer


# Ends.


def test_a_print_that_ends_between_two_looks_is_finished(
    printer: OctoPrintPrinter, server: OctoPrint, name: str, tmp_path: Path
) -> None:
    printer.upload(quick_file(tmp_path / "quick.gcode"), name)
    printer.start(name)
    wait_until(lambda: printer.evidence(name) is Evidence.FINISHED, "it is finished")
    assert printer.status().condition is Condition.FINISHED
    printer.remove(name)
    assert server.hands.file(path_of(name)) is None
    assert printer.evidence(name) is Evidence.FINISHED
    shown = printer.status()
    assert (shown.condition, shown.print_name) == (Condition.FINISHED, name)
    assert server.hands.starts() == 1


def test_a_cancel_of_a_person_at_octoprint_is_a_cancel(
    running: OctoPrintPrinter, server: OctoPrint, name: str
) -> None:
    server.hands.cancel()
    assert running.evidence(name) is Evidence.CANCELLED
    assert running.status().condition is Condition.CANCELLED


@pytest.mark.parametrize("fault", ["firmware_error", "drop_line", "emergency_stop", "disconnect"])
def test_whatever_ends_a_print_otherwise_is_a_failure(
    running: OctoPrintPrinter, server: OctoPrint, name: str, fault: str
) -> None:
    getattr(server.hands, fault)()
    evidence = running.evidence(name)
    status = running.status()
    assert status.condition is Condition.OFFLINE
    assert status.trouble
    if fault == "emergency_stop" and server.hands.history(path_of(name)) == (0, 0):
        # OctoPrint does not always count a print that M112 has ended; then a person is asked.
        assert evidence is Evidence.UNKNOWN
        return
    assert evidence is Evidence.FAILED
    server.hands.connect()
    assert running.status().condition is Condition.FAILED
    assert running.evidence(name) is Evidence.FAILED


def test_a_firmware_error_is_told_in_its_own_words(
    running: OctoPrintPrinter, server: OctoPrint, name: str
) -> None:
    server.hands.firmware_error()
    assert running.evidence(name) is Evidence.FAILED
    words = "Thermal Runaway" if server.release is Release.STABLE else "after an error"
    assert words in (running.status().trouble or "")


# Commands that come at a bad moment.


def test_pause_and_resume_right_after_each_other(running: OctoPrintPrinter, name: str) -> None:
    for _ in range(3):
        running.pause(name)
        assert running.status().condition is Condition.PAUSED
        running.resume(name)
        assert running.status().condition is Condition.PRINTING


def test_a_paused_print_can_be_cancelled(running: OctoPrintPrinter, name: str) -> None:
    running.pause(name)
    running.cancel(name)
    assert running.evidence(name) is Evidence.CANCELLED


def test_a_cancel_after_the_end_is_not_sent_to_the_next_print(
    running: OctoPrintPrinter, server: OctoPrint, name: str, slow: PrintFile
) -> None:
    server.hands.cancel()
    server.hands.upload("theirs.gcode", slow.path.read_bytes())
    server.hands.print_file("theirs.gcode")
    running.cancel(name)
    running.remove(name)
    with pytest.raises(NotPossibleNow):
        running.pause(name)
    assert server.hands.state() == "Printing"
    assert running.status().condition is Condition.BUSY


# Strangers.


def test_a_strangers_print_is_respected(
    printer: OctoPrintPrinter, server: OctoPrint, name: str, slow: PrintFile
) -> None:
    printer.upload(slow, name)
    server.hands.upload("printd/theirs.gcode", slow.path.read_bytes())
    server.hands.print_file("printd/theirs.gcode")
    status = printer.status()
    assert (status.condition, status.print_name) == (Condition.BUSY, None)
    with pytest.raises(StartRefused, match="busy"):
        printer.start(name)
    printer.remove("theirs")
    printer.cancel("theirs")
    assert server.hands.state() == "Printing"
    assert server.hands.file("printd/theirs.gcode") is not None
    assert printer.evidence(name) is Evidence.NOT_STARTED


def test_a_print_from_the_printers_own_card_is_busy(
    printer: OctoPrintPrinter, server: OctoPrint
) -> None:
    server.hands.print_from_card()
    assert printer.status().condition is Condition.BUSY
    server.hands.cancel()


def test_a_strangers_print_that_has_ended_is_seen(
    printer: OctoPrintPrinter, server: OctoPrint
) -> None:
    server.hands.upload("theirs.gcode", "G28\nG1 X10\n")
    server.hands.print_file("theirs.gcode")
    wait_until(lambda: server.hands.history("theirs.gcode") == (1, 0), "it is printed")
    server.hands.wait_for("Operational")
    status = printer.status()
    assert (status.condition, status.print_name) == (Condition.FINISHED, None)


# Files.


def test_what_lies_there_says_whose_it_is(
    printer: OctoPrintPrinter, server: OctoPrint, name: str, slow: PrintFile
) -> None:
    printer.upload(slow, name)
    file = server.hands.file(path_of(name)) or {}
    assert file["userdata"] == {
        "made_by": "printd",
        "print_name": name,
        "job": 41,
        "attempt": 1,
        "sha256": slow.sha256,
        "bytes": slow.bytes,
    }
    assert server.hands.content(path_of(name)) == slow.path.read_bytes()


def test_a_file_that_a_stranger_replaced_is_not_ours_and_not_started(
    printer: OctoPrintPrinter, server: OctoPrint, name: str, slow: PrintFile
) -> None:
    printer.upload(slow, name)
    date = (server.hands.file(path_of(name)) or {})["date"]
    # OctoPrint 2 keeps no hash, and the time of a file in whole seconds.
    wait_until(lambda: time.time() > date + 1, "another second")
    server.hands.upload(path_of(name), slow.path.read_bytes().replace(b"P200", b"P900"))
    assert not printer.uploaded(slow, name)
    with pytest.raises(StartRefused):
        printer.start(name)
    assert server.hands.starts() == 0


def test_a_file_that_the_server_changes_is_not_kept(
    printer_at: Make, server: OctoPrint, name: str, slow: PrintFile
) -> None:
    """Plug-ins rewrite uploads."""
    with CuttingProxy(server.port) as proxy:
        proxy.on_answered = lambda asked: (
            server.hands.upload(path_of(name), b"; other\n") if asked.startswith("POST") else None
        )
        with pytest.raises(UploadFailed, match="plug-in"):
            printer_at(proxy.url).upload(slow, name)
    assert server.hands.file(path_of(name)) is None


# Reaching it.


def test_behind_a_prefix_everything_works(
    printer_at: Make, server: OctoPrint, name: str, slow: PrintFile
) -> None:
    with CuttingProxy(server.port, prefix="/workshop/octoprint") as proxy:
        printer = printer_at(proxy.url + "/")
        printer.upload(slow, name)
        printer.start(name)
        printer.pause(name)
        printer.resume(name)
        printer.cancel(name)
        assert printer.evidence(name) is Evidence.CANCELLED
        printer.remove(name)
    assert server.hands.file(path_of(name)) is None


@pytest.mark.parametrize("key", ["WRONG" * 6, GUEST_KEY])
def test_a_wrong_key_is_said(printer_at: Make, name: str, slow: PrintFile, key: str) -> None:
    printer = printer_at(key=key)
    status = printer.status()
    assert status.condition is Condition.OFFLINE
    assert "key_file" in (status.trouble or "")
    with pytest.raises(UploadFailed, match="key_file"):
        printer.upload(slow, name)


def test_somebody_else_at_the_address_is_said(printer_at: Make, server: OctoPrint) -> None:
    with CuttingProxy(server.port) as proxy:
        printer = printer_at(proxy.url)
        proxy.arm(Cut.ANSWER, "GET", answer=answer("200 OK", "<html>Hotel</html>"))
        assert "else than OctoPrint" in (printer.status().trouble or "")
        proxy.arm(Cut.ANSWER, "GET", answer=answer("301 Moved", more="Location: https://x"))
        assert "elsewhere" in (printer.status().trouble or "")
        proxy.arm(Cut.BEFORE, "GET")
        assert printer.status().trouble is None


def test_without_its_printer_it_is_offline(
    printer: OctoPrintPrinter, server: OctoPrint, name: str, slow: PrintFile
) -> None:
    server.hands.disconnect()
    status = printer.status()
    assert status.condition is Condition.OFFLINE
    assert "not connected" in (status.trouble or "")
    printer.upload(slow, name)
    with pytest.raises(PrinterOffline, match="not connected"):
        printer.start(name)
    assert printer.evidence(name) is Evidence.NOT_STARTED
