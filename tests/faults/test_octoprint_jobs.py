"""A job on its way to a real OctoPrint that others change, cut off, or share.

The oracle of starts is the virtual printer's own log.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from printd.core.jobs import State
from printd.printers.octoprint.status import path_of
from tests.peers.cutting_proxy import Cut, CuttingProxy, answer
from tests.peers.daemon import Daemon
from tests.peers.octoprint import OctoPrint, shared_octoprint
from tests.peers.octoprint_shop import (
    START,
    UPLOAD,
    daemon_at,
    held,
    part,
    starts_by_job,
)

pytestmark = pytest.mark.peer("octoprint")

NAME = "part.gcode"
OF_PRINTER = ("POST /api/login", "GET /api/job", "GET /api/printer")
OF_FILE = "GET /api/files/local/printd/"
QUESTIONS = (*OF_PRINTER, OF_FILE, "GET /api/files/local?")
REFUSALS = ("403 Forbidden", "404 Not Found", "409 Conflict", "500 Error")
EXTRA_S = 2.0  # in which a daemon that wanted to would have started a second print


@pytest.fixture
def server() -> OctoPrint:
    return shared_octoprint()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[OctoPrint]:
    """Be stopped for a while without harm to other tests."""
    with OctoPrint(tmp_path / "octoprint") as started:
        yield started


@pytest.fixture
def proxy(server: OctoPrint) -> Iterator[CuttingProxy]:
    with CuttingProxy(server.port) as opened:
        yield opened


@pytest.fixture
def daemon(server: OctoPrint, proxy: CuttingProxy, tmp_path: Path) -> Iterator[Daemon]:
    with daemon_at(server, tmp_path, proxy.url) as made:
        made.clear_bed()
        yield made


# Its file.


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_a_file_that_is_changed_before_its_start_is_sent_again(
    daemon: Daemon, proxy: CuttingProxy, server: OctoPrint, replaced: bool
) -> None:
    paths: list[str] = []

    def change(asked: str) -> None:
        """Do so once, when the daemon has checked its upload."""
        uploaded = proxy.count(UPLOAD) > 0
        if uploaded and asked == "GET /api/job" and not paths:
            found = [path.name for path in (server.folder / "uploads/printd").glob("*.gcode")]
            paths.extend(f"printd/{name}" for name in found)
            for path in paths:
                server.hands.upload(path, b"G28\n") if replaced else server.hands.delete(path)

    proxy.on_request = change
    daemon.put(NAME, part())
    job = daemon.wait_for_job(NAME, State.PRINTED)
    assert paths
    assert path_of(str(job.print_name)) not in paths
    assert starts_by_job(server) == {"1": 1}
    assert server.hands.received("G1 X50 E0.2") == 1


@pytest.mark.full
def test_a_print_whose_end_nobody_knows_is_held(
    daemon: Daemon, proxy: CuttingProxy, server: OctoPrint
) -> None:
    """OctoPrint counts its prints with the file: both are gone."""
    daemon.put(NAME, part(20))
    job = daemon.wait_for_job(NAME, State.PRINTING)
    daemon.kill()
    server.hands.wait_for("Operational")
    server.hands.delete(path_of(str(job.print_name)))
    daemon.start()
    held(daemon, NAME, "end_unknown")
    assert starts_by_job(server) == {"1": 1}


# Its line.


@pytest.mark.parametrize(
    ("cut", "questions"),
    [
        (Cut.BEFORE, OF_PRINTER * 2),
        pytest.param(Cut.BEFORE, QUESTIONS, marks=pytest.mark.full),
        pytest.param(Cut.AFTER, QUESTIONS, marks=pytest.mark.full),
        pytest.param(Cut.SILENT, QUESTIONS, marks=pytest.mark.full),
    ],
)
def test_a_line_that_cuts_questions_delays_a_job(
    daemon: Daemon,
    proxy: CuttingProxy,
    server: OctoPrint,
    cut: Cut,
    questions: tuple[str, ...],
) -> None:
    for question in questions:
        proxy.arm(cut, question)
    daemon.put(NAME, part())
    daemon.wait_for_job(NAME, State.PRINTED)
    assert starts_by_job(server) == {"1": 1}
    assert proxy.count(START) == 1


@pytest.mark.full
@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("request_line", [*QUESTIONS, UPLOAD])
def test_a_refusal_of_any_other_request_delays_a_job(
    daemon: Daemon, proxy: CuttingProxy, server: OctoPrint, request_line: str, status: str
) -> None:
    proxy.arm(Cut.ANSWER, request_line, answer=answer(status, '{"error": "It may not be."}'))
    daemon.put(NAME, part())
    daemon.wait_for_job(NAME, State.PRINTED)
    assert starts_by_job(server) == {"1": 1}


@pytest.mark.full
@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_of_a_start_is_held_and_tried_again_when_a_person_says_so(
    daemon: Daemon, proxy: CuttingProxy, server: OctoPrint, status: str
) -> None:
    proxy.arm(Cut.ANSWER, START, answer=answer(status, '{"error": "It may not be."}'))
    daemon.put(NAME, part())
    is_proof = not status.startswith("500")
    job = held(daemon, NAME, "start_refused" if is_proof else "start_in_doubt")
    assert starts_by_job(server) == {}
    if is_proof:
        daemon.cli("retry", job.number)
    else:
        daemon.cli("resolve", job.number, "not-started")
        daemon.clear_bed()
    daemon.wait_for_job(NAME, State.PRINTED)
    assert starts_by_job(server) == {"1": 1}


@pytest.mark.full
@pytest.mark.timeout(240)
def test_a_silence_at_a_start_ends_in_doubt_and_not_in_a_second_start(
    own_server: OctoPrint, tmp_path: Path
) -> None:
    """The minute is two seconds here, because that is how long these settings wait."""
    with CuttingProxy(own_server.port) as proxy:
        with daemon_at(own_server, tmp_path, proxy.url) as daemon:
            daemon.clear_bed()
            proxy.on_request = lambda asked: (
                own_server.signal(signal.SIGSTOP) if asked.startswith(START) else None
            )
            daemon.put(NAME, part(20))
            job = held(daemon, NAME, "start_in_doubt")
            own_server.signal(signal.SIGCONT)
            own_server.hands.wait_for("Operational")
            time.sleep(EXTRA_S)
            daemon.cli("resolve", job.number, "printed")
            daemon.wait_for_job(NAME, State.PRINTED)
            assert proxy.count(START) == 1
        assert own_server.hands.starts() <= 1


# Its printer.


@pytest.mark.full
def test_two_daemons_at_one_printer_print_one_after_the_other(
    server: OctoPrint, tmp_path: Path
) -> None:
    """Each takes the other for a stranger: its bed is occupied when the other has printed."""
    with ExitStack() as stack:
        names = ("one", "two")
        daemons = [stack.enter_context(daemon_at(server, tmp_path / name)) for name in names]
        for daemon in daemons:
            daemon.clear_bed()
        for number, daemon in enumerate(daemons):
            daemon.put(NAME, part(10, number))
        daemons[0].wait_until(lambda: printed(daemons), "one has printed")
        time.sleep(EXTRA_S)
        assert server.hands.starts() == 1
        (waits,) = [daemon for daemon in daemons if daemon not in printed(daemons)]

        def is_cleared_and_over() -> bool:
            """Clear the bed again and again: a stranger's short print counts for some seconds."""
            waits.cli("printers", "bed-clear", "p1")
            return len(printed(daemons)) == 2

        waits.wait_until(is_cleared_and_over, "the other has printed, too")
    assert server.hands.starts() == 2


def printed(daemons: list[Daemon]) -> list[Daemon]:
    return [one for one in daemons if one.states().get(NAME) is State.PRINTED]
