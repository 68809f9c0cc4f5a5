"""The long form and the seed of fault tests, and a shop that leaves nothing behind."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.peers.shop import Shop, opened

Opener = Callable[..., Shop]


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether the full numbers are run."""
    return bool(request.config.getoption("--full"))


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Random moments of the seed that the head of the run names."""
    return random.Random(request.config.getoption("--seed"))  # noqa: S311  moments, no secrets


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Opener]:
    """Open shops that are closed whatever happens."""
    with ExitStack() as stack:

        def opener(name: str = "shop", **options: object) -> Shop:
            return stack.enter_context(opened(Shop(tmp_path / name, **options)))  # type: ignore[arg-type]

        yield opener
