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
from printd.printers.octoprint import OctoPrintPrinter
from printd.printers.octoprint_status import path_of
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
