"""A start at a real OctoPrint over a line that breaks: never two, and a doubt stays a doubt.

The oracle is the virtual printer's own log: how many prints physically started.
"""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from printd.core.board import Condition, Evidence
from printd.core.errors import InDoubt, PrintdError, PrinterOffline, StartRefused, UploadFailed
from printd.core.names import print_name
from printd.printers.base import PrintFile
from printd.printers.octoprint.printer import OctoPrintPrinter
from printd.printers.octoprint.status import path_of
from tests.peers.cutting_proxy import Cut, CuttingProxy, answer
from tests.peers.octoprint import OctoPrint, shared_octoprint
from tests.peers.octoprint_files import slow_file
from tests.peers.virtual_printer import wait_until

pytestmark = pytest.mark.peer("octoprint")

CONFIRM_S = 0.5
SETTLE_S = 0.3
START_WITHIN_S = 2.0
UPLOAD = "POST /api/files/local"

Make = Callable[..., OctoPrintPrinter]


@pytest.fixture
def name() -> str:
    """Return a name that OctoPrint has never heard: its history outlives its files."""
    return print_name(41, 1, "cat")


@pytest.fixture
def server() -> OctoPrint:
    return shared_octoprint()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[OctoPrint]:
    """Be killed and stopped without harm to other tests."""
    with OctoPrint(tmp_path / "octoprint") as started:
        yield started


@pytest.fixture
def file(tmp_path: Path) -> PrintFile:
    return slow_file(tmp_path / "slow.gcode")


@pytest.fixture
def printer_at(tmp_path: Path) -> Iterator[Make]:
    made: list[OctoPrintPrinter] = []

    def make(
        url: str, server: OctoPrint, *, ledger: str = "ledger", answer_s: float = 5.0
    ) -> OctoPrintPrinter:
        printer = OctoPrintPrinter(
            "left",
            url=url,
            key=server.key,
            ledger=tmp_path / ledger,
            answer_s=answer_s,
            confirm_s=CONFIRM_S,
            settle_s=SETTLE_S,
            start_within_s=START_WITHIN_S,
        )
        made.append(printer)
        return printer

    yield make
    for printer in made:
        printer.close()


# The answer to the start.


@pytest.mark.parametrize("cut", [Cut.AFTER, Cut.SILENT])
def test_a_start_whose_answer_is_lost_is_found_running(
    server: OctoPrint, name: str, file: PrintFile, printer_at: Make, cut: Cut
) -> None:
    with CuttingProxy(server.port) as proxy:
        printer = printer_at(proxy.url, server, answer_s=1.0)
        printer.upload(file, name)
        proxy.arm(cut, start_of(name))
        printer.start(name)
        assert printer.evidence(name) is Evidence.RUNNING
        assert proxy.count(start_of(name)) == 1
    assert server.hands.starts(path_of(name)) == 1


@pytest.mark.parametrize(
    "said",
    [
        b"",
        answer("302 Found", more="Location: /login"),
        answer("200 OK", "<html>Welcome to the hotel</html>", kind="text/html"),
        answer("403 Forbidden", "<html>no</html>", kind="text/html"),
        answer("502 Bad Gateway", "<html>gone</html>", kind="text/html"),
        answer("500 Internal Server Error", '{"error": "a fault"}'),
        answer("204 No Content"),
    ],
    ids=["cut", "redirect", "another page", "a proxy's 403", "502", "500", "a false yes"],
)
def test_a_start_without_an_answer_of_octoprint_is_in_doubt_and_never_sent_again(
    server: OctoPrint, name: str, file: PrintFile, printer_at: Make, said: bytes
) -> None:
    with CuttingProxy(server.port) as proxy:
        printer = printer_at(proxy.url, server)
        printer.upload(file, name)
        proxy.arm(Cut.ANSWER, start_of(name), answer=said)
        for _ in range(2):
            with pytest.raises(InDoubt) as doubt:
                printer.start(name)
            assert doubt.value.code == "start_in_doubt"
        assert printer_at(proxy.url, server).evidence(name) is Evidence.UNKNOWN
        assert proxy.count(start_of(name)) == 1
    assert server.hands.starts() == 0


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "409 Conflict"])
def test_a_start_that_octoprint_refuses_is_proof(
    server: OctoPrint, name: str, file: PrintFile, printer_at: Make, status: str
) -> None:
    with CuttingProxy(server.port) as proxy:
        printer = printer_at(proxy.url, server)
        printer.upload(file, name)
        proxy.arm(Cut.ANSWER, start_of(name), answer=answer(status, '{"error": "It may not be."}'))
        with pytest.raises(StartRefused, match="It may not be"):
            printer.start(name)
        assert printer.evidence(name) is Evidence.NOT_STARTED
        printer.start(name)
    assert server.hands.starts() == 1


@pytest.mark.parametrize("is_silent_then", [False, True])
def test_a_refusal_of_what_already_prints_is_no_refusal(
    server: OctoPrint, name: str, file: PrintFile, printer_at: Make, is_silent_then: bool
) -> None:
    """A proxy on the way may ask twice: the second answer is then a 409."""

    def asked(line: str) -> None:
        if is_silent_then and line.startswith(start_of(name)):
            proxy.arm(Cut.BEFORE, "GET /api/job")

    with CuttingProxy(server.port) as proxy:
        printer = printer_at(proxy.url, server)
        printer.upload(file, name)
        refusal = answer("409 Conflict", '{"error": "Printer is already printing"}')
        proxy.arm(Cut.TWICE, start_of(name), answer=refusal)
        proxy.on_request = asked
        printer.start(name)
        assert printer.evidence(name) is Evidence.RUNNING
    assert server.hands.starts() == 1


def test_a_server_that_is_slow_starts_late_and_once(
    own_server: OctoPrint, name: str, file: PrintFile, printer_at: Make
) -> None:
    with CuttingProxy(own_server.port) as proxy:
        printer = printer_at(proxy.url, own_server, answer_s=1.0)
        printer.upload(file, name)
        proxy.on_request = lambda asked: (
            own_server.signal(signal.SIGSTOP) if asked == start_of(name) else None
        )
        with pytest.raises(InDoubt):
            printer.start(name)
        assert printer.evidence(name) is Evidence.UNKNOWN
        assert printer.status().condition is Condition.OFFLINE
        proxy.on_request = None
        own_server.signal(signal.SIGCONT)
        wait_until(lambda: printer.evidence(name) is Evidence.RUNNING, "it runs")
    assert own_server.hands.starts() == 1


def test_a_server_that_goes_before_the_command_has_taken_none(
    server: OctoPrint, name: str, file: PrintFile, printer_at: Make
) -> None:
    with CuttingProxy(server.port) as proxy:
        printer = printer_at(proxy.url, server)
        printer.upload(file, name)
        proxy.unplug_after = f"GET /api/files/local/{path_of(name)}"
        with pytest.raises(PrinterOffline):
            printer.start(name)
        proxy.plug_in()
        assert printer.evidence(name) is Evidence.NOT_STARTED
        printer.start(name)
    assert server.hands.starts() == 1


def test_a_start_that_has_waited_too_long_is_not_sent(
    server: OctoPrint, name: str, file: PrintFile, printer_at: Make
) -> None:
    """It would meet another world: a person may have taken the print, the machine have slept."""
    with CuttingProxy(server.port) as proxy:
        printer = printer_at(proxy.url, server)
        printer.upload(file, name)
        proxy.on_answered = lambda _asked: time.sleep(START_WITHIN_S)
        with pytest.raises(PrinterOffline, match="not sent"):
            printer.start(name)
        proxy.on_answered = None
        assert proxy.count(start_of(name)) == 0
        assert printer.evidence(name) is Evidence.NOT_STARTED


# OctoPrint itself ends.


def test_a_print_that_ends_with_octoprint_stays_unknown(
    own_server: OctoPrint, name: str, file: PrintFile, printer_at: Make
) -> None:
    printer = printer_at(own_server.url, own_server)
    printer.upload(file, name)
    printer.start(name)
    own_server.kill()
    assert printer.status().condition is Condition.OFFLINE
    assert printer.evidence(name) is Evidence.UNKNOWN
    own_server.start()
    assert printer.status().condition is Condition.IDLE
    assert printer.evidence(name) is Evidence.UNKNOWN
    with pytest.raises(InDoubt):
        printer.start(name)
    assert own_server.hands.starts(path_of(name)) == 1


def test_a_file_that_was_not_started_outlives_octoprint(
    own_server: OctoPrint, name: str, file: PrintFile, printer_at: Make
) -> None:
    printer = printer_at(own_server.url, own_server)
    printer.upload(file, name)
    own_server.restart()
    assert printer.uploaded(file, name)
    assert printer.evidence(name) is Evidence.NOT_STARTED
    printer.start(name)
    assert own_server.hands.starts() == 1


def test_an_end_is_known_after_octoprint_has_ended(
    own_server: OctoPrint, name: str, file: PrintFile, printer_at: Make
) -> None:
    printer = printer_at(own_server.url, own_server)
    printer.upload(file, name)
    printer.start(name)
    own_server.hands.cancel()
    assert printer.evidence(name) is Evidence.CANCELLED
    own_server.restart()
    own_server.hands.delete(path_of(name))
    assert printer.evidence(name) is Evidence.CANCELLED


# Uploads that break.


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.MIDDLE, Cut.AFTER])
def test_an_upload_that_breaks_is_made_again(
    server: OctoPrint, name: str, file: PrintFile, printer_at: Make, cut: Cut
) -> None:
    with CuttingProxy(server.port) as proxy:
        printer = printer_at(proxy.url, server)
        proxy.arm(cut, f"{UPLOAD}")
        with pytest.raises(UploadFailed):
            printer.upload(file, name)
        assert not printer.uploaded(file, name)
        printer.upload(file, name)
        assert printer.uploaded(file, name)


@pytest.mark.parametrize(
    ("said", "action"),
    [
        (answer("413 Too Large", '{"error": "too large"}'), "maxSize"),
        (answer("507 Insufficient Storage", '{"error": "full"}'), "disk"),
        (answer("500 Error", '{"error": "[Errno 28] No space left on device"}'), "disk; printd"),
        (answer("403 Forbidden", '{"error": "no"}'), "key"),
    ],
)
def test_an_upload_that_is_refused_says_what_to_do(
    server: OctoPrint, name: str, file: PrintFile, printer_at: Make, said: bytes, action: str
) -> None:
    with CuttingProxy(server.port) as proxy:
        printer = printer_at(proxy.url, server)
        proxy.arm(Cut.ANSWER, UPLOAD, answer=said)
        with pytest.raises(UploadFailed, match=action):
            printer.upload(file, name)


# Others at the same printer.


def test_two_daemons_at_one_printer_start_one_file_and_neither_asks_twice(
    server: OctoPrint, name: str, file: PrintFile, printer_at: Make
) -> None:
    """When two requests cross, OctoPrint itself mixes them up: what it then says is no oracle."""
    with CuttingProxy(server.port) as proxy:
        first = printer_at(proxy.url, server, ledger="first")
        second = printer_at(proxy.url, server, ledger="second")
        other = print_name(42, 1, "dog")
        first.upload(file, name)
        second.upload(file, other)
        attempts = ((first, name), (second, other))
        for _ in range(2):
            with ThreadPoolExecutor() as threads:
                said = threads.map(lambda attempt: _outcome(*attempt), attempts)
                for word, (_, name) in zip(said, attempts, strict=True):
                    assert word in ("started", "start_refused", "start_in_doubt")
                    # A refusal is proof that nothing has begun: who was refused may ask again.
                    assert proxy.count(start_of(name)) <= 1 or word == "start_refused"
            assert sum(server.hands.starts(path_of(name)) > 0 for _, name in attempts) <= 1
        assert sum(proxy.count(start_of(name)) for _, name in attempts) >= 1


def start_of(name: str) -> str:
    return f"POST /api/files/local/{path_of(name)}"


def _outcome(printer: OctoPrintPrinter, name: str) -> str:
    try:
        printer.start(name)
    except PrintdError as error:
        return error.code
    except InDoubt as doubt:
        return doubt.code
    return "started"
