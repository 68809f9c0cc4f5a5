"""Visits of a kiosk in a loop, and how much memory browser and daemon hold after each."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import CDPSession, Page, ViewportSize

from tests.peers.daemon import Daemon
from tests.photos import encoded, textured

WARM_SHARE: Final = 0.3  # of the visits, until everything that is loaded once has been
KIOSK: Final = {
    "kiosk": {"enabled": True, "anywhere": True},
    "recipes": {"default": {"width_mm": 30, "settings": {"mesh_quality": 128}}},
}
WINDOW: Final[ViewportSize] = {"width": 400, "height": 640}  # software draws it: small is soon done


@dataclass(frozen=True, slots=True)
class Size:
    """How much memory is held."""

    daemon_kb: int
    heap_bytes: int  # of scripts in the page, after rubbish was collected
    nodes: int  # of documents

    def grown_from(self, before: "Size") -> dict[str, float]:
        """Return by what share each has grown."""
        return {
            "daemon": self.daemon_kb / before.daemon_kb,
            "heap": self.heap_bytes / before.heap_bytes,
            "nodes": self.nodes / before.nodes,
        }


def visits(page: Page, daemon: Daemon, count: int, folder: Path) -> dict[str, float]:
    """Let so many visitors give a photo and walk away; return by what share memory has grown.

    Args:
        page: in a small window; the same for all.
        daemon: whose kiosk it is; no photo of a visit may be left in its data folder.
        count: of the visits.
        folder: for the photo.
    """
    photo = folder / "mia.jpg"
    photo.write_bytes(encoded(textured(400, 300), "JPEG"))
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    page.goto("/kiosk")
    sizes = [one_visit(page, daemon, devtools, photo) for _ in range(count)]
    warm = int(count * WARM_SHARE)
    first, last = middle(sizes[warm : warm + 5]), middle(sizes[-5:])
    print(f"{count} visits: {first} to {last}")  # noqa: T201  figures to read
    return last.grown_from(first)


def one_visit(page: Page, daemon: Daemon, devtools: CDPSession, photo: Path) -> Size:
    page.locator("#begin").tap()
    page.wait_for_url("**/kiosk/make")
    page.locator(".tile[value=default]").tap()
    page.wait_for_url("**/kiosk/photo")
    page.set_input_files("#file", photo)
    page.wait_for_url("**/kiosk/crop")
    page.wait_for_selector("cropper-selection")
    page.locator(".bottom .primary").tap()
    page.wait_for_url("**/kiosk/look")
    page.wait_for_function("() => +document.body.dataset.frame > 0")
    page.locator("#over button").tap()
    page.wait_for_url("**/kiosk")
    assert left(daemon) == []
    return measured(daemon, devtools)


def measured(daemon: Daemon, devtools: CDPSession) -> Size:
    devtools.send("HeapProfiler.collectGarbage")
    said = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    assert daemon.program is not None
    status = Path(f"/proc/{daemon.program.pid}/status").read_text()
    (held,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return Size(int(held.split()[1]), int(said["JSHeapUsedSize"]), int(said["Nodes"]))


def middle(sizes: list[Size]) -> Size:
    """Return the median of each."""
    at = len(sizes) // 2
    return Size(
        sorted(one.daemon_kb for one in sizes)[at],
        sorted(one.heap_bytes for one in sizes)[at],
        sorted(one.nodes for one in sizes)[at],
    )


def left(daemon: Daemon) -> list[str]:
    """Return what of photos lies in the data folder."""
    folders = (daemon.data / name for name in ("drafts", "incoming"))
    return [one.name for folder in folders if folder.exists() for one in folder.iterdir()]
