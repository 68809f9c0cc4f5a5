"""The journey of who looks after the printers: beds, pieces, approvals, profiles, keys.

Its daemon has a camera on one printer, a printer that is away, and a recipe that is approved.
"""

import io
import re
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from printd.core.jobs import State
from printd.web.keys import Scope
from tests.browser.conftest import SHOP, Staff
from tests.browser.guard import Guard
from tests.browser.looking import Screens, axe
from tests.e2e.conftest import ended
from tests.peers.daemon import Daemon, merged
from tests.peers.web_pages import Pages, pages, sent
from tests.photos import encoded, textured

HELD_MS = 1_100  # a little longer than a button wants


def photo(name: str) -> bytes:
    """Return a picture that no other name has."""
    return encoded(textured(64, 40 + len(name)), "PNG")


def still(colour: str) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (64, 36), colour).save(written, "JPEG")
    return written.getvalue()


@pytest.fixture(scope="module")
def cameras() -> Iterator[Pages]:
    with pages({"/?action=snapshot": sent(still("teal"))}) as served:
        yield served


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory, cameras: Pages) -> Iterator[Daemon]:
    more = {
        "printers": {
            "p1": {"camera_url": cameras.url("/?action=snapshot")},
            "away": {"kind": "octoprint", "url": "http://127.0.0.1:9", "key_file": "key"},
        },
        "recipes": {
            "default": {"width_mm": 20},
            "keychain": {"width_mm": 20, "approval": "always"},
        },
        "limits": {"per_person": {"prints": 9}},
    }
    folder = tmp_path_factory.mktemp("printers")
    (folder / "key").write_text("abcdefgh12345678\n")
    (folder / "key").chmod(0o600)
    with ended(Daemon(folder, merged(SHOP, more))) as opened:
        yield opened


def hold(page: Page, button: Locator) -> None:
    """Keep a button pressed with the pointer for as long as it wants."""
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(HELD_MS)
    page.mouse.up()


def tile(page: Page, printer: str) -> Locator:
    return page.locator(f"#printer-{printer}")


def looked_at(page: Page, screens: Screens, name: str) -> None:
    """Look at a page as it is now: its rules, and in three widths."""
    assert axe(page) == []
    screens(page, name, sizes=[(1280, 800), (390, 844)], full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_beds_are_cleared_and_pieces_judged(
    staff: Staff, daemon: Daemon, screens: Screens, cameras: Pages
) -> None:
    for name in ("mia.png", "otto.png"):
        daemon.put(name, photo(name))  # printed as soon as a bed is clear
    page = staff()
    page.goto("/printers")
    for printer in ("p1", "p2"):
        expect(tile(page, printer)).to_contain_text("bed not clear")
    one = tile(page, "p1")
    expect(one.locator("canvas")).to_have_attribute("data-state", "shown")
    pixel = "canvas => [...canvas.getContext('2d').getImageData(320, 180, 1, 1).data]"
    red, green, blue, _ = one.locator("canvas").evaluate(pixel)
    assert red < 20
    assert abs(green - 128) < 20
    assert abs(blue - 128) < 20
    expect(tile(page, "away")).to_have_class(re.compile("stale"))

    # A tap is not enough; a second is, by pointer and by key.
    clear = one.get_by_role("button", name="Bed of p1 is clear")
    clear.click()
    expect(page.locator("#toasts")).to_contain_text("Keep pressing")
    expect(one).to_contain_text("bed not clear")
    hold(page, clear)
    expect(clear).to_have_count(0)
    tile(page, "p2").get_by_role("button", name="Bed of p2 is clear").focus()
    page.keyboard.down("Enter")
    page.wait_for_timeout(HELD_MS)
    page.keyboard.up("Enter")
    mia, otto = (daemon.wait_for_job(f"{name}.png", State.PRINTED) for name in ("mia", "otto"))

    page.goto("/printers?show=needs-you")
    good = page.get_by_role("button", name=f"#{mia.number} is good, bed is clear")
    expect(good).to_be_visible()
    looked_at(page, screens, "printers-needs-you")
    hold(page, good)
    expect(good).to_have_count(0)
    expect(page.get_by_role("article")).to_have_count(1)

    number = otto.number
    page.get_by_role("button", name=f"#{number} is bad or partly good").click()
    dialog = page.get_by_role("dialog")
    assert axe(page, "dialog[open]") == []
    dialog.get_by_label("bad", exact=True).check()
    dialog.get_by_label("Because").select_option("stringing")
    dialog.get_by_label("The bed is clear as well").check()
    dialog.get_by_role("button", name="Sign off").click()
    toast = page.locator("#toasts")
    expect(toast).to_contain_text(f"#{number} is noted as not good.")
    toast.get_by_role("button", name="Print again").click()
    daemon.wait_until(
        lambda: [job for job in daemon.jobs() if job.again_of == number], "it is printed again"
    )
    said = {job.number: str(job.sign_off) for job in daemon.jobs()}
    assert said[mia.number] == "good"
    assert said[number] == "bad: stringing"
    assert len(cameras.asked) <= 4  # one picture every ten seconds, however often it was shown


def test_a_printer_is_out_of_service_with_a_note(staff: Staff, screens: Screens) -> None:
    page = staff()
    page.goto("/printers")
    two = tile(page, "p2")
    two.get_by_role("button", name="Out of service").click()
    page.get_by_label("Why?").fill("nozzle on <b>order</b>")
    page.get_by_role("button", name="Take out of service").click()
    expect(two).to_contain_text("nozzle on <b>order</b>")
    expect(page.get_by_role("link", name="out of service")).to_contain_text("1")
    looked_at(page, screens, "printers")
    two.get_by_role("button", name="Put back in service").click()
    expect(two).not_to_contain_text("nozzle on")

    two.get_by_role("button", name="Loaded filament").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Material")).to_have_value("PLA")
    assert axe(page, "dialog[open]") == []
    dialog.get_by_label("Material").select_option("PETG")
    dialog.get_by_label("Colour").select_option("red")
    screens(page, "printers-loaded", sizes=[(1280, 800), (390, 844)])
    dialog.get_by_role("button", name="It is loaded").click()
    expect(two).to_contain_text(re.compile(r"loaded: PETG\s+red \(says "))


def test_what_waits_for_approval_is_approved_or_sent_back(
    staff: Staff, daemon: Daemon, screens: Screens
) -> None:
    for name in ("ana.png", "benno.png"):
        daemon.put(name, photo(name), "keychain")
        daemon.wait_for_job(name, State.HELD)
    page = staff(color_scheme="dark")
    page.goto("/approvals")
    ana, ben = (page.get_by_role("article").filter(has_text=name) for name in ("ana", "benno"))
    assert ana.get_by_role("img", name="The picture").evaluate("image => image.naturalWidth") == 64
    expect(ana).to_contain_text("20 mm wide")
    looked_at(page, screens, "approvals-dark")
    ana.get_by_role("button", name="Approve").click()
    expect(ana).to_have_count(0)
    ben.get_by_role("button", name="Send back").click()
    assert axe(page, "dialog[open]") == []
    page.get_by_role("button", name="The picture is too dark").click()
    page.get_by_role("dialog").get_by_role("button", name="Send back").click()
    expect(page.get_by_text("Nothing waits for approval.")).to_be_visible()
    (said,) = (job.because for job in daemon.jobs() if job.name == "benno.png")
    assert said is not None
    assert "too dark or too blurred" in said.problem


def test_keys_are_made_shown_once_and_revoked(staff: Staff, screens: Screens, guard: Guard) -> None:
    page = staff(Scope.ADMIN)
    page.goto("/settings")
    expect(page.locator("#doctor")).to_contain_text("Nothing has been looked at")
    page.get_by_role("button", name="Look at everything").click()
    expect(page.locator("#doctor")).to_contain_text("printer away")
    expect(page.get_by_role("button", name="Look at everything")).to_be_enabled()
    expect(page.locator("#lines")).to_contain_text("ready: drop folder")
    page.get_by_role("button", name="Make a key").click()
    assert axe(page, "dialog[open]") == []
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("web-shop")
    page.get_by_label("Who uses it").fill("Ana <script>alert(1)</script>")
    page.get_by_label("Good until").fill("2040-05-03")
    page.get_by_role("button", name="Make the key").click()
    key = page.locator("#key-text")
    expect(key).to_have_text(re.compile(r"^pd_[a-z0-9]{10}_.{43}$"))
    text = key.text_content() or ""
    page.get_by_role("button", name="I have it").click()
    expect(key).to_have_text("")
    entry = page.get_by_role("listitem").filter(has_text="web-shop")
    expect(entry).to_contain_text("Ana <script>alert(1)</script>")
    expect(entry).to_contain_text("until 3 May 2040")
    assert text not in page.content()
    guard.allow("409")
    page.get_by_role("button", name="Make a key").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("web-shop")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("web-shop")
    expect(page.get_by_role("dialog").get_by_label("Name", exact=True)).to_have_value("web-shop")
    page.get_by_role("button", name="Not now").click()
    looked_at(page, screens, "settings")
    entry.get_by_role("button", name="Revoke").click()
    page.get_by_role("button", name="Yes, take it away").click()
    expect(entry).to_contain_text("revoked")

    page.get_by_role("button", name="Add somebody").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("ana")
    page.get_by_role("dialog").get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("listitem").filter(has_text="ana").first).to_contain_text("run the")
    with page.expect_download() as download:
        page.get_by_role("link", name="Back up now").click()
    assert download.value.suggested_filename.endswith(".tar.gz")


def test_profiles_are_tried_out_and_everything_is_there_in_german(
    staff: Staff, screens: Screens
) -> None:
    page = staff(Scope.ADMIN, locale="de-DE")
    page.goto("/recipes")
    page.get_by_role("button", name="Ausprobieren").first.click()
    expect(page.locator(".checked.notice")).to_contain_text("a cube is sliced", timeout=60_000)
    looked_at(page, screens, "recipes-de")
    for path in ("printers", "approvals", "settings"):
        page.goto(f"/{path}")
        looked_at(page, screens, f"{path}-de")
