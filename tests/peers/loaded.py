"""Programs of printd, each a process of its own that is forked from one that has loaded it.

To load printd is most of what a short command and the start of a daemon take, and tests start
hundreds. What such a process does is its own: folder, environment, streams, signals, exit code
and end are those of a program; it ends with the test that started it. That the installed programs
load is tested where they are started as such; ``--full`` always does.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol

from printd.core.compute.nursery import ONE_THREAD, PRELOAD

INSTALLED: Final = Path(sys.executable).with_name("printd")
STARTS_WITHIN_S: Final = 60.0
MOST_BYTES: Final = 1 << 20  # of words and environment
# What a program reads when it runs; all else may be read while it loads.
READ_LATER: Final = {
    "HOME",
    "NOTIFY_SOCKET",
    "PRINTD_CONFIG",
    "PRINTD_FAULT",
    "PRINTD_REQUIRE_PEERS",
    "WATCHDOG_USEC",
    "XDG_CONFIG_HOME",
}
# What is loaded before the fork, by what will run; all else loads in the process itself.
COMMAND: Final = "printd.cli"
DAEMON: Final = "printd.cli of a daemon"
PRINTER: Final = "printd.printers.virtual.server"
NURSERY: Final = "printd.core.compute.child"
LOADED: Final[Mapping[str, Sequence[str]]] = {
    COMMAND: ("printd.cli", "printd.cli.session", "printd.pipeline.judging"),
    DAEMON: ("printd.cli", "printd.cli.daemon", "printd.daemon.app", "printd.web.application"),
    PRINTER: (PRINTER,),
    NURSERY: (NURSERY, "printd.meshers.making", "printd.pipeline.tasks", *PRELOAD),
}
# What a daemon starts as its Python: its nursery is forked, all else is what it asks for.
PYTHON: Final = """\
#!/bin/sh
case "$*" in
    "-P -m {nursery} "*) exec "{python}" -I -S "{quick}" "{address}" "$4" ;;
    *) exec "{python}" "$@" ;;
esac
"""
as_programs = False  # ``--full`` sets it: each is started as the installed program


class Program(Protocol):
    """What tests do to a process: a part of ``subprocess.Popen``."""

    @property
    def pid(self) -> int:
        """Which process it is."""

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative for a signal; None before ``poll`` or ``wait`` has seen it."""

    def poll(self) -> int | None:
        """Look whether it has ended; returns its exit code."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""

    def send_signal(self, sig: int) -> None:
        """Send it a signal, if it has not ended."""

    def kill(self) -> None:
        """End it at once."""


def may_fork(environment: Mapping[str, str]) -> bool:
    """Say whether a program that starts with this loads as one does in the tests' environment."""
    here, there = ({*of.items()} for of in (os.environ, environment))
    return not as_programs and all(name in READ_LATER for name, _ in here ^ there)


class Forked:
    """A running process, forked from one that has loaded what it runs.

    Args:
        kind: of ``LOADED``.
        words: behind the name of the program.
        folder: in which it runs.
        environment: its environment; ``may_fork`` has to agree.
        streams: descriptors of its input, output and errors.
    """

    def __init__(
        self,
        kind: str,
        words: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        streams: tuple[int, int, int],
    ) -> None:
        asked: dict[str, Any] = {
            "words": [*words],
            "folder": str(folder),
            "environment": {**environment},
        }
        if kind == DAEMON:
            asked["python"] = str(_python())
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        weakref.finalize(self, self._line.close)
        self._line.settimeout(STARTS_WITHIN_S)
        self._line.connect(str(_loaded(kind)))
        socket.send_fds(self._line, [json.dumps(asked).encode()], [*streams])
        self.args = [str(INSTALLED), *words]
        self.pid = int(self._line.recv(64))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Look whether it has ended; returns its exit code."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0.0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: it goes on.
        """
        if self.returncode is None:
            self._line.settimeout(timeout)
            try:
                self.returncode = int(self._line.recv(64))
            except (TimeoutError, BlockingIOError) as error:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0) from error
        return self.returncode

    def send_signal(self, sig: int) -> None:
        """Send it a signal, if it has not ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sig)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


@functools.cache
def _loaded(kind: str) -> Path:
    """Start the process that programs of this kind are forked from; returns where it listens."""
    folder = tempfile.TemporaryDirectory(prefix="pd-loaded-")
    address = Path(folder.name) / "line"
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.peers.loaded", kind, str(address)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **(dict.fromkeys(ONE_THREAD, "1") if kind == NURSERY else {})},
        stdin=subprocess.PIPE,  # its end ends the program, however we end
        stdout=subprocess.DEVNULL,
    )

    def end() -> None:
        program.communicate()
        folder.cleanup()

    atexit.register(end)
    until_s = time.monotonic() + STARTS_WITHIN_S
    while not address.exists():
        assert program.poll() is None, "what programs are forked from has ended"
        assert time.monotonic() < until_s
        time.sleep(0.01)
    return address


@functools.cache
def _python() -> Path:
    """Return what a daemon takes for its Python."""
    address = _loaded(NURSERY)
    quick = Path(__file__).with_name("quick_nursery.py")
    words = PYTHON.format(nursery=NURSERY, python=sys.executable, quick=quick, address=address)
    program = address.with_name("python")
    program.write_text(words)
    program.chmod(0o755)
    return program


# The process that has loaded printd. What comes back from ``_next`` is a fork of it.


def _next(server: socket.socket) -> dict[str, Any]:
    """Fork a process for each program, and one that waits for its end and tells its exit code."""
    while True:
        if 0 in select.select([0, server.fileno()], [], [])[0]:
            sys.exit()
        line, _ = server.accept()
        _reap()
        if os.fork() != 0:
            line.close()
            continue
        asked, streams, _, _ = socket.recv_fds(line, MOST_BYTES, 4)
        if (process := os.fork()) == 0:
            for number, stream in enumerate(streams[:3]):
                os.dup2(stream, number)
                os.close(stream)
            line.close()
            server.close()
            given: dict[str, Any] = json.loads(asked)
            given["words"] += map(str, streams[3:])
            return given
        for stream in streams:
            os.close(stream)
        _see_off(process, line)


def _see_off(process: int, line: socket.socket) -> NoReturn:
    """Wait for the end of a process and tell its exit code; end it when nobody listens any more."""
    _tell(line, process)
    end = os.pidfd_open(process)
    if line.fileno() in select.select([line.fileno(), end], [], [])[0]:
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    _tell(line, os.waitstatus_to_exitcode(status))
    os._exit(0)


def _tell(line: socket.socket, number: int) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # nobody listens any more
        line.send(str(number).encode())


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _serve(kind: str, address: Path) -> int:
    program, *others = [importlib.import_module(name) for name in LOADED[kind]]
    for tasks in others:
        for names in getattr(tasks, "READY", {}).values():
            for name in names:
                importlib.import_module(name)
    gc.freeze()  # what is loaded stays; a look at it would copy its pages
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        beside = address.with_suffix(".new")
        server.bind(str(beside))
        server.listen(16)
        beside.rename(address)
        given = _next(server)
    os.chdir(given["folder"])
    os.environ.clear()
    os.environ.update(given["environment"])
    time.tzset()
    sys.executable = given.get("python", sys.executable)
    if given.get("is_apart"):
        os.setsid()
    sys.argv = [str(INSTALLED), *given["words"]]
    sys.path[0] = str(INSTALLED.parent)  # as of a script that stands there
    if "PRINTD_FAULT" in os.environ:
        importlib.reload(importlib.import_module("printd.core.failpoints"))
    code: int = program.main()
    return code


if __name__ == "__main__":
    sys.exit(_serve(sys.argv[1], Path(sys.argv[2])))
