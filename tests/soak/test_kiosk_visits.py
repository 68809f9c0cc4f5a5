"""A kiosk runs all day: a thousand visits, and neither browser nor daemon grows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.conftest import SHOP, served_at
from tests.browser.walking_away import KIOSK, WINDOW, visits
from tests.e2e.conftest import ended
from tests.peers.chromium import FLAGS, PROGRAM
from tests.peers.daemon import Daemon, merged

VISITS: Final = 1000
GROWTH: Final = 1.10


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with ended(Daemon(tmp_path / "kiosk", merged(SHOP, KIOSK))) as opened:
        yield opened


@pytest.mark.soak
@pytest.mark.peer("chromium")
def test_a_thousand_visits_leave_nothing(daemon: Daemon, tmp_path: Path) -> None:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=PROGRAM, args=list(FLAGS))
        context = browser.new_context(
            base_url=served_at(daemon), viewport=WINDOW, has_touch=True, reduced_motion="reduce"
        )
        context.set_default_timeout(60_000)
        grown = visits(context.new_page(), daemon, VISITS, tmp_path)
        browser.close()
    assert max(grown.values()) <= GROWTH, grown
