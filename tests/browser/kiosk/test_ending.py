"""How visits at the kiosk end, and what goes wrong meanwhile, in a real browser."""

from pathlib import Path

from playwright.sync_api import Page, Playwright, Route

from tests.browser.conftest import VISITOR, served_at
from tests.browser.guard import Guard
from tests.browser.kiosk.screens import (
    Album,
    begin,
    fits,
    give,
    left,
    nothing_left,
    shape_is_drawn,
)
from tests.browser.looking import axe
from tests.peers.chromium import FLAGS, PROGRAM
from tests.peers.daemon import Daemon


def test_nobody_goes_on_and_everything_is_erased(
    daemon: Daemon, page: Page, photo: Path, album: Album
) -> None:
    page.clock.install()
    begin(page)
    give(page, photo)
    assert len(left(daemon)) == 1
    page.clock.fast_forward(40_000)  # the clock goes on by itself: a busy machine adds to it
    assert not page.locator("#idle").is_visible()
    page.clock.fast_forward(21_000)
    page.wait_for_selector("#idle:visible")
    fits(page, album, "idle")
    page.locator("#idle-yes").tap()
    assert not page.locator("#idle").is_visible()
    page.clock.fast_forward(61_000)
    page.wait_for_selector("#idle:visible")
    page.clock.fast_forward(8_000)
    assert len(left(daemon)) == 1
    page.clock.fast_forward(13_000)
    page.wait_for_url("**/kiosk")
    nothing_left(daemon)
    page.goto("/kiosk/crop")
    page.wait_for_url("**/kiosk")


def test_a_page_that_is_closed_in_the_middle_leaves_nothing_for_the_next_visitor(
    daemon: Daemon, page: Page, photo: Path
) -> None:
    begin(page)
    give(page, photo)
    page.context.new_page()
    page.close()
    (after,) = page.context.pages
    begin(after)
    nothing_left(daemon)
    after.go_back()
    after.locator("#over button").tap()
    after.wait_for_url("**/kiosk")


def test_who_goes_back_may_take_another_photo(page: Page, photo: Path, album: Album) -> None:
    begin(page)
    give(page, photo)
    page.locator(".bottom a").tap()
    page.wait_for_url("**/kiosk/photo")
    for _ in range(2):  # it asks for a photo of a phone, and stays
        page.wait_for_event("response", lambda answer: "/photo/now" in answer.url)
    assert page.url.endswith("/kiosk/photo")
    fits(page, album, "K2-again", has_axe=False)
    page.locator("#keep").tap()
    page.wait_for_url("**/kiosk/crop")
    page.locator("#over button").tap()
    page.wait_for_url("**/kiosk")


def test_a_photo_from_a_stick(page: Page, album: Album) -> None:
    begin(page)
    page.get_by_role("link", name="Show its pictures").tap()
    page.wait_for_url("**/kiosk/stick")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.thumb-one img')].every(one => one.naturalWidth)"
    )
    fits(page, album, "K2-stick")
    page.locator(".bottom a", has_text="More pictures").tap()
    page.wait_for_url("**/kiosk/stick?page=1")
    page.locator(".thumb-one").first.tap()
    page.wait_for_url("**/kiosk/crop")
    page.wait_for_selector("cropper-selection")
    page.locator("#over button").tap()
    page.wait_for_url("**/kiosk")


def test_a_photo_that_is_gone_ends_the_visit(page: Page, guard: Guard, photo: Path) -> None:
    guard.allow("404")
    page.route("**/kiosk/draft/picture*", lambda route: route.fulfill(status=404))
    begin(page)
    page.set_input_files("#file", photo)
    page.wait_for_url("**/kiosk")


def test_a_kiosk_without_a_camera_offers_none(
    playwright: Playwright, base_url: str, guard: Guard
) -> None:
    browser = playwright.chromium.launch(executable_path=PROGRAM, args=list(FLAGS))
    context = browser.new_context(**VISITOR, base_url=base_url)
    guard.watch(context)
    page = context.new_page()
    begin(page)
    page.wait_for_event("response", lambda answer: "/photo/now" in answer.url)
    assert not page.locator("#camera-source").is_visible()
    assert page.locator("#by-phone").is_visible()
    page.locator("#over button").tap()
    page.wait_for_url("**/kiosk")
    browser.close()


def test_a_form_whose_answer_is_lost_is_sent_once_more(page: Page, guard: Guard) -> None:
    guard.allow("ERR_FAILED")
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.request.url)
            route.abort()
        else:
            route.fallback()

    page.route("**/kiosk/make", lose)
    begin(page)
    assert len(lost) == 1
    page.locator("#over button").tap()
    page.wait_for_url("**/kiosk")


def test_a_board_that_hears_nothing_says_so(page: Page, guard: Guard) -> None:
    guard.allow("ERR_INTERNET_DISCONNECTED")
    page.clock.install()
    page.goto("/wall")
    page.context.set_offline(True)
    page.clock.fast_forward(20_000)
    page.wait_for_selector("#stale:visible")
    assert "Not connected, showing" in page.locator("#stale").inner_text()
    page.context.set_offline(False)
    page.clock.fast_forward(6_000)
    page.wait_for_selector("#stale", state="hidden")


def test_a_bad_picture_is_told_in_words(page: Page, guard: Guard, tmp_path: Path) -> None:
    guard.allow("422")  # the refusal of what is no picture
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"\xff\xd8\xff" + bytes(3000))
    begin(page)
    page.set_input_files("#file", bad)
    page.wait_for_selector("#refused:visible")
    assert "picture" in (page.locator("#refused").text_content() or "")
    assert axe(page) == []
    page.locator("#over button").tap()
    page.wait_for_url("**/kiosk")


def test_the_staff_corner(daemon: Daemon, page: Page, guard: Guard, album: Album) -> None:
    guard.allow("401")  # a wrong number
    daemon.set_pin("2468")
    page.goto("/kiosk")
    finger = page.context.new_cdp_session(page)
    finger.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": 20, "y": 20}]}
    )
    page.wait_for_url("**/kiosk/staff")
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    fits(page, album, "staff-pin")
    for digit in "1111":
        page.locator(f"[data-digit='{digit}']").tap()
    page.locator(".pad .primary").tap()
    page.wait_for_selector("#sorry:visible")
    fits(page, album, "staff-wrong")
    assert "This number is not right." in page.locator("#sorry").inner_text()
    page.locator("#sorry button").tap()
    for digit in "2468":
        page.locator(f"[data-digit='{digit}']").tap()
    page.locator(".pad .primary").tap()
    page.get_by_role("button", name="Pause printing").tap()
    page.get_by_role("button", name="Let printing go on").wait_for()
    fits(page, album, "staff")
    page.get_by_role("button", name="Let printing go on").tap()
    page.get_by_role("button", name="Pause printing").wait_for()
    page.get_by_role("button", name="Done").tap()
    page.wait_for_url("**/kiosk")


def test_a_network_that_is_cut_and_a_daemon_that_starts_again_under_the_page(
    daemon: Daemon, page: Page, guard: Guard, photo: Path, album: Album
) -> None:
    guard.allow("ERR_CONNECTION_REFUSED")  # nobody is there for a while
    guard.allow("ERR_CONNECTION_RESET")  # nor for what was being asked
    guard.allow("ERR_EMPTY_RESPONSE")
    guard.allow("410")  # the visit of before
    begin(page)
    give(page, photo)
    guard.allow("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    page.locator(".bottom .primary").tap()
    page.wait_for_selector("#away:visible")
    page.context.set_offline(False)
    page.wait_for_url("**/kiosk/look")
    shape_is_drawn(page)
    daemon.kill()
    page.locator(".bottom .primary").tap()
    page.wait_for_selector("#away:visible")
    album.keep(page, "away-800x1280")
    daemon.start()
    page.wait_for_url("**/kiosk")
    assert page.url.startswith(served_at(daemon))
    nothing_left(daemon)
    begin(page)
    page.locator("#over button").tap()
    page.wait_for_url("**/kiosk")
