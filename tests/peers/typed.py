"""Commands of ``printd``, as a person types them; see ``tests/peers/loaded.py``."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from tests.peers.loaded import COMMAND, INSTALLED, Forked, may_fork


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
    if not may_fork(environment):
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
    with (
        tempfile.TemporaryFile() as keys,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        keys.write(answers.encode())
        keys.seek(0)
        streams = (keys.fileno(), out.fileno(), err.fileno())
        command = Forked(COMMAND, words, folder=folder, environment=environment, streams=streams)
        try:
            exit_code = command.wait(within_s)
        except subprocess.TimeoutExpired:
            command.kill()
            raise
        return subprocess.CompletedProcess(command.args, exit_code, _text(out), _text(err))


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()
