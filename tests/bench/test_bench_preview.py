"""How quickly a screen follows a slider, over HTTP of the real daemon; how good estimates are.

The browser's own part is measured with the pages. Another process slices meanwhile in one of the
rounds: what somebody looks at does not wait behind it.
"""

import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
import pytest
from PIL import Image

from printd.core.relief_presets import PRESETS
from printd.core.relief_settings import ReliefSettings
from printd.geometry.pieces import piece_of, write_piece
from printd.meshers.preview import shaped
from tests.bench.figures import pace, sliced
from tests.e2e.conftest import ended
from tests.integration.test_preview_agrees import photo_in, wanted_for
from tests.looks import PHOTOS
from tests.peers.api import at_home
from tests.peers.daemon import SERVED, Daemon
from tests.photos import encoded

FILTER_MS: Final = 150.0  # p95, slider to picture, the browser's part among it
ROUNDS: Final = 40
# What a person draws, and how: many small steps of one setting.
SLIDERS: Mapping[str, tuple[Mapping[str, Any], str, tuple[float, float]]] = {
    "portrait, smoothing": ({"preset": "portrait"}, "smoothing_px", (0, 8)),
    "pet, fine detail": ({"preset": "pet"}, "enhance_details", (0, 1)),
    "coin, smoothing": ({"preset": "coin"}, "smoothing_px", (0, 8)),
    "lithophane, smoothing": ({"preset": "lithophane"}, "smoothing_px", (0, 4)),
    "logo, cut off": ({"preset": "logo"}, "depth_cutoff_pct", (0, 60)),
    "mould, draft": ({"preset": "mould"}, "draft_deg", (0, 20)),
    "portrait, noise": ({"preset": "portrait"}, "noise_reduction", (2, 50)),
    "lithophane, noise": ({"preset": "lithophane"}, "noise_reduction", (2, 50)),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        ended(Daemon(tmp_path_factory.mktemp("bench") / "d", SERVED)) as daemon,
        at_home(daemon.data) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def draft(home: httpx.Client) -> str:
    photo = encoded(Image.open(PHOTOS["astronaut"]).resize((3000, 3000)), "JPEG", quality=90)
    answer = home.post("/drafts", files={"file": ("me.jpg", photo)})
    return str(answer.json()["id"])


def asked(home: httpx.Client, draft: str, query: Mapping[str, Any]) -> float:
    """Return how long an answer took, in milliseconds."""
    began_s = time.perf_counter()
    answer = home.get(f"/drafts/{draft}/heights", params={"mesh_quality": 512, **query})
    assert answer.status_code == 200, answer.text
    return (time.perf_counter() - began_s) * 1000


def told(what: str, found_ms: list[float]) -> float:
    p50, p95 = statistics.median(found_ms), statistics.quantiles(found_ms, n=20)[-1]
    print(f"{what:28} median {p50:5.0f} ms, p95 {p95:5.0f} ms, at most {max(found_ms):5.0f} ms")
    return p95


@pytest.mark.parametrize("what", SLIDERS)
def test_a_filter_is_followed(home: httpx.Client, draft: str, what: str) -> None:
    query, name, (low, high) = SLIDERS[what]
    first_ms = asked(home, draft, query)
    steps = np.linspace(low, high, ROUNDS).round(3).tolist()
    p95 = told(what, [asked(home, draft, {**query, name: value}) for value in steps])
    print(f"{'':28} the first of all {first_ms:.0f} ms")
    assert p95 <= FILTER_MS * pace()


def test_nothing_waits_behind_slices(home: httpx.Client, draft: str, tmp_path: Path) -> None:
    settings = ReliefSettings.of(PRESETS["large"], {"width_mm": 150})
    made = shaped(wanted_for(photo_in(tmp_path, "chelsea"), settings))
    model = tmp_path / "m.stl"
    write_piece(piece_of(made.surface, settings, made.size), None, model)
    command = [
        "nice",
        "prusa-slicer",
        "--export-gcode",
        "--output",
        str(tmp_path / "o"),
        str(model),
    ]
    slicing = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(2)
    ]
    try:
        values = np.linspace(0, 8, ROUNDS).round(3).tolist()
        found = [asked(home, draft, {"preset": "portrait", "smoothing_px": one}) for one in values]
    finally:
        for one in slicing:
            one.kill()
            one.wait()
    assert told("beside two slicers", found) <= FILTER_MS * pace()


@pytest.mark.peer("prusa-slicer")
@pytest.mark.parametrize(
    ("preset", "more"),
    [
        ("portrait", {"width_mm": 70}),
        ("coin", {"width_mm": 45}),
        ("building", {"width_mm": 90}),
        ("lithophane", {"width_mm": 60}),
    ],
)
def test_estimates_lie_in_their_range(
    home: httpx.Client, draft: str, tmp_path: Path, preset: str, more: dict[str, Any]
) -> None:
    query = {"preset": preset, "mesh_quality": 512, **more}
    said = home.get(f"/drafts/{draft}/figures", params=query).json()
    settings = ReliefSettings.of(PRESETS[preset], {**more, "mesh_quality": 512})
    made = shaped(wanted_for(photo_in(tmp_path, "astronaut"), settings))
    model = tmp_path / "m.stl"
    write_piece(piece_of(made.surface, settings, made.size), None, model)
    found = sliced(model)
    grams = found["filament_mm"] * np.pi * (1.75 / 2) ** 2 / 1000 * 1.24
    print(
        f"{preset:12} sliced {grams:5.1f} g, {found['print_s']:6.0f} s; said about "
        f"{said['grams']['about']:5.1f} g, {said['seconds']['about']:6.0f} s"
    )
    assert said["grams"]["least"] <= grams <= said["grams"]["most"]
    assert said["seconds"]["least"] <= found["print_s"] <= said["seconds"]["most"]
