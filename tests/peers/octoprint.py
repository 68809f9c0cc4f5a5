"""A real OctoPrint with its virtual printer, as a program of its own.

``scripts/setup test`` installs the release that people have, ``scripts/setup peers`` also the one
that is to come. A server starts in about a second and is used again by the tests of a run:
``shared_octoprint``. Tests that kill one start their own. What a person does in front of it is in
``octoprint_hands``.
"""

import atexit
import functools
import os
import shutil
import signal
import subprocess
import tempfile
from enum import Enum
from pathlib import Path
from typing import Final, Self

import pytest

from tests.peers.octoprint_base import APP_KEY, OWNER_KEY, write_base
from tests.peers.octoprint_hands import OctoPrintHands
from tests.peers.ports import free_port
from tests.peers.virtual_printer import wait_until

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_S = 30.0  # one second when the machine is quiet
STOPS_WITHIN_S = 10.0


class Release(Enum):
    """A release of OctoPrint, by the folder that it is installed in."""

    STABLE = ".venv-octoprint"
    NEXT = ".venv-octoprint-next"

    @property
    def program(self) -> Path:
        """Its executable."""
        return ROOT / self.value / "bin" / "octoprint"

    @property
    def is_installed(self) -> bool:
        """Whether it is there, and whole."""
        return (ROOT / self.value / ".setup").exists()


NEEDS: Final = {
    Release.STABLE: [pytest.mark.peer("octoprint")],
    Release.NEXT: [
        pytest.mark.full,
        pytest.mark.optional_peer("octoprint-next", present=Release.NEXT.is_installed),
    ],
}
EACH_RELEASE: Final = [
    pytest.param(release, marks=NEEDS[release], id=release.name.lower()) for release in Release
]


class OctoPrint:
    """The server: start, stop and kill it; ``hands`` is a person in front of it.

    Args:
        folder: its base folder, which outlives the program; made when missing.
        release: which OctoPrint.

    Attributes:
        url: where it listens, the same after each start.
        key: the application key of printd.
    """

    def __init__(self, folder: Path, release: Release = Release.STABLE) -> None:
        self.folder = folder
        self.release = release
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.key = APP_KEY
        write_base(folder, self.port)
        self.hands = OctoPrintHands(self.url, OWNER_KEY, folder)
        self._program: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.close()

    def start(self, *, until_printer: bool = True) -> Self:
        """Start it; return when it answers and, if so wished, has its printer connected."""
        with (self.folder / "said.log").open("ab") as said:
            self._program = subprocess.Popen(
                # Without its last word it refuses to run as root, as continuous checks often do.
                [self.release.program, "-b", self.folder, "serve", "--iknowwhatimdoing"],
                # It leaves its share of interrupted uploads behind.
                env={**os.environ, "TMPDIR": str(self.folder / "tmp")},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        ready = self._has_printer if until_printer else self._answers
        try:
            wait_until(ready, "OctoPrint is ready", STARTS_WITHIN_S, look_s=0.1)
        except BaseException:
            self.kill()
            raise
        return self

    def _answers(self) -> bool:
        assert self.runs, f"OctoPrint has ended:\n{self.log}"
        return self.hands.answers()

    def _has_printer(self) -> bool:
        return self._answers() and self.hands.state() == "Operational"

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self._program is not None and self._program.poll() is None

    @property
    def log(self) -> str:
        """All that it has said."""
        return (self.folder / "said.log").read_text(errors="replace")

    def signal(self, number: int) -> None:
        """Send it a signal; SIGSTOP makes it a server that takes requests and never answers."""
        assert self._program is not None
        self._program.send_signal(number)

    def stop(self) -> int:
        """End it as a service manager does; returns its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def restart(self) -> Self:
        """Kill it and start it on what it left; a print that ran is lost."""
        self.kill()
        return self.start()

    def _end(self, number: int) -> int:
        if self._program is None:
            return 0
        self._program.send_signal(number)
        exit_code = self._program.wait(STOPS_WITHIN_S)
        self._program = None
        return exit_code

    def close(self) -> None:
        """End it; its folder stays for whoever wants to look."""
        self.kill()


@functools.cache
def _running(release: Release) -> OctoPrint:
    folder = Path(tempfile.mkdtemp(prefix="pd-octoprint-"))
    server = OctoPrint(folder / "base", release)

    def put_away() -> None:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(put_away)
    return server


def shared_octoprint(release: Release = Release.STABLE) -> OctoPrint:
    """Return the one server of this run, running, idle and empty; tests use it in turn."""
    server = _running(release)
    if not server.runs:
        server.start()
    server.hands.tidy_up()
    return server
