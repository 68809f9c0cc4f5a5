"""What every test may use: the marker of its folder, and peers that must be there in CI."""

import os
import secrets
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from printd.core.store import Store
from tests.peers import chromium, loaded
from tests.peers.floor import Floor, open_floor
from tests.peers.octoprint import Release
from tests.peers.stores import open_store

pytest_plugins = ["tests.telling"]
# How long an example takes says something of the machine, not of the code.
hypothesis.settings.register_profile("printd", deadline=None)
hypothesis.settings.load_profile("printd")
# A run in the background of a script inherits that Ctrl-C is ignored; tests of Ctrl-C are not.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Sentences tell times in the zone of this machine; tests know which.
os.environ["TZ"] = "UTC"
time.tzset()
HERE = Path(__file__).parent
HOW_TO_GET = {
    "prusa-slicer": "apt install prusa-slicer",
    "strace": "apt install strace",
    "mosquitto": "apt install mosquitto",
    "curl": "apt install curl",
    "orca-slicer": "no registry has it; download its AppImage and name it in PRINTD_ORCA",
    "chromium": "scripts/setup test, or name a Chromium in PRINTD_BROWSER",
    "octoprint": "scripts/setup test",
    "octoprint-next": "scripts/setup peers",
    "bambulabs-api": "scripts/setup peers",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="the long form of the fault tests")
    seed = secrets.randbelow(10**6)
    parser.addoption("--screens", type=Path, help="where pictures of the pages are kept")
    parser.addoption("--seed", type=int, default=seed, help="repeat the random moments of a run")


def pytest_configure(config: pytest.Config) -> None:
    loaded.as_programs = config.getoption("--full")


def pytest_report_header(config: pytest.Config) -> str:
    return f"random moments of fault tests: --seed {config.getoption('--seed')}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(HERE).parts[0]
        item.add_marker(getattr(pytest.mark, folder))
    if not config.getoption("--full"):
        long_form = [item for item in items if item.get_closest_marker("full")]
        items[:] = [item for item in items if item not in long_form]
        config.hook.pytest_deselected(items=long_form)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("peer"):
        (program,) = mark.args
        if _is_there(program) or (program == "octoprint" and Release.STABLE.is_installed):
            continue
        sentence = f"{program} is missing: {HOW_TO_GET.get(program, 'install it')}"
        if os.environ.get("PRINTD_REQUIRE_PEERS") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
    for mark in item.iter_markers("optional_peer"):
        (program,) = mark.args
        if not mark.kwargs["present"]:
            pytest.skip(f"{program} is missing: {HOW_TO_GET[program]}")


def _is_there(program: str) -> bool:
    if program == "chromium":
        return chromium.IS_INSTALLED
    # Debian puts servers where only root looks.
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store in a real file, with two printers whose beds are unknown."""
    with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    """A shop floor in memory around a real store."""
    with open_floor(tmp_path) as opened:
        yield opened
