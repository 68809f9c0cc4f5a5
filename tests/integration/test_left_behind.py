"""A run of the tests that is killed leaves no daemon behind."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers.programs import is_gone

STARTS_ONE = """
import sys, time
from pathlib import Path
from tests.peers.daemon import Daemon
daemon = Daemon(Path(sys.argv[1]), as_program=sys.argv[2] == "program").start()
print(daemon.program.pid, flush=True)
time.sleep(100)
"""


@pytest.mark.parametrize("how", ["program", "forked"])
def test_a_daemon_ends_with_the_test_that_started_it(tmp_path: Path, how: str) -> None:
    command = [sys.executable, "-c", STARTS_ONE, str(tmp_path), how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as test:
        assert test.stdout is not None
        daemon = int(test.stdout.readline())
        test.send_signal(signal.SIGKILL)
    assert is_gone(daemon)
