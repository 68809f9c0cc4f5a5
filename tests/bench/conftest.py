"""What is measured is started as it is installed."""

from collections.abc import Iterator

import pytest

from tests.peers import loaded


@pytest.fixture(scope="package", autouse=True)
def as_programs() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loaded, "as_programs", True)
        yield
