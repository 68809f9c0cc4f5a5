"""Somebody's settings become a profile of ours: complete, harmless, or refused with a sentence."""

from pathlib import Path

import pytest
import yaml

from printd.core.errors import NoSuchFile, NotPossibleNow, ProfileInvalid, SettingInvalid
from printd.core.shipped import shipped
from printd.slicers.imports import Choice, Imported, imported, place, without
from printd.slicers.profiles import load_profile
from printd.slicers.prusa_ini import REQUIRED, read_ini
from printd.slicers.vendor_bundle import flat, read_bundle
from printd.slicers.washing import ASKED, DEFAULTS, FIXED, washed

GENERIC = read_ini((shipped("profiles") / "generic/prusa.ini").read_text(), "generic")
LEAST = {key: GENERIC[key] for key in ASKED}


def ini(folder: Path, settings: dict[str, str], name: str = "mine.ini") -> Path:
    file = folder / name
    file.write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
    return file


def settings_of(new: Imported) -> dict[str, str]:
    return read_ini(new.documents["prusa.ini"], "prusa.ini")


BUNDLE = """
# a bundle as vendors write it
[vendor]
name = Mine
config_version = 1.0

[printer_model:M1]
variants = 0.4

[printer:*common*]
printer_technology = FFF
bed_shape = 0x0,200x0,200x180,0x180
gcode_flavor = marlin
nozzle_diameter = 0.4
max_print_height = 190
start_gcode = M115 U3.9 ; newer?\\nG28\\nM109 S[first_layer_temperature]
end_gcode = M104 S0
host_type = octoprint
printhost_apikey = secret

[printer:*tall*]
max_print_height = 300
retract_lift = 0.4

[printer:Mine]
inherits = *common*; *tall*
retract_lift = 0.1
default_print_profile = "0.2 mm"
default_filament_profile = "PLA; or another"

[printer:Other]
inherits = *common*

[print:*p*]
layer_height = 0.3
perimeters = 2

[print:0.2 mm]
inherits = *p*
layer_height = 0.2
compatible_printers_condition = nozzle_diameter[0]==0.4
post_process = /bin/sh -c reboot

[filament:PLA]
filament_diameter = 1.75
filament_type = PLA
temperature = 205
first_layer_temperature = 210
bed_temperature = 60
first_layer_bed_temperature = 60
filament_cost = 30
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    file = tmp_path / "Mine.ini"
    file.write_text(BUNDLE)
    return file


# A bundle.


def test_later_parents_win_and_a_presets_own_keys_over_all(bundle: Path) -> None:
    settings = settings_of(imported(bundle, Choice(printer="Mine")))
    assert settings["max_print_height"] == "300"
    assert settings["retract_lift"] == "0.1"
    assert settings["layer_height"] == "0.2"
    assert settings["perimeters"] == "2"


def test_a_printer_names_the_print_and_the_filament(bundle: Path) -> None:
    assert settings_of(imported(bundle, Choice(printer="Mine")))["filament_cost"] == "30"
    with pytest.raises(SettingInvalid, match="no print '9 mm'"):
        imported(bundle, Choice(printer="Mine", print="9 mm"))


def test_of_several_printers_one_must_be_named(bundle: Path) -> None:
    with pytest.raises(SettingInvalid, match="there are: Mine; Other"):
        imported(bundle, Choice())
    with pytest.raises(SettingInvalid, match="no printer 'Mime'; there are: Mine"):
        imported(bundle, Choice(printer="Mime"))


def test_what_would_run_a_program_is_taken_out_and_said(bundle: Path) -> None:
    new = imported(bundle, Choice(printer="Mine"))
    assert settings_of(new)["post_process"] == ""
    assert any("post_process = /bin/sh -c reboot was taken out" in note for note in new.notes)


def test_what_belongs_to_presets_and_networks_is_taken_out(bundle: Path) -> None:
    settings = settings_of(imported(bundle, Choice(printer="Mine")))
    assert not settings.keys() & {"inherits", "host_type", "printhost_apikey"}
    assert not any(key.startswith(("compatible_", "default_print")) for key in settings)


def test_a_wish_for_newer_firmware_is_taken_out(bundle: Path) -> None:
    new = imported(bundle, Choice(printer="Mine"))
    assert settings_of(new)["start_gcode"] == "\\nG28\\nM109 S[first_layer_temperature]"
    assert any("M115" in note for note in new.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[printer:A]\ninherits = B\n[printer:B]\ninherits = A\n", "inherits itself"),
        ("[printer:A]\ninherits = A\n", "inherits itself"),
        ("[printer:A]\ninherits = *none*\n", "is not in the bundle"),
        ("[include:/etc/passwd]\n", "is in no such bundle"),
        ("[include]\nfile = /etc/passwd\n", "is in no such bundle"),
        ("[printer:A]\nno setting\n", "not a `key = value` line"),
    ],
)
def test_a_bundle_that_cannot_be_followed_is_refused(text: str, said: str) -> None:
    with pytest.raises(ProfileInvalid, match=said):
        flat(read_bundle(text, "x.ini"), "A", None, None)


def test_a_chain_of_parents_has_an_end() -> None:
    chain = "".join(f"[printer:p{n}]\ninherits = p{n + 1}\n" for n in range(2000))
    with pytest.raises(ProfileInvalid, match="inherits itself"):
        flat(read_bundle(chain, "x.ini"), "p0", None, None)


# An exported configuration, and the block in a G-code.


def test_an_exported_configuration_comes_back_as_it_was(tmp_path: Path) -> None:
    new = imported(ini(tmp_path, GENERIC), Choice())
    assert settings_of(new) == {**GENERIC, "brim_type": "outer_only"}
    assert new.notes == ("The limits of heat are 210 °C and 60 °C, as the settings ask.",)


def test_the_settings_in_a_gcode_file_are_found(tmp_path: Path) -> None:
    lines = "".join(f"; {key} = {value}\n" for key, value in GENERIC.items())
    file = tmp_path / "x.gcode"
    moves = "G1 X1 Y1 E1\n" * 400_000
    file.write_text(
        f"; generated by PrusaSlicer 2.5.0\n{moves}"
        f"; prusaslicer_config = begin\n{lines}; prusaslicer_config = end\n"
    )
    assert settings_of(imported(file, Choice()))["start_gcode"] == GENERIC["start_gcode"]


def test_what_is_missing_is_filled_in_and_said(tmp_path: Path) -> None:
    new = imported(ini(tmp_path, {**LEAST, "filament_type": "PETG"}), Choice())
    settings = settings_of(new)
    assert settings.keys() >= REQUIRED
    assert settings["filament_density"] == "1.27"
    assert any("as the slicer has them by default" in note for note in new.notes)


def test_what_is_filled_in_fits_together() -> None:
    """Every required key is asked for, set, or has a default; and none is two of these."""
    given = {"filament_density", "filament_cost"}
    assert set(DEFAULTS) | ASKED | set(FIXED) | given >= REQUIRED
    assert not set(DEFAULTS) & ASKED


@pytest.mark.parametrize("key", sorted(ASKED))
def test_what_only_the_owner_knows_is_not_made_up(tmp_path: Path, key: str) -> None:
    left = {each: value for each, value in GENERIC.items() if each != key}
    with pytest.raises(ProfileInvalid, match=f"does not say {key}"):
        imported(ini(tmp_path, left), Choice())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"nozzle_diameter": "0.4,0.4"}, "2 extruders"),
        ({"printer_technology": "SLA"}, "resin"),
        ({"gcode_flavor": "makerware"}, "firmware makerware"),
        ({"bed_shape": "0x0,100x0,150x100,0x100"}, "no rectangle"),
        ({"bed_shape": "100x0,70x70,0x100,-70x70,-100x0"}, "no rectangle"),
        ({"bed_shape": "-100x-100,100x-100,100x100,-100x100"}, "does not begin at 0,0"),
        ({"bed_shape": "lots"}, "no rectangle"),
        ({"temperature": "hot"}, "not a number"),
    ],
)
def test_what_printd_cannot_print_with_is_refused(
    tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    with pytest.raises(ProfileInvalid, match=said):
        imported(ini(tmp_path, {**GENERIC, **changed}), Choice())


def test_a_bed_that_begins_beside_zero_keeps_its_distance(tmp_path: Path) -> None:
    shape = {"bed_shape": "7x7,228x7,228x228,7x228"}
    new = imported(ini(tmp_path, {**GENERIC, **shape}), Choice())
    assert new.facts["bed_mm"] == [228, 228]
    assert new.facts["margin_mm"] == 7
    assert settings_of(new)["bed_shape"] == "0x0,228x0,228x228,0x228"


def test_quotes_are_as_the_slicer_writes_them() -> None:
    settings, _ = washed({**GENERIC, "start_gcode": 'M862.3 P \\"MK3\\"'}, "x")
    assert settings["start_gcode"] == 'M862.3 P "MK3"'


@pytest.mark.parametrize(
    ("model", "end"),
    [
        ("MK3S", "M18 X\\nM18"),
        ("MK2.5S", "M18 X\\nM18"),
        ("MK3.5", "M84 X\\nM84"),
        ("MK4", "M84 X\\nM84"),
        ("", "M84 X\\nM84"),
    ],
)
def test_motors_off_is_said_so_that_it_stays_in_its_place(model: str, end: str) -> None:
    settings, _ = washed({**GENERIC, "printer_model": model, "end_gcode": "M84 X\\nM84"}, "x")
    assert settings["end_gcode"] == end


def test_an_old_name_of_a_key_is_translated() -> None:
    old = {key: value for key, value in GENERIC.items() if not key.endswith("fill_pattern")}
    settings, _ = washed({**old, "external_fill_pattern": "rectilinear"}, "x")
    assert settings["top_fill_pattern"] == settings["bottom_fill_pattern"] == "rectilinear"
    assert "external_fill_pattern" not in settings


# Files that are something else.


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"GCDE" + b"\x01" * 100, "binary G-code"),
        (b"PK\x03\x04" + b"x" * 100, "zip archive"),
        (b"\x1f\x8b" + b"x" * 100, "gzip"),
        (b"a = 1\n" + b"\0" * 10, "no text"),
        (b"a = 1\n" * 1000 + b"\0" * 10, "no text"),
        (b"a = 1\na = 2\n", "set twice"),
        (b"just words\n", "not a `key = value` line"),
        (b"", "does not say"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "is in no such bundle"),
    ],
)
def test_a_file_that_is_no_settings_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "x.ini"
    file.write_bytes(content)
    with pytest.raises(ProfileInvalid, match=said):
        imported(file, Choice())


def test_a_huge_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    file = tmp_path / "x.ini"
    file.write_bytes(b"# settings\n" * 1000)
    with file.open("r+b") as stream:
        stream.truncate(50_000_000_000)
    with pytest.raises(ProfileInvalid, match="larger than 16 MB"):
        imported(file, Choice())


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoSuchFile):
        imported(tmp_path / "none.ini", Choice())


# The folder.


def test_an_import_becomes_a_folder_that_loads(tmp_path: Path, bundle: Path) -> None:
    new = imported(bundle, Choice(printer="Mine"))
    profile = place(new, tmp_path / "profiles" / "mine")
    assert profile == load_profile("mine", [tmp_path / "profiles"])
    machine = profile.machine
    assert (machine.bed_w_mm, machine.bed_d_mm, machine.height_mm) == (200, 180, 300)
    assert (machine.max_nozzle_c, machine.max_bed_c) == (210, 60)
    assert [each.name for each in (tmp_path / "profiles").iterdir()] == ["mine"]


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path, bundle: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(NotPossibleNow):
        place(imported(bundle, Choice(printer="Mine")), tmp_path / "mine")


@pytest.mark.parametrize("name", ["..", "Mine", "a b", "-x", ".hidden", "x" * 40])
def test_a_name_that_is_no_plain_name_is_refused(tmp_path: Path, bundle: Path, name: str) -> None:
    with pytest.raises(SettingInvalid):
        place(imported(bundle, Choice(printer="Mine")), tmp_path / name)


def test_nothing_is_left_of_an_import_that_cannot_be_used(tmp_path: Path) -> None:
    facts = (shipped("profiles") / "generic/printer.yaml").read_bytes()
    small = {**GENERIC, "bed_shape": "0x0,100x0,100x100,0x100"}
    new = imported(ini(tmp_path, small), Choice(), facts)
    with pytest.raises(ProfileInvalid, match=r"is not the bed of printer\.yaml"):
        place(new, tmp_path / "profiles" / "mine")
    assert list((tmp_path / "profiles").iterdir()) == []


def test_known_facts_of_a_printer_are_kept(tmp_path: Path) -> None:
    facts = (shipped("profiles") / "generic/printer.yaml").read_bytes()
    new = imported(ini(tmp_path, GENERIC), Choice(), facts)
    assert place(new, tmp_path / "mine").machine.max_nozzle_c == 285
    assert "materials_max_c" not in new.facts


def test_another_material_than_the_known_one_sets_its_own_limit(tmp_path: Path) -> None:
    facts = (shipped("profiles") / "generic/printer.yaml").read_bytes()
    asa = {**GENERIC, "filament_type": "ASA", "temperature": "255"}
    machine = place(imported(ini(tmp_path, asa), Choice(), facts), tmp_path / "mine").machine
    assert (machine.material, machine.material_max_c) == ("ASA", 255)


def test_a_person_may_allow_commands(tmp_path: Path, bundle: Path) -> None:
    new = imported(bundle, Choice(printer="Mine")).allowing(["print_start"])
    assert place(new, tmp_path / "mine").machine.allow == ("PRINT_START",)
    assert yaml.safe_load((tmp_path / "mine/printer.yaml").read_text())["allow"] == ["print_start"]


def test_keys_that_the_slicer_does_not_know_are_left_out_and_said(bundle: Path) -> None:
    new = without(imported(bundle, Choice(printer="Mine")), ["perimeters"])
    assert "perimeters" not in settings_of(new)
    assert "perimeters: left out" in new.notes[-1]
