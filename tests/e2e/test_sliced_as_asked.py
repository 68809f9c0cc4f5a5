"""What a recipe asks of the slicing, what a printer has loaded, and what was sliced before."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.bodies import box
from tests.peers.daemon import Daemon
from tests.peers.typed import typed
from tests.photos import encoded, textured

pytestmark = pytest.mark.peer("prusa-slicer")
SMALL = {"width_mm": 30, "settings": {"mesh_quality": 128}}


def gcode_of(daemon: Daemon, name: str) -> dict[str, Any]:
    with daemon.store() as store:
        job = next(job for job in store.jobs() if job.name == name)
        return dict(job.facts["gcode"])


def test_the_same_model_is_sliced_once_and_both_jobs_keep_their_file(open_daemon: Opener) -> None:
    daemon = open_daemon({"recipes": {"default": SMALL}, "drop": {"on_duplicate": "print"}})
    photo = encoded(textured(300, 200), "PNG")
    daemon.put("one.png", photo)
    daemon.wait_for_job("one.png", State.SLICED)
    daemon.stop()
    daemon.start()
    daemon.put("two.png", photo)
    daemon.wait_for_job("two.png", State.SLICED)

    one, two = gcode_of(daemon, "one.png"), gcode_of(daemon, "two.png")
    assert (one["made_before"], two["made_before"]) == (False, True)
    assert one["sha256"] == two["sha256"]
    assert len(list((daemon.data / "slices").iterdir())) == 1
    assert daemon.cli("cancel", "1").returncode == 0
    daemon.clear_bed()
    daemon.wait_for_job("two.png", State.PRINTED)


def test_a_recipe_is_laid_over_the_profile_and_named(open_daemon: Opener) -> None:
    recipes = {
        "default": {**SMALL, "quality": "draft", "infill_pct": 42, "brim_mm": 3},
        "lamp": {**SMALL, "preset": "lithophane"},
    }
    daemon = open_daemon({"recipes": recipes})
    photo = encoded(textured(300, 200), "PNG")
    daemon.put("plain.png", photo)
    daemon.put("lamp/lamp.png", photo)
    daemon.wait_for_job("plain.png", State.SLICED)
    daemon.wait_for_job("lamp.png", State.SLICED)

    plain, lamp = gcode_of(daemon, "plain.png"), gcode_of(daemon, "lamp.png")
    assert plain["quality"] == "draft"
    assert plain["asked"] == {"quality": "draft", "infill_pct": 42.0, "brim_mm": 3.0}
    assert lamp["quality"] == "lithophane"
    for name, density in (("plain.png", "42%"), ("lamp.png", "100%")):
        with daemon.store() as store:
            job = next(job for job in store.jobs() if job.name == name)
        text = (daemon.data / "jobs" / job.id / "print.gcode").read_text()
        assert f"; fill_density = {density}\n" in text


def test_a_job_waits_until_what_it_asks_for_is_loaded(open_daemon: Opener) -> None:
    daemon = open_daemon({"recipes": {"default": {**SMALL, "material": "PETG"}}})
    daemon.clear_bed()
    daemon.put("cat.png", encoded(textured(300, 200), "PNG"))
    daemon.wait_for_job("cat.png", State.SLICED)

    said = daemon.cli("show", "last").stdout
    assert "The recipe asks for PETG; p1 has PLA loaded." in said
    assert gcode_of(daemon, "cat.png")["material"] == "PETG"
    daemon.stop()
    daemon.write_config({"printers": {"p1": {"material": "PETG"}}})
    daemon.start()
    daemon.wait_for_job("cat.png", State.PRINTED)
    assert gcode_of(daemon, "cat.png")["verdict"]["max_nozzle_c"] > 230


def test_any_material_is_sliced_anew_for_what_is_loaded_now(open_daemon: Opener) -> None:
    daemon = open_daemon({"recipes": {"default": {**SMALL, "material": ""}}})
    daemon.put("cat.png", encoded(textured(300, 200), "PNG"))
    daemon.wait_for_job("cat.png", State.SLICED)
    assert gcode_of(daemon, "cat.png")["material"] == "PLA"
    daemon.stop()
    daemon.write_config({"printers": {"p1": {"material": "PETG"}}})
    daemon.start()
    daemon.clear_bed()
    daemon.wait_for_job("cat.png", State.PRINTED)
    assert gcode_of(daemon, "cat.png")["material"] == "PETG"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"printers": {"p1": {"material": "ABS"}}}, "printers.p1.material: 'ABS'"),
        ({"recipes": {"x": {"quality": "superb"}}}, "recipes.x.quality: 'superb'"),
        ({"recipes": {"x": {"infill_pct": 120}}}, "recipes.x.infill_pct"),
    ],
)
def test_what_no_profile_has_is_found_before_the_start(
    tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    daemon = Daemon(tmp_path / "d", settings)
    done = daemon.cli("check")
    assert done.returncode == 78
    assert said in done.stderr
    assert daemon.run_to_its_end().returncode == 78


def by_hand(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return typed(["slice", "m.stl", "--printer", "generic", *words], folder=folder)


def test_by_hand_the_same_can_be_asked(tmp_path: Path) -> None:
    box(tmp_path / "m.stl", 20, 20, 5)
    wishes = ["--material", "PETG", "--quality", "fine", "--supports", "auto", "--infill-pct", "30"]
    done = by_hand(tmp_path, "-o", "m.gcode", "--json", *wishes)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["material"], report["quality"]) == ("PETG", "fine")
    assert report["asked"] == {"quality": "fine", "supports": "auto", "infill_pct": 30.0}
    assert "; support_material = 1\n" in (tmp_path / "m.gcode").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "n.gcode", "--quality", "superb"], "quality: 'superb'"),
        (["-o", "n.gcode", "--layer-mm", "0.9"], "layer_mm: 0.9"),
        (["-o", "n.stl"], "Choose a name that ends in .gcode."),
        (["-o", "n.gcode.3mf"], "Choose a name that ends in .gcode."),
    ],
)
def test_by_hand_what_cannot_be_is_said(tmp_path: Path, words: list[str], said: str) -> None:
    box(tmp_path / "m.stl", 20, 20, 5)
    done = by_hand(tmp_path, *words)
    assert done.returncode == 64, done.stderr
    assert said in done.stderr
    assert not list(tmp_path.glob("n.*"))
