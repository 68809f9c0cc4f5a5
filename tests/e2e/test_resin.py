"""A photo becomes layers for a resin printer, in a folder that somebody prints from."""

import json
import zipfile
from pathlib import Path

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.bodies import box
from tests.peers.daemon import Daemon
from tests.photos import encoded, textured

pytestmark = [pytest.mark.peer("prusa-slicer"), pytest.mark.timeout(180)]


def with_card(folder: Path) -> dict[str, object]:
    folder.mkdir()
    resin = {"kind": "folder", "path": str(folder), "profile": "generic-resin"}
    return {"printers": {"p1": None, "sl1": resin}, "recipes": {"default": {"material": "resin"}}}


def test_a_photo_becomes_judged_layers_in_the_folder(open_daemon: Opener, tmp_path: Path) -> None:
    card = tmp_path / "card"
    daemon = open_daemon(with_card(card))

    daemon.put("mia.png", encoded(textured(64, 64), "PNG"))
    job = daemon.wait_for_job("mia.png", State.PRINTING)

    (handed,) = card.iterdir()
    assert handed.name == f"{job.print_name}.sl1"
    with zipfile.ZipFile(handed) as package:
        layers = [name for name in package.namelist() if name.endswith(".png")]
    gcode = job.facts["gcode"]
    assert len(layers) == gcode["layers"] == gcode["verdict"]["layers"]
    assert gcode["resin_ml"] > 0
    assert gcode["verdict"]["sha256"] == gcode["sha256"]
    assert "ml" in daemon.cli("show", job.number).stdout

    done = daemon.cli("resolve", job.number, "printed")
    assert done.returncode == 0, done.stderr
    daemon.wait_for_job("mia.png", State.PRINTED)


def test_layers_and_gcode_go_each_to_their_own_printer(open_daemon: Opener, tmp_path: Path) -> None:
    cards = {name: tmp_path / name for name in ("plastic", "resin")}
    for folder in cards.values():
        folder.mkdir()
    printers = {
        "p1": None,
        "plastic": {"kind": "folder", "path": str(cards["plastic"])},
        "resin": {"kind": "folder", "path": str(cards["resin"]), "profile": "generic-resin"},
    }
    daemon = open_daemon(
        {"printers": printers, "recipes": {"cast": {"material": "resin", "width_mm": 20}}}
    )

    daemon.put("a.png", encoded(textured(64, 64, 1), "PNG"))
    daemon.put("b.png", encoded(textured(64, 64, 2), "PNG"), folder="cast")
    daemon.wait_for_job("a.png", State.PRINTING)
    daemon.wait_for_job("b.png", State.PRINTING)

    endings = {name: [path.suffix for path in cards[name].iterdir()] for name in cards}
    assert endings == {"plastic": [".gcode"], "resin": [".sl1"]}


def test_a_model_is_sliced_for_resin_by_hand(tmp_path: Path) -> None:
    box(tmp_path / "m.stl", 20, 10, 1)
    daemon = Daemon(tmp_path / "here", with_card(tmp_path / "card"))
    out = tmp_path / "m.sl1"
    for printer in ("sl1", "generic-resin"):
        done = daemon.cli("slice", tmp_path / "m.stl", "--printer", printer, "-o", out)

        assert done.returncode == 0, done.stderr
        assert "0.2 ml" in done.stdout
        assert "20 layers" in done.stdout
        assert zipfile.is_zipfile(out)
        out.unlink()
    report = daemon.ask("slice", tmp_path / "m.stl", "--printer", "sl1", "-o", out)
    assert report["layers"] == 20
    judged = daemon.cli("lint", out, "--printer", "sl1", "--json")
    assert judged.returncode == 0, judged.stderr
    assert json.loads(judged.stdout)["ok"]


def test_a_file_that_is_cut_off_is_refused_by_lint(tmp_path: Path) -> None:
    (tmp_path / "x.sl1").write_bytes(b"PK\x03\x04" * 100)
    daemon = Daemon(tmp_path / "here", with_card(tmp_path / "card"))

    done = daemon.cli("lint", tmp_path / "x.sl1", "--printer", "sl1")

    assert done.returncode == 1
    assert "R1" in done.stdout


def test_a_virtual_printer_takes_no_layers_of_resin(tmp_path: Path) -> None:
    printers = {"p1": {"kind": "virtual", "profile": "generic-resin"}}
    daemon = Daemon(tmp_path / "here", {"printers": printers})

    done = daemon.cli("check")

    assert done.returncode == 78
    assert "printers.p1.profile" in done.stderr
    assert ".sl1" in done.stderr
    assert "Traceback" not in done.stderr
