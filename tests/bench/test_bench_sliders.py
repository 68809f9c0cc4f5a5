"""How soon a slider of the page Make changes the picture, in headless Chromium at 256 x 256.

Measured from the event of the slider until the frame has been handed to WebGL. Chromium draws it
in software here, which a graphics card does in a few milliseconds: how long that takes is measured
apart (``readPixels`` waits for it), stated, and not counted.
"""

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from printd.web.keys import Scope
from printd.web.logins import COOKIE, Logins
from tests.bench.figures import pace
from tests.browser.conftest import OPERATOR, served_at
from tests.e2e.conftest import ended
from tests.looks import PHOTOS
from tests.peers.chromium import FLAGS, PROGRAM
from tests.peers.daemon import SERVED, Daemon, merged

TIMES: Final = 40
SHADER_MS: Final = 50.0
FILTER_MS: Final = 150.0
SHOP: Final = merged(
    SERVED, {"recipes": {"default": {"width_mm": 80, "settings": {"mesh_quality": 512}}}}
)
MOVE: Final = """async ([id, values, event]) => {
    const slider = document.getElementById(id);
    const root = document.getElementById("live-view");
    const gl = root.querySelector("canvas").getContext("webgl2");
    const heard = name => new Promise(done => root.addEventListener(name, done, { once: true }));
    const pixel = new Uint8Array(4);
    const quiet = () => new Promise(done => setTimeout(done, 500));
    const found = { seen: [], drawing: [] };
    for (const value of values) {
        await quiet();
        const began = performance.now();
        slider.value = value;
        const changed = heard(event);
        slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
        await changed;
        const drawn = performance.now();
        gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
        found.seen.push(drawn - began);
        found.drawing.push(performance.now() - drawn);
    }
    return found;
}"""
SERVER: Final = """() => performance.getEntriesByType("resource")
    .filter(entry => entry.name.includes("/heights"))
    .map(entry => Object.fromEntries(entry.serverTiming.map(one => [one.name, one.duration])))"""

pytestmark = [pytest.mark.bench, pytest.mark.peer("chromium")]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page Make with a photo on it."""
    with (
        ended(Daemon(tmp_path_factory.mktemp("sliders"), SHOP)) as daemon,
        sync_playwright() as driver,
    ):
        with daemon.store() as store:
            word = Logins(store.database).begin("bench", Scope.OPERATE)
        url = served_at(daemon)
        browser = driver.chromium.launch(executable_path=PROGRAM, args=list(FLAGS))
        context = browser.new_context(**{**OPERATOR, "base_url": url, "locale": "en-GB"})
        context.add_cookies([{"name": COOKIE, "value": word, "url": url}])
        page = context.new_page()
        page.goto("/make")
        page.set_input_files("#photo-file", Path(PHOTOS["astronaut"]))
        page.wait_for_selector("body[data-view=ready]")
        expect(page.locator("#live-view .relief-host")).to_have_attribute("aria-busy", "false")
        yield page
        browser.close()


def measured(page: Page, slider: str, values: list[float], event: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = page.evaluate(MOVE, [slider, values, event])
    return found


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def report(what: str, found: dict[str, Any], allowed_ms: float, slower: float) -> None:
    seen, drawing = found["seen"], found["drawing"]
    print(
        f"\n{what}: median {statistics.median(seen):.1f} ms, p95 {p95(seen):.1f} ms; allowed "
        f"{allowed_ms:g} x pace {slower:.2f}. Software rendering beside it: median "
        f"{statistics.median(drawing):.0f} ms, p95 {p95(drawing):.0f} ms"
    )


def test_what_the_graphics_card_does_itself(page: Page) -> None:
    slower = pace()
    values = [2.0 + 0.1 * (number % 40) for number in range(TIMES)]
    found = measured(page, "set-relief_mm", values, "relief-drawn")
    report("height of the relief", found, SHADER_MS, slower)
    assert p95(found["seen"]) <= SHADER_MS * slower


def test_what_the_server_filters(page: Page) -> None:
    slower = pace()
    shown = page.evaluate("() => window.printd.view.info().field")
    assert max(shown["cols"], shown["rows"]) == 257
    values = [0.1 + 0.02 * (number % 40) for number in range(TIMES)]
    found = measured(page, "set-smoothing_px", values, "relief-shape")
    report("smoothing", found, FILTER_MS, slower)
    server = [one for one in page.evaluate(SERVER) if one][-TIMES:]
    for part in server[0]:
        print(f"  server, {part}: median {statistics.median(one[part] for one in server):.1f} ms")
    assert p95(found["seen"]) <= FILTER_MS * slower
