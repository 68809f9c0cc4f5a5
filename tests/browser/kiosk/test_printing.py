"""From a photo to a print at the kiosk: every screen, both languages, the camera."""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page

from printd.core.jobs import State
from tests.browser.conftest import NewContext
from tests.browser.kiosk.screens import (
    Album,
    begin,
    fits,
    give,
    go_on,
    left,
    nothing_left,
    shape_is_drawn,
)
from tests.browser.looking import axe, settle
from tests.peers.daemon import Daemon
from tests.photos import ASTRONAUT

NAME: Final = "<b>Mia</b>"


@pytest.mark.peer("prusa-slicer")
def test_from_a_photo_to_a_print(
    daemon: Daemon, page: Page, new_context: NewContext, album: Album
) -> None:
    for printer in ("p1", "p2"):
        daemon.clear_bed(printer)
    page.goto("/kiosk")
    fits(page, album, "K0-attract")
    page.locator("#begin").tap()
    page.wait_for_url("**/kiosk/make")
    assert page.locator(".tile[value=figure]").is_disabled()
    fits(page, album, "K1-make")
    page.locator(".tile[value=default]").tap()
    page.wait_for_url("**/kiosk/photo")
    fits(page, album, "K2-photo")

    # The phone beside it sends the photo; the screen goes on by itself.
    address = page.locator("#phone-code").get_attribute("data-address") or ""
    phone = new_context(viewport={"width": 390, "height": 844}).new_page()
    phone.goto(address.removeprefix("http://print.example"))
    assert axe(phone) == []
    album.keep(phone, "phone-390x844")
    phone.set_input_files("#file", ASTRONAUT)
    phone.wait_for_selector("#sent:visible")
    assert axe(phone) == []
    page.wait_for_url("**/kiosk/crop")
    page.wait_for_selector("cropper-selection")
    page.wait_for_timeout(300)
    fits(page, album, "K3-crop")

    before = page.input_value("#crop-said")
    for what in ("in", "in", "left", "up"):
        page.locator(f"[data-crop={what}]").tap()
    after = page.input_value("#crop-said")
    assert (before, after.count(",")) == ("none", 3)
    go_on(page, "look")
    shape_is_drawn(page)
    page.wait_for_function("() => document.getElementById('facts').textContent.includes('mm')")
    fits(page, album, "K4-look")
    page.locator(".chip", has_text="Large").tap()
    page.wait_for_function("() => document.getElementById('facts').textContent.includes('42')")
    page.locator(".chip", has_text="Medium").tap()
    page.wait_for_function("() => document.getElementById('facts').textContent.includes('30')")
    said = page.locator("#facts").text_content()
    page.locator("[data-slider=relief_mm] [data-step='1']").tap()
    page.locator("[data-slider=relief_mm] [data-step='1']").tap()
    page.locator(".chip", has_text="Face").tap()
    page.wait_for_function("t => document.getElementById('facts').textContent !== t", arg=said)
    go_on(page, "summary")
    shape_is_drawn(page)
    fits(page, album, "K5-summary")
    page.locator(".chip", has_text="red").tap()
    page.locator("#name").tap()
    fits(page, album, "K5-keys")
    for key in "MIA":
        page.locator(f"[data-key={key}]").tap()
    page.locator("[data-key=Done]").tap()
    assert page.input_value("#name") == "Mia"
    page.locator("#name").evaluate("(field, said) => { field.value = said; }", NAME)
    page.locator(".check", has_text="board on the wall").tap()

    page.locator(".bottom .primary").dblclick()  # a double tap is one job
    page.wait_for_url("**/kiosk/ticket")
    fits(page, album, "K6-ticket")
    assert "Your print goes on." in (page.locator("#idle").text_content() or "")
    number = int(page.locator(".ticket-number").text_content() or "")
    (job,) = daemon.jobs()
    assert (job.number, job.name, job.source) == (number, NAME, "kiosk")
    assert job.settings["colour"] == "#E02020"
    nothing_left(daemon)

    ticket = page.locator(".code img").get_attribute("data-address") or ""
    phone.goto(ticket.removeprefix("http://print.example"))
    assert axe(phone) == []
    wall = new_context(viewport={"width": 1280, "height": 800}).new_page()
    wall.goto("/wall")
    daemon.wait_for_job(NAME, State.PRINTED)
    assert daemon.jobs()[0].printer == "p2"
    phone.wait_for_selector(".said[data-state=printed]")
    phone.wait_for_function("() => document.querySelector('.piece img')?.naturalWidth > 0")
    assert "Ready! Pick it up at the counter" in (phone.locator("#said").text_content() or "")
    assert axe(phone) == []
    album.keep(phone, "ticket-390x844")
    wall.wait_for_selector(".wall-ready .wall-card")
    assert wall.locator(".wall-ready bdi").text_content() == NAME  # words, no tags
    assert axe(wall) == []
    album.keep(wall, "W1-wall-1280x800")
    page.wait_for_selector(".said[data-state=printed]")
    page.locator(".bottom .primary").tap()
    page.wait_for_url("**/kiosk")


def test_german_words_fit_as_well(page: Page, photo: Path, album: Album) -> None:
    begin(page, "light", "de")
    assert page.locator("html").get_attribute("lang") == "de"
    fits(page, album, "K2-de", has_axe=False)
    give(page, photo)
    page.wait_for_timeout(300)
    fits(page, album, "K3-de", has_axe=False)
    page.locator("[data-shape='1']").tap()
    page.locator("[data-crop=turn]").tap()  # sent anew, as it is seen
    page.wait_for_timeout(300)
    go_on(page, "look")
    shape_is_drawn(page)
    page.wait_for_selector("[data-look=light-on][aria-pressed=true]")  # its lamp is on
    assert page.locator("[data-look=front]").inner_text().strip() == "Licht aus"
    fits(page, album, "K4-de", has_axe=False)
    page.locator("[data-look=front]").tap()
    page.locator("[data-look=light-on]").tap()
    settle(page)
    album.keep(page, "K4-light-800x1280")
    go_on(page, "summary")
    shape_is_drawn(page)
    fits(page, album, "K5-de", has_axe=False)
    page.locator("#over button").tap()
    page.wait_for_url("**/kiosk")


def go_by_keys(page: Page, selector: str, key: str) -> None:
    """Go on with the tabulator until something has the focus, visibly, and press a key."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            break
    outline = "s => getComputedStyle(document.querySelector(s + ':focus-visible')).outlineWidth"
    assert page.evaluate(outline, selector) == "3px"
    page.keyboard.press(key)


def test_a_keyboard_is_enough(page: Page, photo: Path) -> None:
    page.goto("/kiosk")
    go_by_keys(page, "#begin", "Enter")
    page.wait_for_url("**/kiosk/make")
    go_by_keys(page, ".tile[value=default]", "Enter")
    page.wait_for_url("**/kiosk/photo")
    give(page, photo)
    page.wait_for_timeout(300)
    go_by_keys(page, "[data-crop=in]", "Enter")
    assert page.input_value("#crop-said").count(",") == 3
    go_by_keys(page, "#crop-form button", "Enter")
    page.wait_for_url("**/kiosk/look")
    shape_is_drawn(page)
    slider = page.locator("#relief_mm")
    before = slider.get_attribute("aria-valuetext")
    go_by_keys(page, "#relief_mm", "ArrowRight")
    assert slider.get_attribute("aria-valuetext") != before
    go_by_keys(page, "#look-form button", "Enter")
    page.wait_for_url("**/kiosk/summary")
    go_by_keys(page, "#name", "M")
    assert page.input_value("#name") == "M"
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    go_by_keys(page, "#over button", "Enter")
    page.wait_for_url("**/kiosk")


def test_the_camera_of_the_kiosk(daemon: Daemon, page: Page, album: Album) -> None:
    begin(page, "keychain")
    page.locator("#open-camera").tap()
    page.wait_for_selector("#shoot:visible")
    page.wait_for_function("() => document.getElementById('camera-view').videoWidth > 0")
    fits(page, album, "K2-camera", has_axe=False)
    page.locator("#shoot").tap()
    page.wait_for_selector("#use:visible")
    fits(page, album, "K2-taken", has_axe=False)
    page.locator("#again").tap()
    page.wait_for_selector("#shoot:visible")
    page.locator("#shoot").tap()
    page.wait_for_selector("#use:visible")
    page.locator("#use").dblclick()
    page.wait_for_url("**/kiosk/crop")
    assert len(left(daemon)) == 1
    page.wait_for_selector("cropper-selection")
    left_top, right_low = page.evaluate(
        "() => { const [l, t, r, b] = document.getElementById('crop-said').value.split(',');"
        " return [[+l, +t], [+r, +b]]; }"
    )
    wide, tall = (right_low[at] - left_top[at] for at in (0, 1))
    assert 0 < wide < 1
    assert tall == pytest.approx(1.0, abs=0.01)  # a coin is square, this camera's picture is not
    page.locator("#over button").tap()
    page.wait_for_url("**/kiosk")
    nothing_left(daemon)
