"""A daemon with a kiosk of its own for each file, and a browser whose camera shows a pattern."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Playwright

from tests.browser.conftest import SHOP
from tests.browser.kiosk.screens import Album
from tests.e2e.conftest import ended
from tests.peers.chromium import FLAGS, PROGRAM
from tests.peers.daemon import Daemon, merged
from tests.peers.ports import free_port
from tests.photos import encoded, textured

CAMERA: Final = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


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
            "usb": "media",
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
    (folder / "media").mkdir()
    for number in range(14):
        picture = encoded(textured(400, 300, number), "JPEG")
        (folder / "media" / f"{number}.jpg").write_bytes(picture)
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


@pytest.fixture
def album(request: pytest.FixtureRequest) -> Album:
    return Album(request.config.getoption("--screens"))
