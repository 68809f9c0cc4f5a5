"""The page Make: every setting of a relief is there, with what recipes and presets mean."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from printd.core.filaments import COLOURS
from printd.core.relief_settings import ReliefSettings
from printd.web.keys import Scope
from printd.web.logins import COOKIE, Logins
from tests.peers.api import Api, served
from tests.peers.no_tls import NO_TLS

STATIC = Path(__file__).parents[2] / "printd" / "web" / "static"
MESHERS = {"clay": {"kind": "hunyuan-server", "base_url": "http://127.0.0.1:1"}}
RECIPES = {
    "default": {"width_mm": 80},
    "keychain": {
        "preset": "logo",
        "longest_mm": 40,
        "label": "<Key> chain",
        "colour": "red",
        "may_change": ["name", "relief_mm"],
    },
    "figure": {"mesher": "clay"},
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("make")
    with served(folder, meshers=MESHERS, recipes=RECIPES, presets={"room": {"holes": 2}}) as api:
        yield api


def page_of(api: Api, scope: Scope = Scope.OPERATE, language: str = "en") -> httpx.Response:
    word = Logins(api.store.database).begin(f"maker-{scope}", scope)
    with httpx.Client(base_url=api.server.url, cookies={COOKIE: word}, verify=NO_TLS) as client:
        headers = {"Accept": "text/html", "Accept-Language": language}
        return client.get("/make", headers=headers, follow_redirects=True)


def known_of(page: str) -> dict[str, Any]:
    found = re.search(r'data-known="([^"]*)"', page)
    assert found, page
    known: dict[str, Any] = json.loads(html.unescape(found.group(1)))
    return known


def test_every_setting_has_its_control(api: Api) -> None:
    page = page_of(api).text
    controls = set(re.findall(r'data-setting="(\w+)"', page))
    # Shares of the longest side, and the width, are shown in millimetres by their counterparts.
    elsewhere = {"crop", "width_mm", "depth_intensity", "base_thickness", "rim_width"}
    assert controls == set(ReliefSettings.model_fields) - elsewhere
    assert 'id="crop"' in page


def test_what_the_page_knows_is_what_the_server_means(api: Api) -> None:
    page = page_of(api).text
    known = known_of(page)
    assert known["defaults"] == ReliefSettings().model_dump(mode="json")
    assert known["ranges"]["smoothing_px"] == [0, 20]
    assert known["presets"]["room"] == {"holes": 2}
    assert known["presets"]["logo"]["flat_artwork"] == "yes"
    assert set(known["recipes"]) == {"default", "keychain"}  # a service's shape is not seen before
    assert known["recipes"]["keychain"]["settings"] == {"longest_mm": 40}
    assert known["bed_mm"][0] > 100
    assert "&lt;Key&gt; chain" in page


def test_it_speaks_german(api: Api) -> None:
    page = page_of(api, language="de").text
    assert "Höhe des Reliefs" in page
    assert "Height of the relief" not in page


def test_who_may_only_hand_in_changes_what_a_recipe_lets_them(api: Api) -> None:
    page = page_of(api, Scope.SUBMIT).text
    recipes = known_of(page)["recipes"]
    assert (recipes["default"]["may"], recipes["keychain"]["may"]) == (None, ["name", "relief_mm"])
    assert 'id="save-preset"' not in page
    recipes = known_of(page_of(api).text)["recipes"]
    assert recipes["keychain"]["may"] is None


def test_every_colour_of_filament_can_be_drawn() -> None:
    text = (STATIC / "js" / "relief" / "materials.js").read_text()
    table = text[text.index("COLOURS = {") : text.index("};")]
    assert set(re.findall(r"^  (\w+):", table, re.MULTILINE)) == set(COLOURS)
