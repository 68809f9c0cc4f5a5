"""How quickly a screen follows a slider, over HTTP of the real daemon; how good estimates are.

What is held to a limit is the processor's time of the child, its imports and the fork not counted;
what a client waits is shown beside it, on a machine that may have other things to do. The browser's
own part is measured with the pages.
"""

import re
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
from printd.meshers.preview.shaped import shaped
from tests.bench.figures import pace, sliced
from tests.e2e.conftest import ended
from tests.integration.test_preview_agrees import photo_in, wanted_for
from tests.looks import PHOTOS
from tests.peers.api import at_home
from tests.peers.daemon import SERVED, Daemon
from tests.photos import encoded

CHILD_MS: Final = 100.0  # p95; of 150 ms from slider to picture, the rest is for all others
NOISE_MS: Final = 150.0  # the same where the noise changes, which costs most when there is little
BESIDE_MS: Final = 400.0  # at the median, while two slicers have the processors
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


def asked(home: httpx.Client, draft: str, query: Mapping[str, Any]) -> tuple[float, float]:
    """Return how long an answer took and what the child worked for it, in milliseconds."""
    began_s = time.perf_counter()
    answer = home.get(f"/drafts/{draft}/heights", params={"mesh_quality": 512, **query})
    took_ms = (time.perf_counter() - began_s) * 1000
    assert answer.status_code == 200, answer.text
    worked = re.search(r"cpu;dur=([\d.]+)", answer.headers["server-timing"])
    assert worked is not None
    return took_ms, float(worked[1])


def told(what: str, found: list[tuple[float, float]]) -> tuple[float, float]:
    """Say it; return the median of what was waited, and the 95th percentile of what was worked."""
    took, worked = zip(*found, strict=True)
    waited_ms, worked_ms = statistics.median(took), statistics.quantiles(worked, n=20)[-1]
    print(
        f"{what:24} worked {statistics.median(worked):5.0f} ms, p95 {worked_ms:5.0f} ms;"
        f" waited {waited_ms:5.0f} ms, p95 {statistics.quantiles(took, n=20)[-1]:5.0f} ms"
    )
    return waited_ms, worked_ms


@pytest.mark.parametrize("what", SLIDERS)
def test_a_filter_is_followed(home: httpx.Client, draft: str, what: str) -> None:
    query, name, (low, high) = SLIDERS[what]
    first_ms, _ = asked(home, draft, query)
    steps = np.linspace(low, high, ROUNDS).round(3).tolist()
    _, p95_ms = told(what, [asked(home, draft, {**query, name: value}) for value in steps])
    print(f"{'':24} the first of all {first_ms:.0f} ms")
    assert p95_ms <= (NOISE_MS if name == "noise_reduction" else CHILD_MS) * pace()


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
    waited_ms, _ = told("beside two slicers", found)
    assert waited_ms <= BESIDE_MS * pace()


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
