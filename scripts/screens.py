"""Takes the pictures of docs/screens: the pages of ``printd run --demo``, as people see them.

    scripts/screens.py [FOLDER]        default: docs/screens

Needs the set-up of the tests (``scripts/setup test``): the browser and its driver.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

TOP: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP))

from tests.browser.looking import settle  # noqa: E402  what is beside this folder is found first
from tests.peers.chromium import FLAGS, PROGRAM  # noqa: E402
from tests.photos import ASTRONAUT  # noqa: E402

PRINTD: Final = Path(sys.executable).with_name("printd")
WITHIN_S: Final = 300.0
DESK: Final = (1280, 800)
PHONE: Final = (390, 844)
KIOSK: Final = (800, 1280)
QUALITY: Final = 82
CAMERA: Final = "--use-fake-device-for-media-stream"  # where there is none, none is offered
# True when a second has gone by without a new picture of the shape.
STILL: Final = """async () => {
    const drawn = () => document.body.dataset.frame;
    const before = drawn();
    await new Promise(done => setTimeout(done, 1000));
    return drawn() === before;
}"""
# True when every picture in sight is there; those further down are loaded when they come in sight.
PICTURED: Final = """() => [...document.images].every(
    image => image.complete || image.getBoundingClientRect().top > innerHeight)"""
# Name of the picture, path, size.
PAGES: Final = (
    ("today", "/", DESK),
    ("queue", "/queue", DESK),
    ("printers", "/printers", DESK),
    ("approvals", "/approvals", DESK),
    ("today-phone", "/", PHONE),
    ("printers-phone", "/printers", PHONE),
)


@contextmanager
def demo(folder: Path) -> Iterator[tuple[str, str]]:
    """Run the demo until it has everything that is to be seen; yields its address and password."""
    command = [str(PRINTD), "run", "--demo", "--data", str(folder)]
    said_at_once = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=said_at_once) as program:
        end = threading.Timer(WITHIN_S, program.kill)
        end.start()
        try:
            yield _told(program)
        finally:
            end.cancel()
            program.terminate()


def _told(program: subprocess.Popen[str]) -> tuple[str, str]:
    url = password = ""
    for line in program.stderr or ():
        print(line, end="")
        found = re.search(r"(http://\S+?)/?\s+\(name: demo, password: (\S+)\)", line)
        if found:
            url, password = found.groups()
        if line.startswith("The shop is as it is to be seen"):
            return url, password
    raise SystemExit("The demo has ended before everything was there.")


def main() -> None:
    """Take all pictures."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else TOP / "docs" / "screens"
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        demo(Path(folder) / "demo") as (url, password),
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=PROGRAM, args=[*FLAGS, CAMERA])
        _take_all(browser, url, password, out)
        browser.close()


def _take_all(browser: Browser, url: str, password: str, out: Path) -> None:
    page = browser.new_context(base_url=url, locale="en-GB", reduced_motion="reduce").new_page()
    page.set_default_timeout(WITHIN_S * 1000)
    page.goto("/login")
    page.fill("[name=name]", "demo")
    page.fill("[name=password]", password)
    page.click("button.primary")
    for name, path, size in PAGES:
        page.goto(path)
        _take(page, name, size, out)
    page.goto("/queue?show=history&state=printed")
    page.locator(".job-line").first.click()
    page.wait_for_selector("body[data-view=ready]")
    _take(page, "job", DESK, out)
    page.goto("/make")
    page.locator("input[type=file]").first.set_input_files(ASTRONAUT)
    page.wait_for_selector("body[data-view=ready]")
    page.locator("#presets .pick", has_text="Face").click()
    page.get_by_role("button", name="Tilted").click()
    _drawn(page)
    _take(page, "make", DESK, out)
    visitor = browser.new_context(
        base_url=url, locale="en-GB", has_touch=True, reduced_motion="reduce"
    ).new_page()
    visitor.set_default_timeout(WITHIN_S * 1000)
    _visit(visitor, out)


def _visit(page: Page, out: Path) -> None:
    """Take pictures on a visitor's way to a ticket."""
    page.set_viewport_size({"width": KIOSK[0], "height": KIOSK[1]})
    page.goto("/kiosk")
    _take(page, "kiosk-start", KIOSK, out)
    page.locator("#begin").tap()
    page.wait_for_url("**/kiosk/make")
    _take(page, "kiosk-make", KIOSK, out)
    page.locator(".tile[value=default]").tap()
    page.wait_for_url("**/kiosk/photo")
    page.wait_for_selector("#camera-source:visible")
    _take(page, "kiosk-photo", KIOSK, out)
    page.set_input_files("#file", ASTRONAUT)
    page.wait_for_url("**/kiosk/crop")
    page.wait_for_selector("cropper-selection")
    _take(page, "kiosk-crop", KIOSK, out)
    page.locator(".bottom .primary").tap()
    page.wait_for_url("**/kiosk/look")
    page.wait_for_selector("body[data-view=ready]")
    page.locator(".chip", has_text="Face").tap()
    _drawn(page)
    _take(page, "kiosk-look", KIOSK, out)
    page.locator(".bottom .primary").tap()
    page.wait_for_url("**/kiosk/summary")
    page.wait_for_selector("body[data-view=ready]")
    _drawn(page)
    _take(page, "kiosk-summary", KIOSK, out)
    page.locator(".bottom .primary").tap()
    page.wait_for_url("**/kiosk/ticket")
    _take(page, "kiosk-ticket", KIOSK, out)


def _drawn(page: Page) -> None:
    """Wait until nothing new is drawn."""
    page.wait_for_function(STILL)


def _take(page: Page, name: str, size: tuple[int, int], out: Path) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    settle(page)
    page.wait_for_function(PICTURED)
    page.screenshot(path=out / f"{name}.jpg", type="jpeg", quality=QUALITY)
    print(f"{out / name}.jpg")


if __name__ == "__main__":
    main()
