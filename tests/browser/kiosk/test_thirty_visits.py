"""Visitors of the kiosk who walk away, one after the other."""

from pathlib import Path

from tests.browser.conftest import NewContext
from tests.browser.walking_away import WINDOW, visits
from tests.peers.daemon import Daemon


def test_thirty_visitors_walk_away_and_nothing_grows(
    daemon: Daemon, new_context: NewContext, tmp_path: Path
) -> None:
    """The short form of ``tests/soak``."""
    page = new_context(viewport=WINDOW).new_page()
    grown = visits(page, daemon, 30, tmp_path)
    assert max(grown.values()) <= 1.10, grown
