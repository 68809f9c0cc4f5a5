"""Daemons for the tests of this folder, ended without a stumble; and tables that they tell."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.daemon import Daemon

Opener = Callable[..., Daemon]


@contextlib.contextmanager
def ended(daemon: Daemon) -> Iterator[Daemon]:
    """End the daemon after the test; no fault of printd stands in its log."""
    with daemon:
        yield daemon
    assert "Traceback" not in daemon.log, daemon.log


@pytest.fixture
def open_daemon(tmp_path: Path) -> Iterator[Opener]:
    """Start daemons, each in a folder of its own."""
    with contextlib.ExitStack() as stack:
        count = 0

        def opened(settings: dict[str, Any] | None = None, **words: Any) -> Daemon:
            nonlocal count
            count += 1
            return stack.enter_context(ended(Daemon(tmp_path / f"d{count}", settings, **words)))

        yield opened
