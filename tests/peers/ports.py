"""Ports for peers that have to be found at the same place after each start."""

import itertools
import os
import random
import socket
from collections.abc import Iterator
from typing import Final

# Below those that a system gives to whoever connects, or asks for any: what is free here stays so.
FROM: Final = 12_000
TO: Final = 32_000
_next: dict[int, Iterator[int]] = {}  # by process, so that a fork does not hand out the same


def free_port() -> int:
    """Return a port that nobody listens on, and that nothing but a test would take."""
    mine = _next.setdefault(
        os.getpid(), itertools.count(random.SystemRandom().randrange(TO - FROM))
    )
    while not _is_free(port := FROM + next(mine) % (TO - FROM)):
        pass
    return port


def free_ports(count: int) -> list[int]:
    """Return so many different ones."""
    return [free_port() for _ in range(count)]


def _is_free(port: int) -> bool:
    """Say whether nobody has it, for streams and for datagrams."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as line:
            try:
                line.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
