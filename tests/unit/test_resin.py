"""Resin: what is typed, what its settings must say, which printers take it."""

import shutil
from pathlib import Path

import pytest

from printd.core.config import Config
from printd.core.errors import ConfigInvalid, GcodeRefused, ProfileInvalid, SlicerRefused
from printd.core.printer_config import FolderPrinterConfig, OctoPrintPrinterConfig
from printd.core.shipped import shipped
from printd.gcode import sl1
from printd.printers.folder import FolderPrinter
from printd.slicers import KINDS
from printd.slicers.base import Program
from printd.slicers.profiles import Profile, configured_profiles, load_profile
from printd.slicers.resin import ResinSlicer
from tests.peers import sl1_corpus as corpus

SLICER = ResinSlicer()
PROGRAM = Program("resin", Path("/usr/bin/prusa-slicer"), "2.9.2")


@pytest.fixture
def profile() -> Profile:
    return load_profile("generic-resin", [shipped("profiles")])


def changed(folder: Path, key: str, value: str) -> Path:
    """Return a copy of the shipped profile with one setting changed."""
    shutil.copytree(shipped("profiles") / "generic-resin", folder / "mine")
    file = folder / "mine/prusa-sla.ini"
    lines = [
        f"{key} = {value}" if line.startswith(f"{key} =") else line
        for line in file.read_text().splitlines()
    ]
    file.write_text("\n".join(lines) + "\n")
    return folder / "mine"


def test_it_asks_for_layers_in_the_middle_of_the_display(profile: Profile) -> None:
    folder = Path("/run")
    model, settings, out = folder / "in.obj", folder / "prusa-sla.ini", folder / "out.sl1"
    argv = SLICER.command(PROGRAM, model, settings, profile.machine, out)
    assert argv[argv.index("--center") + 1] == "60.48,34.02"
    assert "--export-sla" in argv
    assert "--export-gcode" not in argv
    assert argv[-3:] == ["--output", str(out), str(model)]


def test_its_last_layer_is_not_its_end() -> None:
    half = SLICER.progress(" 50% => Rasterizing layers")
    whole = SLICER.progress("100% => Slicing done")
    assert half is not None
    assert whole is not None
    assert half[1] == "Rasterizing layers"
    assert half[0] == whole[0] / 2 < 0.5
    assert whole[0] < 0.95
    assert SLICER.progress("Slicing result exported to x.sl1") is None


@pytest.mark.parametrize(
    "words",
    ["Exposition time is out of printer profile bounds.", "Elevation is too low for object."],
)
def test_a_wrong_setting_is_told_in_its_words(words: str) -> None:
    error = SLICER.explain(1, "", words)
    assert isinstance(error, SlicerRefused)
    assert words in error.problem
    assert "profile" in error.action


def test_supports_and_pads_reach_further_than_the_model(profile: Profile) -> None:
    settings = dict(profile.settings)
    assert SLICER.reach_mm(settings) == 0
    assert SLICER.reach_mm({**settings, "supports_enable": "1"}) > 4.4


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("display_pixels_x", "2561"),
        ("display_width", "121"),
        ("max_print_height", "160"),
        ("exposure_time", "121"),
        ("exposure_time", "8,soon"),
        ("min_exposure_time", "soon"),
        ("printer_technology", "FFF"),
    ],
)
def test_settings_for_another_machine_are_refused(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(ProfileInvalid, match=key):
        load_profile(changed(tmp_path, key, value))


def test_a_verdict_does_not_hold_for_another_display(profile: Profile, tmp_path: Path) -> None:
    folder = changed(tmp_path, "display_pixels_x", "5120")
    facts = folder / "printer.yaml"
    facts.write_text(facts.read_text().replace("[2560, 1440]", "[5120, 1440]"))
    assert load_profile(folder).machine.limits_hash != profile.machine.limits_hash


def test_a_folder_takes_layers_and_an_octoprint_does_not() -> None:
    assert FolderPrinterConfig.takes <= FolderPrinter.accepts
    resin = {"profile": "generic-resin"}
    printers = {
        "card": {"kind": "folder", "path": "card", **resin},
        "virtual": {"kind": "virtual", **resin},
        "octo": {"kind": "octoprint", "url": "http://octo", "key_file": "key", **resin},
    }
    config = Config.model_validate({"printers": printers})
    with pytest.raises(ConfigInvalid) as refused:
        configured_profiles(config, [shipped("profiles")])
    first, second = refused.value.problem.splitlines()
    assert "printers.virtual.profile: generic-resin makes .sl1 files" in first
    assert "a octoprint" not in second
    assert ".sl1" not in OctoPrintPrinterConfig.takes


def test_prusaslicer_is_named_once_for_plastic_and_resin() -> None:
    config = Config.model_validate({"slicers": {"prusa": {"program": "/opt/prusa-slicer"}}})
    assert config.slicer("resin").program == config.slicer("prusa").program
    assert KINDS["resin"].programs == KINDS["prusa"].programs
    assert config.slicer("orca").program is None


def test_what_cannot_be_drawn_is_refused_by_its_rule(profile: Profile, tmp_path: Path) -> None:
    dark = {corpus.number(index): corpus.drawn() for index in range(corpus.LAYERS)}
    file = tmp_path / "out.sl1"
    file.write_bytes(corpus.sl1(dark))
    examined = SLICER.examined(file, profile, PROGRAM)
    assert examined.verdict.refusals[0].rule == "R6"
    assert examined.pictures.layers is None
    assert examined.claims.is_whole
    assert "display_width is not known to PrusaSlicer 2.9" in examined.claims.not_as_asked


def test_what_a_file_was_made_with_is_read(tmp_path: Path) -> None:
    file = tmp_path / "print.sl1"
    file.write_bytes(corpus.sl1())
    assert sl1.settings_of(file) == corpus.SETTINGS
    file.write_bytes(b"G28\n" * 20)
    with pytest.raises(GcodeRefused, match=r"print\.sl1: it is no zip") as refused:
        sl1.settings_of(file)
    assert refused.value.action
