"""The libraries that other people wrote: they load together, offline, under the pages' policy."""

import base64
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page

WEB: Final = Path(__file__).parents[2] / "printd" / "web"
VENDOR: Final = WEB / "static" / "vendor"
NONCE: Final = "n0"
POLICY: Final = (
    f"default-src 'none'; script-src 'self' 'nonce-{NONCE}'; style-src 'self';"
    " img-src 'self' blob: data:; connect-src 'self'"
)
IMPORTS: Final = """{"imports": {
    "three": "./vendor/three/three.module.js",
    "three/addons/": "./vendor/three/addons/",
    "gcode-preview": "./vendor/gcode-preview.js",
    "lil-gui": "./vendor/lil-gui.js",
    "cropperjs": "./vendor/cropper.js"
}}"""
PAGE: Final = f"""<!doctype html><html lang="en"><title>libraries</title>
<link rel="icon" href="data:,"><script type="importmap" nonce="{NONCE}">{IMPORTS}</script>
<script src="vendor/htmx.js" defer></script>
<canvas width="400" height="300"></canvas>
<svg width="48" height="48"><use href="vendor/icons.svg#printer"></use></svg>
<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='80' height='60'/>">
</html>"""
SQUARES: Final = "\n".join(
    f"G1 Z{z} F600\nG1 X0 Y0\nG1 X40 Y0 E1\nG1 X40 Y40 E2\nG1 X0 Y40 E3\nG1 X0 Y0 E4\nG92 E0"
    for z in range(1, 10)
)
DRAW_PATHS: Final = """async gcode => {
    const { WebGLPreview } = await import("gcode-preview");
    const canvas = document.querySelector("canvas");
    const preview = new WebGLPreview({
        canvas, buildVolume: { x: 60, y: 60, z: 60 }, extrusionColor: "#ff3000",
    });
    preview.processGCode(gcode);
    preview.render();
    return preview.layers.length;
}"""
DRAW_SHAPE: Final = """async () => {
    const three = await import("three");
    const { STLLoader } = await import("three/addons/loaders/STLLoader.js");
    const { OrbitControls } = await import("three/addons/controls/OrbitControls.js");
    const canvas = document.querySelector("canvas");
    const renderer = new three.WebGLRenderer({ canvas, preserveDrawingBuffer: true });
    const camera = new three.PerspectiveCamera(45, 4 / 3, 0.1, 100);
    camera.position.set(0, 0, 3);
    new OrbitControls(camera, canvas).update();
    const corners = [[-1, -1], [1, -1], [0, 1]].map(([x, y]) => `vertex ${x} ${y} 0`).join("\\n");
    const facet = `facet normal 0 0 1\\nouter loop\\n${corners}\\nendloop\\nendfacet`;
    const geometry = new STLLoader().parse(`solid a\\n${facet}\\nendsolid a`);
    const scene = new three.Scene();
    scene.add(new three.Mesh(geometry, new three.MeshBasicMaterial({ color: 0xff3000 })));
    renderer.render(scene, camera);
    return three.REVISION;
}"""
# Share of the picture's pixels that are about the colour of the drawn thing.
RED_SHARE: Final = """async png => {
    const image = new Image();
    image.src = "data:image/png;base64," + png;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let red = 0;
    for (let i = 0; i < data.length; i += 4)
        red += data[i] > 120 && data[i] > 2 * data[i + 1] && data[i] > 2 * data[i + 2];
    return red / (data.length / 4);
}"""


class Handler(SimpleHTTPRequestHandler):
    """The placed files, and one page that loads them."""

    def do_GET(self) -> None:
        """Answer with the page, or a file of ``static/``."""
        if self.path != "/":
            return super().do_GET()
        content = PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        return None

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    if not VENDOR.is_dir():
        pytest.fail("the libraries of the pages are missing: scripts/setup test")
    handler = partial(Handler, directory=str(VENDOR.parent))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def opened(page: Page) -> Page:
    page.goto("/")
    return page


def red_share(page: Page, what: str = "canvas") -> float:
    png = page.locator(what).screenshot()
    share: float = page.evaluate(RED_SHARE, base64.b64encode(png).decode())
    return share


def test_a_shape_is_read_and_drawn(opened: Page) -> None:
    assert opened.evaluate(DRAW_SHAPE) == "187"
    assert red_share(opened) > 0.1


def test_a_toolpath_is_drawn_with_the_same_three(opened: Page) -> None:
    assert opened.evaluate(DRAW_PATHS, SQUARES) >= 9
    assert red_share(opened) > 0.005


def test_a_crop_frame_is_laid_over_a_picture(opened: Page) -> None:
    opened.evaluate(
        "async () => { const { default: Cropper } = await import('cropperjs');"
        " new Cropper(document.querySelector('img')); }"
    )
    opened.wait_for_selector("cropper-canvas cropper-selection", state="attached")
    assert opened.locator("cropper-canvas").bounding_box()


def test_htmx_is_there(opened: Page) -> None:
    assert opened.evaluate("htmx.version") == "4.0.1"


def test_the_sprite_has_every_listed_icon(opened: Page) -> None:
    names = (WEB / "icons.txt").read_text().split()
    ids = opened.evaluate(
        "async () => { const text = await (await fetch('vendor/icons.svg')).text();"
        " const sprite = new DOMParser().parseFromString(text, 'image/svg+xml');"
        " return [...sprite.querySelectorAll('symbol')].map(symbol => symbol.id); }"
    )
    assert sorted(ids) == sorted(names)
    box = opened.locator("svg use").bounding_box()
    assert box is not None
    assert box["width"] > 30  # of 48: the drawing is there


def test_every_package_brings_its_licence() -> None:
    licences = {path.name for path in (VENDOR / "licenses").iterdir()}
    assert licences == {
        f"{name}.txt"
        for name in ("cropperjs", "gcode-preview", "htmx.org", "lil-gui", "lucide-static", "three")
    }
    assert all(path.stat().st_size > 500 for path in (VENDOR / "licenses").iterdir())


def test_what_is_sent_compressed_is_small() -> None:
    def compressed_kb(*names: str) -> float:
        return sum((VENDOR / f"{name}.gz").stat().st_size for name in names) / 1000

    three = [str(path.relative_to(VENDOR)) for path in (VENDOR / "three").rglob("*.js")]
    assert compressed_kb("htmx.js", "icons.svg") < 30  # operator pages without 3D
    assert compressed_kb("cropper.js", "icons.svg", *three) < 250  # the kiosk
