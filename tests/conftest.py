"""What every test may use: the marker of its folder, and peers that must be there in CI."""

import os
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HOW_TO_GET = {
    "prusa-slicer": "apt install prusa-slicer",
    "strace": "apt install strace",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(HERE).parts[0]
        item.add_marker(getattr(pytest.mark, folder))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("peer"):
        (program,) = mark.args
        if shutil.which(program):
            continue
        sentence = f"{program} is missing: {HOW_TO_GET.get(program, 'install it')}"
        if os.environ.get("PRINTD_REQUIRE_PEERS") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
