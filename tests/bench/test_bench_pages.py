"""How soon a page can be used, cold, and how much it loads."""

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from printd.web.keys import Scope
from printd.web.logins import COOKIE, Logins
from tests.browser.conftest import SHOP, served_at
from tests.peers.chromium import FLAGS, PROGRAM
from tests.peers.daemon import Daemon, merged

ROUNDS = 7
USABLE_MS = 1500
KIOSK_BYTES = 700_000
PAGE_BYTES = 150_000
# When the page, its scripts and its styles were there, and what all of it has in bytes.
LOADED = """() => {
    const [page] = performance.getEntriesByType("navigation");
    const all = [page, ...performance.getEntriesByType("resource")];
    return [page.loadEventEnd, all.reduce((sum, entry) => sum + entry.encodedBodySize, 0)];
}"""
PAGES = [("/", PAGE_BYTES), ("/queue", PAGE_BYTES), ("/kiosk", KIOSK_BYTES)]


@pytest.mark.peer("chromium")
@pytest.mark.parametrize(("path", "most_bytes"), PAGES)
def test_a_page_is_usable_soon(tmp_path: Path, path: str, most_bytes: int) -> None:
    settings = merged(SHOP, {"kiosk": {"enabled": True}})
    times, size = [], 0
    with Daemon(tmp_path, settings) as daemon, sync_playwright() as driver:
        url = served_at(daemon)
        with daemon.store() as store:
            word = Logins(store.database).begin("bench", Scope.OPERATE)
        browser = driver.chromium.launch(executable_path=PROGRAM, args=list(FLAGS))
        for _ in range(ROUNDS):  # each context has an empty cache
            context = browser.new_context(base_url=url)
            context.add_cookies([{"name": COOKIE, "value": word, "url": url}])
            page = context.new_page()
            page.goto(path)
            page.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
            took_ms, size = page.evaluate(LOADED)
            times.append(took_ms)
            context.close()
        browser.close()
    middle = sorted(times)[ROUNDS // 2]
    print(f"\n{path}: {middle:.0f} ms median, {max(times):.0f} most; {size / 1000:.0f} kB")
    assert middle <= USABLE_MS
    assert size <= most_bytes
