"""What a visitor does at the kiosk, screen by screen, and how each screen is looked at."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from tests.browser.looking import axe, settle
from tests.peers.daemon import Daemon

SIZES: Final = ((800, 1280), (1280, 800), (1024, 600))
TARGET_PX: Final = 56
PRIMARY_PX: Final = 88
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


class Album:
    """Keeps pictures in the folder of ``--screens``; without one none are taken: it takes time."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def keep(self, page: Page, name: str) -> None:
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=self._folder / f"{name}.png")


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
    page.wait_for_url("**/kiosk/make")  # and its scripts have run
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
