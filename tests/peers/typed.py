"""Commands of ``printd``, each a process of its own that is forked from one that has loaded it.

To load printd is nine tenths of the work of a short command, and tests type hundreds. What a
command does is its own: folder, environment, streams, exit code and end are those of a program.
That the installed program loads is tested where it is started as such; ``--full`` always does.
"""

import atexit
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

INSTALLED: Final = Path(sys.executable).with_name("printd")
STARTS_WITHIN_S: Final = 60.0
MOST_BYTES: Final = 1 << 20  # of words and environment
# What a command reads when it runs; all else may be read while it loads.
READ_LATER: Final = {"HOME", "XDG_CONFIG_HOME", "PRINTD_CONFIG", "PRINTD_REQUIRE_PEERS"}
as_programs = False  # ``--full`` sets it: each command is started as the installed program


def typed(
    words: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    answers: str = "",
    within_s: float = 120.0,
) -> subprocess.CompletedProcess[str]:
    """Run one command as a person does; like ``subprocess.run`` with captured text.

    Args:
        words: behind ``printd``.
        folder: in which it is typed.
        environment: of the command; None: that of the tests.
        answers: what is typed while it runs.
        within_s: it has to end.

    Raises:
        subprocess.TimeoutExpired: it did not end ``within_s``; it is killed.
    """
    environment = os.environ if environment is None else environment
    if as_programs or _loads_otherwise(environment):
        return subprocess.run(
            [INSTALLED, *words],
            cwd=folder,
            env=environment,
            input=answers,
            capture_output=True,
            text=True,
            check=False,
            timeout=within_s,
        )
    asked = json.dumps({"words": words, "folder": str(folder), "environment": {**environment}})
    with (
        tempfile.TemporaryFile() as keys,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line,
    ):
        keys.write(answers.encode())
        keys.seek(0)
        line.settimeout(STARTS_WITHIN_S)
        line.connect(str(_loaded()))
        socket.send_fds(line, [asked.encode()], [keys.fileno(), out.fileno(), err.fileno()])
        process = int(line.recv(64))
        line.settimeout(within_s)
        try:
            exit_code = int(line.recv(64))
        except TimeoutError as error:
            os.kill(process, signal.SIGKILL)
            raise subprocess.TimeoutExpired([str(INSTALLED), *words], within_s) from error
        return subprocess.CompletedProcess(
            [str(INSTALLED), *words], exit_code, _text(out), _text(err)
        )


def _loads_otherwise(environment: Mapping[str, str]) -> bool:
    """Say whether a program that starts with this may load in another way than in the tests'."""
    here, there = ({*of.items()} for of in (os.environ, environment))
    return any(name not in READ_LATER for name, _ in here ^ there)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


@functools.cache
def _loaded() -> Path:
    """Start the process that commands are forked from; returns where it listens."""
    folder = tempfile.TemporaryDirectory(prefix="pd-typed-")
    address = Path(folder.name) / "line"
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.peers.typed", str(address)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )

    def end() -> None:
        program.terminate()
        program.wait()
        folder.cleanup()

    atexit.register(end)
    until_s = time.monotonic() + STARTS_WITHIN_S
    while not address.exists():
        assert program.poll() is None, "what commands are forked from has ended"
        assert time.monotonic() < until_s
        time.sleep(0.01)
    return address


# The process that has loaded printd. What comes back from ``_next_command`` is a fork of it.


def _next_command(server: socket.socket) -> dict[str, Any]:
    """Fork a process for each command, and one that waits for its end and tells its exit code."""
    while True:
        line, _ = server.accept()
        _reap()
        if os.fork() != 0:
            line.close()
            continue
        asked, streams, _, _ = socket.recv_fds(line, MOST_BYTES, 3)
        if (process := os.fork()) == 0:
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
                os.close(stream)
            line.close()
            server.close()
            command: dict[str, Any] = json.loads(asked)
            return command
        line.send(str(process).encode())
        _, status = os.waitpid(process, 0)
        line.send(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _serve(address: Path) -> int:
    # What nearly all commands load; the modules of a command load in its own process.
    import printd.cli.session
    import printd.pipeline.judging  # noqa: F401
    from printd.cli import main

    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        beside = address.with_suffix(".new")
        server.bind(str(beside))
        server.listen(16)
        beside.rename(address)
        command = _next_command(server)
    os.chdir(command["folder"])
    os.environ.clear()
    os.environ.update(command["environment"])
    time.tzset()
    sys.argv = [str(INSTALLED), *command["words"]]
    return main(command["words"])


if __name__ == "__main__":
    sys.path[:] = [entry for entry in sys.path if entry]
    sys.exit(_serve(Path(sys.argv[1])))
