"""A real browser on the pages of a real daemon, and a guard that hears every complaint.

The driver and the browser live as long as a module: the driver keeps an event loop running in
this thread, which no other test of the process should meet.
"""

import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from printd.web.keys import Scope
from printd.web.logins import COOKIE, Logins
from tests.browser.guard import Guard
from tests.browser.looking import Screens
from tests.e2e.conftest import ended
from tests.peers.chromium import FLAGS, PROGRAM
from tests.peers.daemon import SERVED, Daemon, merged

SHOP: Final = merged(
    SERVED,
    {
        "printers": {
            "p1": {"kind": "virtual", "speed": 2_000.0},
            "p2": {"kind": "virtual", "speed": 2_000.0},
        }
    },
)
VISITOR: Final[dict[str, Any]] = {
    "viewport": {"width": 800, "height": 1280},
    "has_touch": True,
    "locale": "en-GB",
    "timezone_id": "UTC",
    "reduced_motion": "reduce",
}
OPERATOR: Final[dict[str, Any]] = {
    "viewport": {"width": 1280, "height": 800},
    "has_touch": False,
}
WITHIN_MS: Final = 30_000.0  # however busy the machine is; what is there is seen at once
NewContext = Callable[..., BrowserContext]
expect.set_options(timeout=WITHIN_MS)
Staff = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.peer("chromium"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep pictures of the pages of a test that fails."""
    report = yield
    guard, folder = item.funcargs.get("guard"), item.funcargs.get("screens")
    if not (isinstance(guard, Guard) and isinstance(folder, Screens)):
        return report
    if call.when == "call" and report.failed:
        for number, page in enumerate(guard.pages, start=1):
            picture = folder.folder / f"failed-{item.name}-{number}.png"
            try:
                page.screenshot(path=picture, full_page=True)
                report.sections.append((f"page {number}", f"{page.url}: {picture}"))
            except Error as error:
                report.sections.append((f"page {number}", f"no picture of it: {error}"))
    return report


def served_at(daemon: Daemon) -> str:
    """Return the address of its pages, such as ``http://127.0.0.1:40123``."""
    said: list[str] = re.findall(r"API: (http://\S+)/api/v1", daemon.log)
    return said[-1]


@pytest.fixture(scope="session")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon with two virtual printers; all modules of a process share it and what is in it."""
    with ended(Daemon(tmp_path_factory.mktemp("shop"), SHOP)) as opened:
        yield opened


@pytest.fixture(scope="module")
def base_url(daemon: Daemon) -> str:
    """Where the pages are: those of ``daemon``, which a module may have of its own."""
    return served_at(daemon)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """The driver of the browser."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium without a window."""
    opened = playwright.chromium.launch(executable_path=PROGRAM, args=list(FLAGS))
    yield opened
    opened.close()


@pytest.fixture
def guard(base_url: str) -> Iterator[Guard]:
    """Fail the test on foreign requests, script errors and console errors."""
    listening = Guard(base_url)
    yield listening
    listening.check()


@pytest.fixture
def new_context(
    browser: Browser, base_url: str, guard: Guard, screens: Screens
) -> Iterator[NewContext]:
    """Open more visitors, each with cookies of its own; words as of ``Browser.new_context``."""
    opened: list[BrowserContext] = []

    def new(**words: Any) -> BrowserContext:
        context = browser.new_context(**{**VISITOR, "base_url": base_url, **words})
        context.set_default_timeout(WITHIN_MS)
        guard.watch(context)
        opened.append(context)
        return context

    yield new
    for context in opened:
        context.close()


@pytest.fixture
def context(new_context: NewContext) -> BrowserContext:
    """A visitor at the kiosk."""
    return new_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The visitor's page."""
    return context.new_page()


@pytest.fixture
def staff(new_context: NewContext, daemon: Daemon, base_url: str) -> Staff:
    """Open a page of somebody who is logged in; words as of ``Browser.new_context``."""

    def opened(scope: Scope = Scope.OPERATE, **words: Any) -> Page:
        with daemon.store() as store:
            word = Logins(store.database).begin(f"test-{scope}", scope)
        context = new_context(**{**OPERATOR, **words})
        context.add_cookies([{"name": COOKIE, "value": word, "url": base_url}])
        return context.new_page()

    return opened


@pytest.fixture
def screens(request: pytest.FixtureRequest, tmp_path: Path) -> Screens:
    """Take pictures of pages into the folder of ``--screens``."""
    folder: Path | None = request.config.getoption("--screens")
    return Screens(folder or tmp_path / "screens")
