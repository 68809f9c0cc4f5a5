"""O6, make: a photo becomes a shape, settings change it, and it is ordered; with and without 3D."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from printd.web.keys import Scope
from printd.web.logins import COOKIE, Logins
from tests.browser.conftest import OPERATOR, SHOP, Staff
from tests.browser.guard import Guard
from tests.browser.looking import Screens, axe
from tests.e2e.conftest import ended
from tests.peers.chromium import FLAGS, PROGRAM
from tests.peers.daemon import Daemon, merged

Grey = NDArray[np.float64]

DRAWN_AFTER: Final = """frame => new Promise(done => {
    const look = () => +document.body.dataset.frame > frame ? done() : requestAnimationFrame(look);
    look();
})"""
FIGURES: Final = """async query => {
    const draft = performance.getEntriesByType("resource").map(entry => entry.name)
        .findLast(name => name.includes("/figures"));
    return (await fetch(draft.split("?")[0] + "?" + query)).json();
}"""
LOSE: Final = """() => {
    const canvas = document.querySelector("#live-view canvas");
    canvas.id = "lost";
    canvas.getContext("webgl2").getExtension("WEBGL_lose_context").loseContext();
}"""
# A number for all pixels of the canvas, read before the browser takes the frame away to show it.
PIXELS: Final = """() => new Promise(done => {
    const root = document.querySelector("#live-view");
    root.addEventListener("relief-drawn", () => {
        const canvas = root.querySelector("canvas");
        const pixels = new Uint8Array(canvas.width * canvas.height * 4);
        const gl = canvas.getContext("webgl2");
        gl.readPixels(0, 0, canvas.width, canvas.height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
        done(new Uint32Array(pixels.buffer).reduce((sum, pixel) => (sum * 31 + pixel) | 0, 7));
    }, { once: true });
    root.querySelector("[data-look][aria-pressed=true]").click();
})"""
PIECE_FROM: Final = 150  # of 255: the flat of a white piece is brighter than bed and coin


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A shop whose pieces are as large as the figures below say."""
    settings = merged(SHOP, {"recipes": {"default": {"width_mm": 20}}})
    with ended(Daemon(tmp_path_factory.mktemp("make"), settings)) as opened:
        yield opened


def quadrant() -> bytes:
    """Return a photo that is dark but for a bright square in its upper left."""
    picture = Image.new("RGB", (640, 640), (40, 40, 40))
    ImageDraw.Draw(picture).rectangle((60, 60, 320, 320), fill=(240, 240, 240))
    packed = BytesIO()
    picture.save(packed, "PNG")
    return packed.getvalue()


def hand_in(page: Page) -> None:
    page.set_input_files(
        "#photo-file", {"name": "corner.png", "mimeType": "image/png", "buffer": quadrant()}
    )
    page.wait_for_selector("body[data-frame]")
    expect(page.locator("[data-figure=size] dd")).to_contain_text("mm")


def frame(page: Page) -> int:
    return int(page.locator("body").get_attribute("data-frame") or 0)


def changed(page: Page, control: Locator, value: str) -> int:
    """Return what is drawn after a slider was moved."""
    before = frame(page)
    control.fill(value)
    page.evaluate(DRAWN_AFTER, before)
    return seen(page)


def settled(page: Page) -> None:
    """Wait until nothing more is made."""
    expect(page.locator("#live-view .relief-host")).to_have_attribute("aria-busy", "false")


def seen(page: Page) -> int:
    """Return a number for what is drawn; the same pixels have the same."""
    settled(page)
    number: int = page.evaluate(PIXELS)
    return number


def shot(page: Page) -> bytes:
    page.evaluate("() => scrollTo(0, 0)")  # the bar of the page lies over what is scrolled under it
    return page.locator("#live-view .relief-host").screenshot()


def grey(picture: bytes) -> Grey:
    """Return (rows, cols), 0 black to 255 white."""
    whole = np.asarray(Image.open(BytesIO(picture)).convert("L"), dtype=np.float64)
    return whole[4:-4, 4:-4]  # without what shines through its round corners


def check_corner(picture: Grey) -> None:
    """The square of ``quadrant`` is a hill at the upper left, lit from the upper left."""
    rows = np.flatnonzero((picture > PIECE_FROM).sum(axis=1) > picture.shape[1] / 5)
    flat = picture[rows[-1] - (rows[-1] - rows[0]) // 4]  # below the square
    cols = np.flatnonzero(flat > PIECE_FROM)
    piece = picture[rows[0] + 3 : rows[-1] - 3, cols[0] + 3 : cols[-1] - 3]
    for across in (piece, piece.T):
        count = len(across)
        profile = across[count // 6 : count * 2 // 5].mean(axis=0)
        assert np.ptp(profile) > 20
        # It is brightest at its near edge to the lamp and darkest at the other one.
        assert profile.argmax() / len(profile) == pytest.approx(60 / 640, abs=0.05)
        assert profile.argmin() / len(profile) == pytest.approx(320 / 640, abs=0.06)


def test_a_photo_becomes_a_shape_and_a_job(staff: Staff, screens: Screens) -> None:
    page = staff()
    page.goto("/make")
    assert axe(page) == []

    hand_in(page)
    settled(page)
    screens(page, "make", [(1280, 800), (390, 844)])
    check_corner(grey(shot(page)))
    check_size(page, "")
    check_sliders(page)
    check_views(page)
    check_presets(page)
    check_comparison(page)
    check_crop(page)
    assert axe(page) == []
    check_order(page)


def check_size(page: Page, query: str) -> dict[str, Any]:
    told: dict[str, Any] = page.evaluate(FIGURES, query)
    shown = page.evaluate("() => window.printd.view.info()")
    assert shown["sizeMm"] == pytest.approx(told["size_mm"], abs=0.02)
    assert shown["pictureMm"] == pytest.approx(told["picture_mm"], abs=0.01)
    assert 1_000 < shown["triangles"] < 200_000
    return told


def check_sliders(page: Page) -> None:
    """What the browser does itself, and what the server is asked for: both come back exactly."""
    first = seen(page)
    relief = page.locator("#set-relief_mm")
    was = relief.input_value()
    assert changed(page, relief, "0.6") != first
    check_size(page, "relief_mm=0.6")
    assert relief.get_attribute("aria-valuetext") == "0.6 mm, 3 layers"
    assert changed(page, relief, was) == first

    smoothing = page.locator("#set-smoothing_px")
    assert changed(page, smoothing, "0.2") != first
    assert changed(page, smoothing, "0") == first

    before = frame(page)
    relief.focus()
    relief.press("ArrowRight")
    page.evaluate(DRAWN_AFTER, before)
    assert float(relief.input_value()) == pytest.approx(float(was) + 0.1)
    page.get_by_role("button", name="Height of the relief: less").click()
    assert float(relief.input_value()) == pytest.approx(float(was))

    # A hint has the button that mends it.
    changed(page, relief, "0.4")
    advice = page.locator("#advice li", has_text="it will look flat")
    advice.get_by_role("button").click()
    expect(advice).to_have_count(0)


def check_views(page: Page) -> None:
    view = page.locator("#live-view")
    pictures = set()
    for name in ("Front", "Tilted", "Side", "Back"):
        before = frame(page)
        view.get_by_role("button", name=name).click()
        page.evaluate(DRAWN_AFTER, before)
        pictures.add(seen(page))
        expect(view.locator("[aria-pressed=true]")).to_have_text(name)
    assert len(pictures) == 4
    host = view.locator(".relief-host")
    expect(host).to_have_attribute("role", "img")
    expect(host).to_have_attribute("aria-label", "Relief, 20 by 20 mm, 1.8 mm thick")


def check_presets(page: Page) -> None:
    """A round piece and a bent one are as large as the server says."""
    presets = page.locator("#presets")
    before = frame(page)
    presets.get_by_label("Coin").check()
    page.evaluate(DRAWN_AFTER, before)
    settled(page)
    check_size(page, "preset=coin")
    before = frame(page)
    page.get_by_text("Bent, standing, cast").click()
    page.get_by_label("Picture outside").check()
    page.evaluate(DRAWN_AFTER, before)
    settled(page)
    check_size(page, "preset=coin&bend=outer")
    before = frame(page)
    presets.get_by_label("As the recipe says").check()
    page.evaluate(DRAWN_AFTER, before)
    settled(page)


def check_comparison(page: Page) -> None:
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#kept-view canvas")).to_be_visible()
    expect(page.locator("#differences")).to_have_text("A and B are the same.")
    page.get_by_role("spinbutton", name="Base, mm").fill("2.5")
    page.get_by_role("spinbutton", name="Base, mm").press("Tab")
    expect(page.locator("#differences")).to_contain_text("Base: 1 mm, 5 layers → 2.5 mm, 13 layers")
    assert axe(page) == []
    page.get_by_role("button", name="Go on from A").click()
    expect(page.locator("#differences")).to_have_text("A and B are the same.")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#kept-view canvas")).to_have_count(0)


def check_crop(page: Page) -> None:
    page.get_by_role("button", name="Crop and turn").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("cropper-selection")).to_be_visible()
    dialog.get_by_role("button", name="4 : 3").click()
    assert axe(page) == []
    before = frame(page)
    dialog.get_by_role("button", name="Use this part").click()
    page.evaluate(DRAWN_AFTER, before)
    settled(page)
    wide, tall = page.evaluate("() => window.printd.view.info().pictureMm")
    assert wide / tall == pytest.approx(4 / 3, rel=0.01)


def check_order(page: Page) -> None:
    page.get_by_label("Name", exact=True).first.fill("My corner")
    height = page.get_by_role("spinbutton", name="Height of the relief, mm")
    height.fill("1.4")
    height.press("Tab")
    page.locator("#print").click()
    toast = page.locator(".toast", has_text="is in the queue")
    expect(toast).to_be_visible()
    expect(toast.get_by_role("button")).to_have_text("Open it")
    number = toast.inner_text().split()[0].lstrip("#")
    job = page.evaluate(f"async () => (await fetch('/api/v1/jobs/{number}')).json()")
    assert job["name"] == "My corner"
    assert job["settings"]["relief"]["relief_mm"] == pytest.approx(1.4)
    assert job["settings"]["relief"]["crop"] != "none"


def test_a_lost_graphics_card_is_replaced_by_a_picture_and_comes_back(staff: Staff) -> None:
    page = staff(viewport={"width": 1000, "height": 700})
    page.goto("/make")
    hand_in(page)
    page.evaluate(LOSE)
    page.wait_for_selector("body[data-view=ready] #live-view canvas:not(#lost, .relief-picture)")
    expect(page.locator("#live-view .relief-picture")).to_have_count(0)

    page.evaluate(LOSE)  # there is no second try: the picture stays
    expect(page.locator("#live-view img.relief-picture:not([hidden])")).to_be_visible()
    page.wait_for_selector("body[data-view=lost]")


@pytest.fixture
def without_3d(playwright: Playwright) -> Iterator[Browser]:
    opened = playwright.chromium.launch(executable_path=PROGRAM, args=[*FLAGS, "--disable-3d-apis"])
    yield opened
    opened.close()


def test_without_3d_the_server_draws(
    without_3d: Browser, daemon: Daemon, base_url: str, guard: Guard
) -> None:
    with daemon.store() as store:
        word = Logins(store.database).begin("test-flat", Scope.OPERATE)
    context = without_3d.new_context(**{**OPERATOR, "base_url": base_url})
    context.add_cookies([{"name": COOKIE, "value": word, "url": base_url}])
    guard.watch(context)
    page = context.new_page()
    page.goto("/make")
    hand_in(page)
    assert page.locator("body").get_attribute("data-view") == "none"
    check_corner(grey(shot(page)))

    # A lamp behind a plate needs no 3D at all.
    before = frame(page)
    page.locator(".pick", has_text="Light picture").last.click()
    page.locator("#live-view").get_by_role("button", name="Light on").click()
    page.evaluate(DRAWN_AFTER, before)
    lamp = page.locator("#live-view canvas.relief-lamp")
    expect(lamp).to_be_visible()
    glowing = grey(lamp.screenshot())
    assert glowing.max() > 2 * glowing[: glowing.shape[0] // 2].mean() or glowing.std() > 20
    context.close()
