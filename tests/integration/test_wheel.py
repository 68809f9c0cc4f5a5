"""The wheel is whole: what the pages load is in it, although git ignores it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = Path("printd", "web", "static")


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What a wheel holds that is built here and now, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*pip, "wheel", "--quiet", *offline, "--wheel-dir", folder, ROOT],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("printd-*.whl")
    with zipfile.ZipFile(wheel) as opened:
        return set(opened.namelist())


def test_every_file_of_the_pages_is_in_it(names: set[str]) -> None:
    on_disk = {str(path.relative_to(ROOT)) for path in (ROOT / STATIC).rglob("*") if path.is_file()}

    assert str(STATIC / "vendor" / "three" / "three.core.js.gz") in on_disk
    assert on_disk - names == set()


def test_what_only_the_build_reads_is_not(names: set[str]) -> None:
    web = {Path(name).name for name in names if Path(name).parent == Path("printd", "web")}

    assert "server.py" in web
    assert web & {"package.json", "package-lock.json", ".npmrc", "icons.txt"} == set()
    assert "axe.js" not in {Path(name).name for name in names}
