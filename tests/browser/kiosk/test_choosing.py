"""A visitor chooses among the shapes that a service has made, on the screen of their ticket."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from printd.core.jobs import State
from tests.browser.kiosk.screens import Album, fits
from tests.e2e.conftest import ended
from tests.peers.daemon import SERVED, Daemon, merged
from tests.peers.services import Fal
from tests.peers.services_asking import photo
from tests.peers.services_benches import host_of, key_file
from tests.peers.services_clock import Clock

FACTOR = 400.0  # seconds of the service in one of ours


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with Fal(tmp_path_factory.mktemp("fal"), clock=Clock(FACTOR)) as peer:
        mesher = {
            "kind": "fal",
            "model": "trellis-2-512",
            "base_url": peer.url,
            "asset_hosts": [host_of(peer.asset_url)],
            "local": True,
            "lands_s": 1,
            "key_file": str(key_file(peer)),
        }
        figure = {"mesher": "figurine", "longest_mm": 15, "photo_check": "show", "consent": 1}
        settings = {
            "kiosk": {"enabled": True, "anywhere": True, "phone_url": "http://print.example"},
            "meshers": {"figurine": mesher},
            "recipes": {f"of-{count}": {**figure, "candidates": count} for count in (3, 4)},
            "printers": {"p1": None},  # the shapes are all that is wanted here
        }
        folder = tmp_path_factory.mktemp("choosing")
        with ended(Daemon(folder, merged(SERVED, settings))) as opened:
            yield opened


@pytest.mark.parametrize("count", [3, 4])
def test_shapes_fit_on_the_screen_and_a_tap_chooses_one(
    daemon: Daemon, page: Page, album: Album, tmp_path: Path, count: int
) -> None:
    subject = tmp_path / "subject.png"
    subject.write_bytes(photo(count, size=(640, 480)))
    page.goto("/kiosk")
    page.locator("#begin").tap()
    page.locator(f".tile[value=of-{count}]").tap()
    page.wait_for_url("**/kiosk/photo")
    page.set_input_files("#file", subject)
    page.wait_for_url("**/kiosk/summary")
    fits(page, album, "K5-service", has_axe=False)
    page.locator(".bottom .primary").tap()
    page.wait_for_url("**/kiosk/ticket")
    page.wait_for_function(
        "count => document.querySelectorAll('.shape img').length === count"
        " && [...document.querySelectorAll('.shape img')].every(one => one.naturalWidth)",
        arg=count,
    )
    fits(page, album, f"K6-choose-{count}")
    page.locator(f".shape[value='{count}']").tap()
    page.wait_for_function("() => !document.querySelector('.shape')")
    job = max(daemon.jobs(), key=lambda one: one.number)
    assert job.facts["chosen"] == count
    assert job.state is not State.HELD
    page.locator(".bottom .primary").tap()
    page.wait_for_url("**/kiosk")
