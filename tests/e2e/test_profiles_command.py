"""``printd profiles`` as a person types it: what is there, is it sound, one of one's own."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from printd.core.shipped import shipped
from tests.peers.daemon import PRINTD
from tests.peers.typed import typed

SHIPPED = shipped("profiles")
BUNDLE = """
[printer:Mine]
bed_shape = 0x0,200x0,200x180,0x180
gcode_flavor = marlin
nozzle_diameter = 0.4
max_print_height = 190
start_gcode = G28\\nG1 Z5 F600\\nM190 S[first_layer_bed_temperature]\\n{extra}
end_gcode = M104 S0\\nM140 S0
printer_notes = of my own
[print:fine]
layer_height = 0.15
first_layer_height = 0.2
fill_pattern = grid
post_process = /bin/sh -c reboot
key_of_the_future = 1
[filament:PLA]
filament_diameter = 1.75
temperature = 205
first_layer_temperature = 210
bed_temperature = 60
first_layer_bed_temperature = 60
"""


def profiles(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    config = str(folder / "config.yaml")
    return typed(["profiles", *map(str, words), "--config", config], folder=folder)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text("data_dir: data\n")
    (tmp_path / "Mine.ini").write_text(BUNDLE.replace("{extra}", "M106 S0"))
    return tmp_path


def test_the_list_tells_what_there_is_and_what_is_missing(shop: Path) -> None:
    shutil.copytree(SHIPPED / "generic", shop / "profiles/mine")
    (shop / "profiles/broken").mkdir()
    (shop / "profiles/broken/printer.yaml").write_text("kind: prusa\n")
    listed = profiles(shop)
    assert listed.returncode == 0, listed.stderr
    lines = {line.split()[0]: line for line in listed.stdout.splitlines()}
    assert "shipped" in lines["generic"]
    assert "220 x 220 x 250 mm" in lines["generic"]
    assert "PLA, PETG, TPU, white PLA" in lines["generic"]
    assert "own" in lines["mine"]
    assert lines["bambu-a1"].endswith("needs import of your own OrcaSlicer or Bambu Studio preset")
    assert lines["bambu-a1-prusa"].endswith(", an experiment")
    assert "Field required" in lines["broken"]


def test_the_list_is_there_for_programs_too(shop: Path) -> None:
    rows = {row["name"]: row for row in json.loads(profiles(shop, "list", "--json").stdout)}
    assert rows["prusa-mk4"]["bed_mm"] == [250, 210, 220]
    assert rows["prusa-mk4"]["qualities"] == ["standard", "draft", "fine", "lithophane"]
    assert rows["bambu-x1c"]["trouble"] == "needs import"
    assert rows["bambu-x1c-prusa"]["experiment"].endswith("OrcaSlicer and Bambu Studio write.")
    assert rows["generic"]["experiment"] is None
    assert (rows["generic-resin"]["kind"], rows["generic-resin"]["nozzle_mm"]) == ("resin", None)


@pytest.mark.peer("prusa-slicer")
def test_a_sound_profile_is_called_so_and_a_key_that_is_none_is_named(shop: Path) -> None:
    mine = shutil.copytree(SHIPPED / "generic", shop / "profiles/mine")
    with (mine / "prusa.ini").open("a") as stream:
        stream.write("layer_hight = 0.2\n")
    checked = profiles(shop, "check", "generic", "mine", "bambu-a1")
    assert checked.returncode == 1
    sound, wrong, facts = checked.stdout.splitlines()
    assert "a cube is sliced and safe" in sound
    assert "does not know layer_hight" in wrong
    assert facts.startswith("fail")
    assert "printd profiles import PRESET.json --name bambu-a1" in facts


@pytest.mark.peer("prusa-slicer")
def test_facts_alone_are_no_fault_of_a_check_of_everything(shop: Path) -> None:
    checked = profiles(shop, "check", "--json")
    found = json.loads(checked.stdout)
    verdicts = {each["name"]: each["verdict"] for each in found}
    assert checked.returncode == 0, checked.stdout
    waits = {
        each["name"] for each in found if "each print waits for `printd release`" in each["fact"]
    }
    assert waits == {f"bambu-{model}-prusa" for model in ("a1-mini", "a1", "p1s", "x1c")}
    assert verdicts["bambu-a1"] == "warn"
    assert {verdicts[name] for name in ("generic", "prusa-mk3s", "voron-250", "generic-resin")} == {
        "ok"
    }


@pytest.mark.peer("prusa-slicer")
def test_an_imported_bundle_is_a_profile_like_any_other(shop: Path) -> None:
    done = profiles(shop, "import", "Mine.ini", "--name", "mine")
    assert done.returncode == 0, done.stderr
    assert "post_process = /bin/sh -c reboot was taken out" in done.stderr
    assert "does not know key_of_the_future" in done.stderr
    assert "a cube is sliced and safe" in done.stdout
    checked = profiles(shop, "check", "mine")
    assert checked.returncode == 0, checked.stdout
    again = profiles(shop, "import", "Mine.ini", "--name", "mine")
    assert again.returncode == 1
    assert "is there already" in again.stderr


@pytest.mark.peer("prusa-slicer")
def test_a_start_that_breaks_a_rule_is_not_imported_until_a_person_allows_it(shop: Path) -> None:
    (shop / "Mine.ini").write_text(BUNDLE.replace("{extra}", "G34 ; my own"))
    refused = profiles(shop, "import", "Mine.ini", "--name", "mine")
    assert refused.returncode == 1
    assert "G34" in refused.stderr
    assert not (shop / "profiles/mine").exists()
    allowed = profiles(shop, "import", "Mine.ini", "--name", "mine", "--allow", "G34")
    assert allowed.returncode == 0, allowed.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[include:/etc/passwd]\n", "is in no such bundle"),
        (b"GCDE\x01\x00", "binary G-code"),
        (b"layer_height = 0.2\n", "does not say"),
        (b'{"inherits": "x"}', "is no preset"),
    ],
)
def test_what_is_no_settings_is_refused_with_a_sentence(
    shop: Path, content: bytes, said: str
) -> None:
    (shop / "x.ini").write_bytes(content)
    refused = profiles(shop, "import", "x.ini", "--name", "x")
    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (shop / "profiles").exists() or not list((shop / "profiles").iterdir())


def test_without_a_configuration_there_is_no_place_for_a_profile(tmp_path: Path) -> None:
    done = subprocess.run(
        [PRINTD, "profiles", "import", "x.ini", "--name", "x"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"HOME": str(tmp_path)},
    )
    assert done.returncode == 66
    assert "no configuration file" in done.stderr
