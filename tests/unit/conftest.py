"""What unit tests share: a store in a real file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from printd.core.store import Store
from tests.peers.stores import open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened
