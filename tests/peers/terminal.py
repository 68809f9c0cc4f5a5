"""A person at a real terminal: reads until a question stands there, then types."""

import os
import pty
import select
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

WITHIN_S = 60.0


class Terminal:
    """One program at a pseudo-terminal of its own.

    Args:
        words: the program and its arguments.
        folder: where it is started.
        environment: all of it.
    """

    def __init__(self, words: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.screen = ""  # all that was shown
        self._read = 0  # of it
        self._code: int | None = None
        self._pid, self._end = pty.fork()
        if self._pid == 0:
            try:
                os.chdir(folder)
                os.execve(words[0], words, dict(environment))  # noqa: S606 - no shell is the point
            finally:
                os._exit(127)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        os.close(self._end)  # which hangs up
        if self._code is None:
            os.waitpid(self._pid, 0)

    def answers(self, question: str, answer: str) -> None:
        """Wait for a question that was not answered before, and type a line."""
        self.sees(question)
        self.types(f"{answer}\n")

    def sees(self, words: str) -> None:
        """Wait until words are shown after those that were seen before."""
        until = time.monotonic() + WITHIN_S
        while (found := self.screen.find(words, self._read)) < 0:
            assert self._shown(until), f"{words!r} was never shown:\n{self.screen[self._read :]}"
        self._read = found + len(words)

    def types(self, keys: str) -> None:
        """Press keys."""
        os.write(self._end, keys.encode())

    def code(self) -> int:
        """Wait for the end of the program; return its exit code."""
        until = time.monotonic() + WITHIN_S
        while self._shown(until):
            pass
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._code

    def _shown(self, until: float) -> bool:
        """Read what comes next; False when nothing comes any more."""
        ready, _, _ = select.select([self._end], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            return False
        try:
            content = os.read(self._end, 1 << 16)
        except OSError:  # Linux says so when the last program has left the terminal
            return False
        self.screen += content.decode(errors="replace").replace("\r\n", "\n")
        return bool(content)
