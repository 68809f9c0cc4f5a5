"""What tests look at a page with: rules of accessibility, and pictures in the sizes it has."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page

AXE: Final = Path(__file__).parent / "vendor" / "axe.js"
# Width and height in CSS pixels: kiosk upright and across, small kiosk, phone.
SIZES: Final = ((800, 1280), (1280, 800), (1024, 600), (390, 844))
RULES: Final = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
}
_SETTLED: Final = """async () => {
    await document.fonts.ready;
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


def axe(page: Page, within: str | None = None) -> list[str]:
    """Return one line for each element that breaks a rule of accessibility.

    Args:
        page: as it is shown now; run it again in each state that looks otherwise.
        within: a CSS selector, to look at a part only.
    """
    if not AXE.exists():
        pytest.fail("axe-core is missing: scripts/setup test")
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(f"{AXE.read_text()}; 0")  # no script tag: the page's policy forbids one
    found: dict[str, Any] = page.evaluate(
        "([within, rules]) => axe.run(within || document, rules)", [within, RULES]
    )
    return [
        f"{broken['id']}: {broken['help']}: {node['html'][:200]} {node['failureSummary']}"
        for broken in found["violations"]
        for node in broken["nodes"]
    ]


def settle(page: Page) -> None:
    """Wait until fonts are there and the page has been drawn."""
    page.evaluate(_SETTLED)


class Screens:
    """Writes pictures of pages into a folder (``--screens DIR``): ``NAME-WIDTHxHEIGHT.png``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self,
        page: Page,
        name: str,
        sizes: Sequence[tuple[int, int]] = SIZES,
        *,
        full_page: bool = False,
    ) -> list[Path]:
        """Take one picture per size; the page has its size of before afterwards."""
        self.folder.mkdir(parents=True, exist_ok=True)
        before = page.viewport_size
        taken = []
        for width, height in sizes:
            page.set_viewport_size({"width": width, "height": height})
            settle(page)
            picture = self.folder / f"{name}-{width}x{height}.png"
            page.screenshot(path=picture, full_page=full_page)
            taken.append(picture)
        if before is not None:
            page.set_viewport_size(before)
        return taken
