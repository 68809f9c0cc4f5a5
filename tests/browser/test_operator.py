"""The operator's journey: who needs me, the queue, one job to its end; in a real browser."""

import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from printd.core.database import FILE
from printd.core.jobs import State
from printd.web.keys import Scope
from tests.browser.conftest import SHOP, Staff
from tests.browser.guard import Guard
from tests.browser.looking import Screens, axe
from tests.e2e.conftest import ended
from tests.peers.daemon import Daemon, merged
from tests.peers.ports import free_port
from tests.photos import encoded, quarters

HOLD_MS = 1200
# What a page and everything that it loads have in bytes, as sent.
SIZES = """() => Object.fromEntries(
    [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
        .map(entry => [entry.name, entry.encodedBodySize]))"""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A shop of its own: what waits in it is counted here."""
    settings = merged(SHOP, {"web": {"port": free_port()}})  # the same after a restart
    with ended(Daemon(tmp_path_factory.mktemp("operator"), settings)) as opened:
        yield opened


@pytest.fixture(scope="module")
def jobs(daemon: Daemon) -> list[int]:
    """Three jobs that wait for a bed."""
    picture = daemon.folder / "mia.png"
    picture.write_bytes(encoded(quarters(), "PNG"))
    for width_mm, name in enumerate(("Mia", "<img src=x onerror=alert(1)>", "\u202eevil"), 20):
        daemon.cli("add", picture, "--name", name, "--width-mm", width_mm)
    daemon.wait_until(lambda: [one.state for one in daemon.jobs()] == [State.SLICED] * 3, "sliced")
    return [job.number for job in daemon.jobs()]


def test_a_shop_without_jobs_says_so(staff: Staff) -> None:
    page = staff(Scope.OPERATE)
    page.goto("/")
    expect(page.get_by_text("The queue is empty.")).to_be_visible()
    expect(page.get_by_text("Nothing needs you.")).to_be_visible()
    page.goto("/queue?show=history")
    expect(page.get_by_text("Nothing is over yet.")).to_be_visible()


def row(page: Page, number: int) -> Locator:
    return page.locator(f'[data-job="{number}"]')


def order(page: Page) -> list[int]:
    return [int(one.get_attribute("data-job") or 0) for one in page.locator("[data-job]").all()]


def test_the_queue_is_put_in_order_held_and_cancelled(
    staff: Staff, jobs: list[int], screens: Screens
) -> None:
    first, second, third = jobs
    page = staff(Scope.OPERATE)
    page.goto("/queue")
    assert order(page) == jobs
    assert axe(page) == []
    screens(page, "queue")

    row(page, third).get_by_role("button", name="To the top").click()
    expect(page.locator("[data-job]").first).to_have_attribute("data-job", str(third))
    row(page, third).get_by_role("button", name="Down").click()
    expect(page.locator("[data-job]").first).to_have_attribute("data-job", str(first))

    row(page, second).get_by_role("button", name="Hold").click()
    expect(row(page, second)).to_contain_text("needs a person")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(row(page, second)).to_contain_text("waiting for a printer")

    row(page, second).get_by_role("button", name="Cancel").click()
    page.locator(".toast").get_by_role("button", name="Undo").last.click()
    expect(row(page, second)).to_be_visible()
    row(page, second).get_by_role("button", name="Cancel").click()
    page.goto("/queue")  # a page that is left does it at once
    expect(row(page, second)).to_have_count(0)
    page.get_by_role("link", name="History").click()
    expect(row(page, second)).to_contain_text("cancelled")


def test_what_is_open_or_being_typed_stays_while_the_shop_goes_on(
    staff: Staff, jobs: list[int], daemon: Daemon
) -> None:
    page = staff(Scope.OPERATE)
    page.goto("/queue")
    more = row(page, jobs[0]).locator("details")
    more.locator("summary").click()
    copies = more.get_by_label("Copies")
    copies.fill("7")
    daemon.cli("queue", "pause")
    expect(page.locator("#live")).to_contain_text("The queue is paused")
    expect(copies).to_be_focused()
    expect(copies).to_have_value("7")
    daemon.cli("queue", "resume")
    expect(page.get_by_role("button", name="Pause the queue")).to_be_visible()
    copies.fill("1")


def test_several_jobs_are_held_at_once(staff: Staff, jobs: list[int]) -> None:
    first, _, third = jobs
    page = staff(Scope.OPERATE)
    page.goto("/queue")
    for number in (first, third):
        row(page, number).get_by_role("checkbox").check()
    expect(page.get_by_text("2 chosen")).to_be_visible()
    page.locator("#several").get_by_role("button", name="Hold").click()
    for number in (first, third):
        expect(row(page, number)).to_contain_text("needs a person")
        row(page, number).get_by_role("checkbox").check()
    page.locator("#several").get_by_role("button", name="Hold").click()
    expect(page.locator(".toast")).to_contain_text(f"left as they are: #{first}, #{third}")
    for number in (first, third):
        row(page, number).get_by_role("checkbox").check()
    page.locator("#several").get_by_role("button", name="Release").click()
    for number in (first, third):
        expect(row(page, number)).to_contain_text("waiting for a printer")


def test_one_job_from_its_shape_to_its_end(
    staff: Staff, jobs: list[int], daemon: Daemon, screens: Screens
) -> None:
    number = jobs[0]
    page = staff(Scope.OPERATE)
    page.goto(f"/jobs/{number}")
    page.wait_for_selector("body[data-view=ready]")
    shown = page.evaluate("window.printd.view.info()")
    with daemon.store() as store:
        model = store.job(number).facts["model"]
    assert shown["triangles"] == model["triangles"]
    assert shown["sizeMm"] == pytest.approx(model["size_mm"], abs=0.01)

    page.get_by_role("button", name=re.compile("Layer by layer")).click()
    figure = page.locator("[data-layers]")
    whole = figure.locator("canvas").screenshot()
    figure.get_by_role("slider").fill("2")
    assert figure.locator("canvas").screenshot() != whole
    assert axe(page) == []
    screens(page, "job", full_page=True)

    page.goto("/")
    page.get_by_role("button", name=re.compile("Bed of p[12] is clear")).first.click()
    expect(page.locator(".toast")).to_contain_text("Keep pressing")  # a tap is not enough
    button = page.get_by_role("button", name=re.compile("Bed of p[12] is clear")).first
    button.click(delay=HOLD_MS)
    page.goto(f"/jobs/{number}")
    expect(page.locator("#live")).to_contain_text("printed on", timeout=30_000)  # by itself
    page.get_by_role("button", name="Good, and the bed is clear").click(delay=HOLD_MS)
    expect(page.locator("#live fieldset")).to_contain_text("good, test-operate")


def test_what_is_made_meanwhile_is_shown(staff: Staff, jobs: list[int], daemon: Daemon) -> None:
    picture = daemon.folder / "mia.png"
    daemon.cli("add", picture, "--name", "later", "--hold", "--width-mm", 24)
    number = daemon.jobs()[-1].number
    page = staff(Scope.OPERATE)
    page.goto(f"/jobs/{number}")
    expect(page.locator("[data-figure]")).to_have_count(1)
    page.locator("#live").get_by_role("button", name="Release").click()
    expect(page.locator("[data-figure]")).to_have_count(3)
    page.wait_for_selector("body[data-view=ready]")
    assert page.evaluate("window.printd.view.info()")["sizeMm"][0] == pytest.approx(24, abs=0.01)


def test_every_name_is_only_shown(staff: Staff, jobs: list[int]) -> None:
    page = staff(Scope.OPERATE)
    for number in jobs:
        page.goto(f"/jobs/{number}")
        assert page.locator("img[onerror]").count() == 0
        assert "\u202e" not in page.content()


def test_the_pages_speak_german_in_the_dark(
    staff: Staff, jobs: list[int], screens: Screens
) -> None:
    page = staff(Scope.OPERATE, locale="de-DE", color_scheme="dark")
    for path, words in (("/", "Heute"), ("/queue", "Warteschlange"), (f"/jobs/{jobs[2]}", "Form")):
        page.goto(path)
        expect(page.locator("main")).to_contain_text(words)
        assert axe(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, path
    screens(page, "dark", [(1280, 800)])


def test_a_page_says_when_nobody_answers_and_goes_on_when_somebody_does(
    staff: Staff, daemon: Daemon, guard: Guard
) -> None:
    guard.allow("ERR_CONNECTION_REFUSED")
    guard.allow("ERR_INCOMPLETE_CHUNKED_ENCODING")
    page = staff(Scope.OPERATE)
    page.goto("/queue")
    sign = page.locator("#connection")
    sign.evaluate("sign => (sign.dataset.staleMs = 1000)")
    daemon.stop()
    expect(sign).to_contain_text("Not connected")
    page.get_by_role("button", name="Pause the queue").click()
    expect(page.locator(".toast.red")).to_contain_text("did not answer")
    daemon.start()
    expect(sign).to_be_hidden(timeout=30_000)
    daemon.cli("queue", "pause")
    expect(page.locator("#live")).to_contain_text("The queue is paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause the queue")).to_be_visible()


def test_a_page_without_a_stream_looks_by_itself(
    staff: Staff, daemon: Daemon, guard: Guard
) -> None:
    guard.allow("ERR_FAILED")
    page = staff(Scope.OPERATE)
    page.route("**/api/v1/events*", lambda route: route.abort())
    page.goto("/queue")
    for act, words in (("pause", "The queue is paused"), ("resume", "Pause the queue")):
        daemon.cli("queue", act)
        expect(page.locator("#live")).to_contain_text(words)
    expect(page.locator("#connection")).to_be_hidden()


def test_a_line_that_dies_without_a_word_is_noticed(staff: Staff, daemon: Daemon) -> None:
    page = staff(Scope.OPERATE)
    page.goto("/queue")
    sign = page.locator("#connection")
    sign.evaluate("sign => Object.assign(sign.dataset, { quietMs: 500, staleMs: 1000 })")
    daemon.signal(signal.SIGSTOP)  # its connections stay open, and nothing comes
    try:
        expect(sign).to_contain_text("Not connected")
    finally:
        daemon.signal(signal.SIGCONT)
    expect(sign).to_be_hidden()


def test_a_job_is_changed_and_made_anew(staff: Staff, jobs: list[int]) -> None:
    page = staff(Scope.OPERATE)
    page.goto(f"/jobs/{jobs[2]}")
    page.get_by_role("link", name="Change and make anew").click()
    expect(page.locator("[data-figure=size] dd")).to_contain_text("22 × 15")  # noqa: RUF001
    page.get_by_role("spinbutton", name="Base, mm").fill("2.5")
    page.get_by_role("spinbutton", name="Base, mm").press("Tab")
    page.get_by_role("button", name="Print it").click()
    page.locator(".toast").get_by_role("button", name="Open it").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    new = page.evaluate(
        "async () => (await fetch(location.pathname.replace('/', '/api/v1/'))).json()"
    )
    assert new["source"] == "page"
    relief = new["settings"]["relief"]
    assert (relief["width_mm"], relief["base_mm"]) == (22, 2.5)


def test_every_page_is_within_reach_on_a_phone(staff: Staff) -> None:
    page = staff(Scope.OPERATE, viewport={"width": 360, "height": 740}, locale="de-DE")
    page.goto("/")
    side = page.locator(".side")
    assert side.evaluate("side => side.scrollWidth <= side.clientWidth")
    more = side.locator("summary")
    more.click()
    settings = side.get_by_role("link", name="Einstellungen")
    expect(settings).to_be_visible()
    assert axe(page, ".side") == []
    page.keyboard.press("Escape")
    expect(settings).to_be_hidden()
    more.click()
    settings.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Einstellungen")


@pytest.mark.parametrize(
    "path",
    ["/", "/queue", "/queue?show=history", "/printers", "/approvals", "/recipes", "/settings"],
)
@pytest.mark.usefixtures("jobs")
def test_a_page_without_a_shape_is_light(staff: Staff, path: str) -> None:
    page = staff(Scope.ADMIN)
    page.goto(path)
    loaded = page.evaluate(SIZES)
    files = {url: size for url, size in loaded.items() if "/static/" in url}
    assert any(url.endswith(".css") for url in files)
    assert sum(loaded.values()) <= 150_000, loaded


def test_an_open_page_says_so_when_the_database_is_damaged(
    staff: Staff, daemon: Daemon, guard: Guard
) -> None:
    for words in ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "503", "404"):
        guard.allow(words)
    page = staff(Scope.OPERATE)
    page.goto("/queue")
    assert daemon.stop() == 0
    database = daemon.data / FILE
    good = database.read_bytes()
    database.write_bytes(b"Dear printd,\n" * 1000)
    daemon.start()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("printd is in safe mode")
    assert axe(page) == []
    assert daemon.stop() == 78
    database.write_bytes(good)
    daemon.start()
    expect(heading).to_have_text("Queue")  # by itself
