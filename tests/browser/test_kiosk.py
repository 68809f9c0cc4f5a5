"""The kiosk in a real browser: from a photo to a print, and whatever a visitor may do meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, Playwright

from printd.core.jobs import State
from tests.browser.conftest import SHOP, NewContext, served_at
from tests.browser.guard import Guard
from tests.browser.looking import axe, settle
from tests.browser.walking_away import WINDOW, visits
from tests.e2e.conftest import ended
from tests.peers.chromium import FLAGS, PROGRAM
from tests.peers.daemon import Daemon, merged
from tests.peers.ports import free_port
from tests.photos import ASTRONAUT, encoded, textured

CAMERA: Final = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
SIZES: Final = ((800, 1280), (1280, 800), (1024, 600))
TARGET_PX: Final = 56
PRIMARY_PX: Final = 88
NAME: Final = "<b>Mia</b>"
# What does not fit, cannot be touched, or is too small to be touched.
FAULTS: Final = """([target, primary]) => {
    const faults = [], { innerWidth: across, innerHeight: down } = window;
    const page = document.documentElement;
    if (page.scrollWidth > across || page.scrollHeight > down) faults.push("the page scrolls");
    const dialog = document.querySelector("dialog[open], .keys:not([hidden])") ?? document;
    const seen = e => e.checkVisibility({ visibilityProperty: true }) && !e.closest("[hidden]");
    const touched = "button, a[href], input[type=range], label.chip, label.check, label.button";
    for (const e of dialog.querySelectorAll(touched)) {
        const box = e.getBoundingClientRect();
        if (!seen(e) || !box.width) continue;
        const name = `${e.tagName} ${e.textContent.trim() || e.getAttribute("aria-label") || e.id}`;
        const least = e.matches(".bottom .primary") ? primary : target;
        if (box.height < least - 0.5 || box.width < target - 0.5)
            faults.push(`${name}: ${box.width | 0} x ${box.height | 0}`);
        if (box.left < 0 || box.top < 0 || box.right > across + 0.5 || box.bottom > down + 0.5)
            faults.push(`${name}: outside`);
        const middle = [box.left + box.width / 2, box.top + box.height / 2];
        const at = [middle, [middle[0], box.top + 3], [middle[0], box.bottom - 3]];
        if (!e.disabled && at.some(([x, y]) => {
            const there = document.elementFromPoint(x, y);
            return !there || !(e.contains(there) || there.contains(e));
        })) faults.push(`${name}: covered`);
    }
    for (const e of document.querySelectorAll(".top, .middle, .bottom, .middle *")) {
        if (!seen(e) || e.closest(".relief-host, .crop-view, svg, .visually-hidden")) continue;
        const hides = getComputedStyle(e).overflow !== "visible" && e.clientHeight > 0;
        if (hides && (e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1))
            faults.push(`${e.tagName}.${e.className}: cut off`);
    }
    return faults;
}"""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    settings = {
        "web": {"port": free_port()},  # the same after a restart
        "kiosk": {
            "enabled": True,
            "anywhere": True,
            "phone_url": "http://print.example",
            "wifi": {"name": "Guests"},
            "rules": ["No weapons, no copies of what others made", "From 1 €, at the counter"],
            "pick_up": "the counter",
        },
        "recipes": {
            "default": {"label": "Relief", "width_mm": 30, "settings": {"mesh_quality": 128}},
            "light": {"label": "Light picture", "preset": "lithophane", "width_mm": 40},
            "keychain": {
                "label": "Keychain",
                "preset": "coin",
                "width_mm": 30,
                "settings": {"holes": 1, "mesh_quality": 128},
                "approval": "always",
            },
            "figure": {"label": "Figure", "mesher": "cloud"},
        },
        "meshers": {"cloud": {"kind": "meshy", "key_file": "nowhere.txt"}},
        "printers": {"p1": {"colour": "white"}, "p2": {"colour": "red"}},
        "price": {"per_gram": 0.08, "minimum": 1},
    }
    folder = tmp_path_factory.mktemp("kiosk")
    with ended(Daemon(folder, merged(SHOP, settings))) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium with a camera that shows a pattern."""
    opened = playwright.chromium.launch(executable_path=PROGRAM, args=[*FLAGS, *CAMERA])
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture that is soon made into a shape."""
    place = tmp_path_factory.mktemp("photos") / "mia.jpg"
    place.write_bytes(encoded(textured(640, 520), "JPEG"))
    return place


class Album:
    """Keeps pictures in the folder of ``--screens``; without one none are taken: it takes time."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def keep(self, page: Page, name: str) -> None:
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=self._folder / f"{name}.png")


@pytest.fixture
def album(request: pytest.FixtureRequest) -> Album:
    return Album(request.config.getoption("--screens"))


def fits(page: Page, album: Album, name: str, *, has_axe: bool = True) -> None:
    """Look at a screen in all its sizes; no rule of accessibility is broken."""
    before = page.viewport_size
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        settle(page)
        faults = page.evaluate(FAULTS, [TARGET_PX, PRIMARY_PX])
        album.keep(page, f"{name}-{width}x{height}")
        assert faults == [], f"{name} {width} x {height}"
    assert not has_axe or axe(page) == [], name
    assert before is not None
    page.set_viewport_size(before)
    settle(page)


def begin(page: Page, recipe: str = "default", language: str = "en") -> None:
    page.goto("/kiosk")
    page.locator(f".begin button[value={language}]").tap()
    page.locator(f".tile[value={recipe}]").tap()
    page.wait_for_url("**/kiosk/photo")


def give(page: Page, photo: Path) -> None:
    page.set_input_files("#file", photo)
    page.wait_for_url("**/kiosk/crop")
    page.wait_for_selector("cropper-selection")


def go_on(page: Page, to: str) -> None:
    page.locator(".bottom .primary:visible").tap()
    page.wait_for_url(f"**/kiosk/{to}")


def shape_is_drawn(page: Page) -> None:
    page.wait_for_function(
        "() => document.body.dataset.view === 'ready' && +document.body.dataset.frame > 0"
    )


def left(daemon: Daemon) -> list[str]:
    """Return what of photos that are no jobs lies in the data folder."""
    folders = (daemon.data / name for name in ("drafts", "incoming"))
    return [one.name for folder in folders if folder.exists() for one in folder.iterdir()]


def nothing_left(daemon: Daemon) -> None:
    daemon.wait_until(lambda: left(daemon) == [], "photos stay")


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


def test_thirty_visitors_walk_away_and_nothing_grows(
    daemon: Daemon, new_context: NewContext, tmp_path: Path
) -> None:
    """The short form of ``tests/soak``."""
    page = new_context(viewport=WINDOW).new_page()
    grown = visits(page, daemon, 30, tmp_path)
    assert max(grown.values()) <= 1.10, grown


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
    assert "This number is not right." in page.locator(".sorry").inner_text()
    page.goto("/kiosk/staff")
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
