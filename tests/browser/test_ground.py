"""The ground that the tests of pages stand on: the guard hears, the looks see."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Staff
from tests.browser.guard import Guard
from tests.browser.looking import SIZES, Screens, axe

UNNAMED = "<html lang=en><title>a</title><main><h1>a</h1><button></button></main></html>"


def test_the_description_of_the_api_opens_without_a_complaint(page: Page) -> None:
    answer = page.goto("/api/docs")

    assert answer is not None
    assert answer.status == 200
    assert "printd" in page.title()


def test_who_is_logged_in_is_not_asked_to_log_in(staff: Staff) -> None:
    page = staff()
    page.goto("/")

    assert urlsplit(page.url).path == "/"


def test_a_page_that_complains_or_asks_elsewhere_is_heard(browser: Browser) -> None:
    guard = Guard("http://127.0.0.1:9")
    context = browser.new_context()
    guard.watch(context)
    page = context.new_page()

    with page.expect_event("requestfailed"):
        page.set_content('<img src="http://example.org/a.png"><script>null.x</script>')
    page.evaluate("console.error('no such thing')")

    assert guard.strangers == ["http://example.org/a.png"]
    with pytest.raises(AssertionError, match="other servers"):
        guard.check()
    guard.also_home("http://example.org")
    guard.strangers.clear()
    with pytest.raises(AssertionError, match="no such thing"):
        guard.check()
    assert any("null" in fault for fault in guard.faults)
    for words in ("no such thing", "null", "ERR_NAME_NOT_RESOLVED"):
        guard.allow(words)
    guard.check()
    context.close()


def test_a_button_without_a_name_is_seen(page: Page) -> None:
    page.set_content(UNNAMED)
    (broken,) = axe(page, "main")
    page.get_by_role("button").evaluate("button => button.textContent = 'Go'")

    assert broken.startswith("button-name: ")
    assert axe(page, "main") == []


def test_pictures_are_taken_in_every_size(page: Page, screens: Screens) -> None:
    page.goto("/api/docs")
    taken = screens(page, "docs")

    assert [picture.name for picture in taken] == [
        f"docs-{width}x{height}.png" for width, height in SIZES
    ]
    assert all(picture.stat().st_size > 0 for picture in taken)
    assert page.viewport_size == {"width": 800, "height": 1280}
