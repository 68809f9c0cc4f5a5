"""The shop of the demo: a folder of its own with a configuration, and nothing outside it.

Every printer is virtual, no service is asked: the addresses of the two that are named lead nowhere.
"""

from __future__ import annotations

import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from printd.core.errors import FolderUnusable
from printd.core.files import make_folder
from printd.web.problems import PortTaken

FIRST_LINE: Final = (
    "# The demo of printd: simulated printers only. Delete the folder to begin anew.\n"
)
CONFIG: Final = """\
data_dir: data
drop: {path: drop, settle_s: 1}
web: {port: %(port)d}
kiosk:
  enabled: true
  anywhere: true  # so that a picture may come from a file; only this machine reaches it
  title: Print your picture
  recipes: [default, light, coin]
  pick_up: the counter
  rules: [What you print is yours., Nothing dangerous and nobody without their leave.]
printers:
  window: {kind: virtual, profile: generic, speed: 60, colour: white}
  shelf: {kind: virtual, profile: prusa-mk3s, speed: 60, colour: white}
  workbench: {kind: virtual, profile: prusa-mk4, speed: 0.5, colour: black}  # prints for hours
  attic: {kind: virtual, profile: generic, speed: 60, colour: blue}
  corner: {kind: virtual, profile: voron-250, speed: 60, material: PETG, colour: black}
price: {per_gram: 0.10, per_hour: 0.50, minimum: 1, round_to: 0.10, currency: EUR}
recipes:
  default: {label: Relief, longest_mm: 50, settings: {mesh_quality: 128}}
  light:
    label: Light picture
    preset: lithophane
    longest_mm: 40
    settings: {mesh_quality: 128}
    price: {per_gram: 0.20, per_hour: 0.50, minimum: 3, round_to: 0.10, currency: EUR}
  coin:
    label: Coin
    preset: coin
    longest_mm: 30
    approval: always
    settings: {mesh_quality: 128}
  small: {label: Keepsake, longest_mm: 22, quality: draft, settings: {mesh_quality: 128}}
  bendy: {label: Bendy tag, longest_mm: 40, material: TPU, settings: {mesh_quality: 128}}
  figure: {label: Figure, mesher: paid, draft: relief, photo_check: show}
  at-home: {label: Figure made here, mesher: own-server, photo_check: show}
meshers:
  paid: {kind: meshy, key_file: paid.key, base_url: "http://127.0.0.1:9", local: true}
  own-server: {kind: hunyuan-server, base_url: "http://127.0.0.1:9"}
limits:
  free_mb: 200
  free_pct: 0
  poll_active_s: 1
  poll_idle_s: 1
  start_evidence_s: 5
log: {level: info}
"""
PORTS: Final = range(8321, 8341)  # the usual one first: a printd of yours may have it


@contextmanager
def demo_folder(named: Path | None) -> Iterator[Path]:
    """Prepare the folder of a demo; one that nobody has named is gone afterwards.

    Args:
        named: a folder that stays, and may hold an earlier demo.

    Raises:
        FolderUnusable: it holds something else, or cannot be written.
        PortTaken: there is none for its pages.
    """
    if named is not None:
        _prepare(named.absolute())
        yield named.absolute()
        return
    folder = Path(tempfile.mkdtemp(prefix="printd-demo-"))
    try:
        _prepare(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(folder: Path) -> None:
    config = folder / "config.yaml"
    try:
        if folder.exists() and any(folder.iterdir()) and not _is_ours(config):
            raise FolderUnusable(
                f"{folder} holds something that is not of the demo.",
                action="Name an empty folder, or none.",
            )
        make_folder(folder)
        config.write_text(FIRST_LINE + CONFIG % {"port": _free_port()}, encoding="utf-8")
        key = folder / "paid.key"
        key.touch(mode=0o600)
        key.write_text(secrets.token_hex(16), encoding="utf-8")  # of nothing
    except OSError as error:
        raise FolderUnusable(f"{folder} cannot be used: {error.strerror or error}.") from error


def _is_ours(config: Path) -> bool:
    try:
        return config.read_text(encoding="utf-8").startswith(FIRST_LINE)
    except (OSError, UnicodeDecodeError):
        return False


def _free_port() -> int:
    """Return a port that nobody listens on.

    Raises:
        PortTaken: all of ours are taken.
    """
    for port in PORTS:
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                line.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise PortTaken(f"The ports {PORTS[0]} to {PORTS[-1]} are all taken.")
