"""What tests want to say at the end of a run, also when everything passes, from every process."""

from collections.abc import Callable

import pytest

Tell = Callable[[str], None]
TOLD = pytest.StashKey[list[str]]()
KEY = "told"  # in what a worker hands over at its end


@pytest.fixture(scope="session")
def tell(request: pytest.FixtureRequest) -> Tell:
    """Say something at the end of the run."""
    return request.config.stash.setdefault(TOLD, []).append


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what this process has to say, if it is one of several."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[KEY] = session.config.stash.get(TOLD, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take what one of several processes has to say."""
    config: pytest.Config = node.config  # type: ignore[attr-defined]
    output = getattr(node, "workeroutput", {})
    config.stash.setdefault(TOLD, []).extend(output.get(KEY, []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it."""
    lines = terminalreporter.config.stash.get(TOLD, [])
    if lines:
        terminalreporter.section("what was tried, what was found")
        for line in lines:
            terminalreporter.write_line(line)
