"""The other end of ``sd_notify``: a real datagram socket, as systemd has one."""

import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self


class NotifySocket:
    """Receives what a service says of itself."""

    def __init__(self) -> None:
        # The path of a Unix socket may have 107 bytes; pytest's folders can be longer.
        self._folder = Path(tempfile.mkdtemp(prefix="pd-"))
        self._folder.chmod(0o755)
        self.path = self._folder / "notify"
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.bind(str(self.path))
        self.path.chmod(0o777)
        self._line.settimeout(0.05)
        self.heard: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._line.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def wait_for(self, word: str, within_s: float, alive: Callable[[], None]) -> None:
        """Listen until ``word`` is said; ``alive`` raises when nobody can say it any more."""
        until = time.monotonic() + within_s
        while word not in self.heard:
            try:
                self.heard += self._line.recv(4096).decode().split("\n")
            except TimeoutError:
                alive()
            assert time.monotonic() < until, f"{word} was not said within {within_s} s"
