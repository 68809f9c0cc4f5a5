"""Placing the libraries of the pages: only when there is something to do, else one sentence."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB = Path("printd", "web")
SCRIPT = Path("scripts", "browser_files.py")
VENDOR = WEB / "static" / "vendor"
SOURCES = ("package.json", "package-lock.json", ".npmrc", "icons.txt")
FAILING_NPM = "#!/bin/sh\necho 'npm error network is down' >&2\nexit 1\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source tree with what the script reads, and what it has placed here."""
    for name in (SCRIPT, *(WEB / source for source in SOURCES)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / VENDOR, tmp_path / VENDOR)
    return tmp_path


def run(tree: Path, *words: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run it where no installed package is seen, so that no Node of PyPI is found."""
    return subprocess.run(
        [sys.executable, "-I", "-S", tree / SCRIPT, *words],
        env={"PATH": path or str(tree / "no-such-folder")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def test_with_everything_there_neither_npm_nor_network_is_needed(tree: Path) -> None:
    assert run(tree, "--is-current").returncode == 0
    assert run(tree).returncode == 0


@pytest.mark.parametrize("name", ["package-lock.json", "icons.txt"])
def test_a_changed_lock_or_list_asks_for_npm_in_one_sentence(tree: Path, name: str) -> None:
    (tree / WEB / name).write_text((tree / WEB / name).read_text() + "\n")
    assert run(tree, "--is-current").returncode == 1

    done = run(tree)

    assert done.returncode == 1
    assert done.stderr.startswith("The libraries of the pages come through npm")
    assert len(done.stderr.splitlines()) == 1
    assert (tree / VENDOR / "htmx.js").exists()  # what was there stays


def test_what_npm_says_is_said(tree: Path) -> None:
    (tree / VENDOR / ".stamp").unlink()
    for name in ("npm", "node"):
        program(tree / "bin", name, FAILING_NPM)

    done = run(tree, path=str(tree / "bin"))

    assert done.returncode == 1
    assert done.stderr.endswith("It said: npm error network is down\n")
    assert (tree / VENDOR / "htmx.js").exists()


def test_the_lock_names_each_hash_and_no_host() -> None:
    lock = json.loads((ROOT / WEB / "package-lock.json").read_text())
    wanted = json.loads((ROOT / WEB / "package.json").read_text())
    packages = {name: facts for name, facts in lock["packages"].items() if name}

    assert len(packages) > 10
    assert all(facts["integrity"].startswith("sha512-") for facts in packages.values())
    assert not any("resolved" in facts for facts in packages.values())
    versions = [*wanted["dependencies"].values(), *wanted["devDependencies"].values()]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
    assert not any("three" in name.split("/")[2:] for name in packages)  # one three for all
