"""The configuration: every fault with its key, all at once; the example names every key."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from printd.core.config import Config
from printd.core.configfile import config_path, load
from printd.core.errors import ConfigInvalid
from printd.core.printer_config import (
    BambuModel,
    BambuPrinterConfig,
    FolderPrinterConfig,
    OctoPrintPrinterConfig,
    VirtualPrinterConfig,
)
from printd.core.relief_settings import ReliefSettings
from printd.core.shipped import shipped
from printd.printers.bambu.models import MAKER, MODELS

EXAMPLE = shipped("config.example.yaml")
FREE = {"recipes.*.settings", "presets.*"}  # relief settings: checked by the relief itself
FILES = {"depth.*.data"}  # by the names of files
DAYS = {
    f"{whose}{hours}.{days}"
    for whose in ("", "printers.*.")
    for hours in ("opening_hours", "quiet_hours")
    for days in ("days", "dates")
}
BAMBU = (
    "kind: bambu, host: 10.0.0.5, serial: 01P00A1B2C3, access_code_file: c, "
    f"fingerprint: '{':'.join(['AB'] * 32)}'"
)


def faults(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> list[str]:
    """Return the lines in which a configuration is refused."""
    path = folder / "config.yaml"
    path.write_text(text)
    with pytest.raises(ConfigInvalid) as refused:
        load(path, environment or {})
    assert refused.value.exit_code == 78
    return refused.value.problem.splitlines()


# Finding.


def test_a_named_file_wins_then_the_variable_then_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = {"XDG_CONFIG_HOME": str(tmp_path / "home")}
    assert config_path(Path("mine.yaml"), {"PRINTD_CONFIG": "theirs.yaml"}) == Path("mine.yaml")
    assert config_path(None, {"PRINTD_CONFIG": "theirs.yaml"}) == Path("theirs.yaml")
    (tmp_path / "home/printd").mkdir(parents=True)
    (tmp_path / "home/printd/config.yaml").touch()
    assert config_path(None, home) == tmp_path / "home/printd/config.yaml"
    (tmp_path / "config.yaml").touch()
    assert config_path(None, home) == Path("config.yaml")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"none\.yaml: cannot be read: No such file"):
        load(tmp_path / "none.yaml", {})


def test_an_empty_file_is_all_defaults(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").touch()
    config = load(tmp_path / "config.yaml", {}).config
    assert set(config.recipes) == {"default"}
    assert set(config.meshers) == {"relief"}
    assert config.printers == {}


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").mkdir()
    path = tmp_path / "there/config.yaml"
    path.write_text("drop: {path: in}\nprinters: {card: {kind: folder, path: /media/card}}\n")
    monkeypatch.chdir(tmp_path)
    config = load(Path("there/config.yaml"), {}).config
    assert config.data_dir == tmp_path / "there/data"
    assert config.drop.path == tmp_path / "there/in"
    card = config.printers["card"]
    assert isinstance(card, FolderPrinterConfig)
    assert card.path == Path("/media/card")


# Faults.


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("limts: {}", "config.yaml: limts: unknown key; did you mean `limits`?"),
        (
            "drop: {settle: 2}",
            "config.yaml: drop.settle: unknown key; did you mean `settle_s`?",
        ),
        (
            "printers: {left: {kind: virtual, sped: 2}}",
            "config.yaml: printers.left.sped: unknown key; did you mean `speed`?",
        ),
        (
            "printers: {folder: {kind: virtual, sped: 2}}",
            "config.yaml: printers.folder.sped: unknown key; did you mean `speed`?",
        ),
        (
            "log: {zzzzz: 2}",
            "config.yaml: log.zzzzz: unknown key; known here: level.",
        ),
        ("drop: {settle_s: soon}", "config.yaml: drop.settle_s: 'soon': input should be a valid"),
        ("drop: {settle_s: -1}", "config.yaml: drop.settle_s: -1: input should be greater than 0."),
        ("drop: {settle_s: .nan}", "config.yaml: drop.settle_s: nan: "),
        ("drop: {on_duplicate: ask}", "config.yaml: drop.on_duplicate: 'ask': "),
        ("drop: 5", "config.yaml: drop: must hold keys and values."),
        ("printers: [a]", "config.yaml: printers: must hold keys and values."),
        ("data_dir: 5", "config.yaml: data_dir: 5: "),
        ("limits: {photo_max_mb: 61}", "config.yaml: limits.photo_max_mb: 61: "),
        (
            "printers: {card: {kind: folder}}",
            "config.yaml: printers.card.path: missing; it must be given.",
        ),
        (
            "printers: {left: {speed: 2}}",
            "config.yaml: printers.left.kind: must be one of virtual, folder, octoprint, bambu.",
        ),
        (
            "depth: {small: {kind: octo}}",
            "config.yaml: depth.small.kind: must be one of builtin, picture, onnx, gemini, "
            "tripo-depth.",
        ),
        (
            "depth: {small: {kind: onnx, family: midas, path: a.onnx}}",
            "config.yaml: depth.small.sha256: missing; it must be given.",
        ),
        (
            "depth: {small: {kind: onnx, family: midas, path: a.onnx, sha256: abc}}",
            "config.yaml: depth.small.sha256: 'abc' is no SHA-256 of 64 hexadecimal digits "
            "(`sha256sum FILE`).",
        ),
        (
            "depth: {picture: {kind: picture, nar: white}}",
            "config.yaml: depth.picture.nar: unknown key; did you mean `near`?",
        ),
        (
            "depth: {picture: {kind: builtin}}",
            "config.yaml: depth: 'picture' is always of the kind picture; choose another name.",
        ),
        (
            "meshers: {fine: {kind: relief, depth: small}}",
            "config.yaml: meshers.fine.depth: 'small'; known: builtin, picture.",
        ),
        (
            "printers: {left: {kind: octo}}",
            "config.yaml: printers.left.kind: must be one of virtual, folder, octoprint, bambu.",
        ),
        (
            "printers: {a: {kind: octoprint, url: http://pi:99999, key_file: k}}",
            "config.yaml: printers.a.url: Port out of range 0-65535.",
        ),
        (
            "printers: {a: {kind: octoprint, url: http://pi, key_file: k}, "
            "b: {kind: octoprint, url: 'HTTP://PI:80/', key_file: k}}",
            "config.yaml: printers.b.url: that is the printer a already.",
        ),
        (
            f"printers: {{a: {{{BAMBU.partition(', fingerprint')[0]}}}}}",
            "config.yaml: printers.a: without `fingerprint` or `ca_file` anything could pass",
        ),
        (
            f"printers: {{a: {{{BAMBU}, model: P2}}}}",
            "config.yaml: printers.a.model: 'P2': ",
        ),
        (
            f"printers: {{a: {{{BAMBU}}}}}".replace("01P00A1B2C3", "01p00a1b2c3"),
            "config.yaml: printers.a.serial: '01p00a1b2c3' is no serial number: capital letters",
        ),
        (
            f"printers: {{a: {{{BAMBU}, access_code: '12345678'}}}}",
            "config.yaml: printers.a.access_code: a secret is not written here; put it in a file ",
        ),
        (
            f"printers: {{a: {{{BAMBU}, url_form: ftp_host}}}}",
            "config.yaml: printers.a: `url_form: ftp_host` reaches no folder",
        ),
        (
            f"printers: {{a: {{{BAMBU}, folder: ../up}}}}",
            "config.yaml: printers.a.folder: '../up' is no folder such as cache",
        ),
        (
            f"printers: {{a: {{{BAMBU}}}, b: {{{BAMBU}}}}}",
            "config.yaml: printers.b.serial: that is the printer a already.",
        ),
        (
            "printers: {any: {kind: virtual}}",
            "config.yaml: printers.any: the word means every printer; choose another name.",
        ),
        ("printers: {Left: {kind: virtual}}", "config.yaml: printers.Left: 'Left': "),
        ("printers: {../x: {kind: virtual}}", "config.yaml: printers.../x: '../x': "),
        (
            "printers: {v: {kind: virtual, folder: 5}}",
            "config.yaml: printers.v.folder: 5: ",
        ),
        ("recipes: {again: {}}", "config.yaml: recipes: 'again' is a word of the drop folder; "),
        ("recipes: {a: {preset: b}}", "config.yaml: recipes.a.preset: 'b'; known: portrait, "),
        ("recipes: {a: {mesher: b}}", "config.yaml: recipes.a.mesher: 'b'; known: relief."),
        (
            "recipes: {a: {pictures: b}}",
            "config.yaml: recipes.a.pictures: 'b'; known: none is configured.",
        ),
        (
            "recipes: {a: {background: b}}",
            "config.yaml: recipes.a.background: 'b'; keep, cut or one of `pictures`: none is "
            "configured.",
        ),
        (
            "pictures: {cut: {kind: gemini, key_file: k}}",
            "config.yaml: pictures: 'cut' is a word of `background`; choose another name.",
        ),
        (
            "opening_hours: {zone: Europe/Berln}",
            "config.yaml: opening_hours.zone: 'Europe/Berln' is no time zone; "
            "did you mean Europe/Berlin?",
        ),
        (
            "opening_hours: {days: {monday: 09:00-18:00}}",
            "config.yaml: opening_hours: 'monday' is no day such as mon, tue, ",
        ),
        (
            "opening_hours: {days: {mon-fri: 09:00-18:00, wed: []}}",
            "config.yaml: opening_hours: wed is named twice, by `mon-fri` and by `wed`.",
        ),
        (
            "opening_hours: {days: {mon: [09:00-12:00, 11:00-13:00]}}",
            "config.yaml: opening_hours: mon: 09:00-12:00 and 11:00-13:00 overlap.",
        ),
        (
            "quiet_hours: {dates: {2026-12-24: [09:00-12:00, 11:00-13:00]}}",
            "config.yaml: quiet_hours: 2026-12-24: 09:00-12:00 and 11:00-13:00 overlap.",
        ),
        (
            "quiet_hours: {dates: {Christmas: []}}",
            "config.yaml: quiet_hours.dates.Christmas: 'Christmas': input should be a valid date",
        ),
        (
            "printers: {left: {kind: virtual, quiet_hours: {days: {daily: 22-7}}}}",
            "config.yaml: printers.left.quiet_hours.days.daily.0: '22-7' is no range such as ",
        ),
        (
            "printers: {left: {kind: virtual, opening_hours: {day: {}}}}",
            "config.yaml: printers.left.opening_hours.day: unknown key; did you mean `days`?",
        ),
        ("price: {per_gram: -1}", "config.yaml: price.per_gram: -1: input should be greater than"),
        ("price: {curency: EUR}", "config.yaml: price.curency: unknown key; did you mean `curr"),
        (
            "recipes: {a: {price: {currency: USD}}}",
            "config.yaml: recipes.a.price.currency: USD; `price` has EUR.",
        ),
        (
            "limits: {per_person: {gram: 5}}",
            "config.yaml: limits.per_person.gram: unknown key; did you mean `grams`?",
        ),
        (
            "limits: {per_visit: {within_h: .inf}}",
            "config.yaml: limits.per_visit.within_h: inf: input should be less than or equal to",
        ),
        (
            "limits: {per_key: {within_h: 1.0e+9}}",
            "config.yaml: limits.per_key.within_h: 1000000000.0: input should be less than",
        ),
        (
            "limits: {keep_photos_days: 1000000}",
            "config.yaml: limits.keep_photos_days: 1000000: input should be less than or equal to",
        ),
        (
            "drop: {duplicate_days: 1000000}",
            "config.yaml: drop.duplicate_days: 1000000: input should be less than or equal to 365",
        ),
        (
            "recipes: {a: {colour: mauve}}",
            "config.yaml: recipes.a.colour: 'mauve' is no colour: white, black, grey, ",
        ),
        (
            "printers: {left: {kind: virtual, colour: '#12'}}",
            "config.yaml: printers.left.colour: '#12' is no colour: white, ",
        ),
        ("recipes: {a: {width_mm: 1}}", "config.yaml: recipes.a: width_mm: 1.0 is not a number "),
        ("recipes: {a: {settings: {b: 1}}}", "config.yaml: recipes.a: b: no such setting; "),
        ("presets: {a: {b: 1}}", "config.yaml: presets.a: b: no such setting; "),
    ],
)
def test_a_fault_names_file_key_and_what_is_allowed(tmp_path: Path, text: str, line: str) -> None:
    (only,) = faults(tmp_path, text)
    assert only.startswith(line)
    assert not only.endswith("..")


@pytest.mark.parametrize("key", ["api_key", "access_code", "password", "token", "secret"])
def test_a_secret_is_refused_naming_the_file_key(tmp_path: Path, key: str) -> None:
    (line,) = faults(tmp_path, f"printers: {{left: {{kind: virtual, {key}: hunter2}}}}")
    assert f"name `{key}_file`" in line
    assert "hunter2" not in line


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    lines = faults(tmp_path, "limts: {}\ndrop: {settle_s: x, path: 5}\nlog: {level: loud}\n")
    keys = ["drop.path", "drop.settle_s", "limts", "log.level"]
    assert sorted(line.split(": ")[1] for line in lines) == keys


def test_all_words_that_nobody_knows_are_said_at_once(tmp_path: Path) -> None:
    text = "recipes: {a: {preset: x}, b: {mesher: y, width_mm: 1}}\npresets: {c: {invert: 7}}"
    lines = faults(tmp_path, text)
    assert len(lines) == 4
    assert all(line.startswith("config.yaml: ") for line in lines)


@pytest.mark.parametrize("text", ["a: [", "\x00", "a: !!python/name:os.system", "2026-02-30: 1"])
def test_what_is_no_yaml_is_said(tmp_path: Path, text: str) -> None:
    assert "is not YAML" in faults(tmp_path, text)[0]


def test_a_list_is_no_configuration(tmp_path: Path) -> None:
    assert "must hold keys and values" in faults(tmp_path, "- data_dir: a")[0]


# Environment.


def test_the_environment_wins_and_origins_say_so(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("drop: {settle_s: 5, scan_s: 30}\nlog: {level: debug}\n")
    loaded = load(path, {"PRINTD_DROP__SETTLE_S": "7", "PRINTD_DATA_DIR": "d", "HOME": "/x"})
    assert (loaded.config.drop.settle_s, loaded.config.drop.scan_s) == (7, 30)
    assert loaded.config.data_dir == tmp_path / "d"
    assert loaded.origins == {
        "drop.settle_s": "environment",
        "drop.scan_s": "file",
        "log.level": "file",
        "data_dir": "environment",
    }


def test_the_environment_is_checked_like_the_file(tmp_path: Path) -> None:
    (line,) = faults(tmp_path, "", {"PRINTD_DROP__SETTLE_S": "soon"})
    assert "drop.settle_s: 'soon'" in line
    (line,) = faults(tmp_path, "", {"PRINTD_DROP__PATH": "["})
    assert line == "PRINTD_DROP__PATH='[': is not YAML."
    (line,) = faults(tmp_path, "", {"PRINTD_LIMITS": "5"})
    assert line == "config.yaml: limits: must hold keys and values."


def test_a_part_and_the_whole_may_both_stand_in_the_environment(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").touch()
    environment = {"PRINTD_DROP": "5", "PRINTD_DROP__SETTLE_S": "7"}
    assert load(tmp_path / "config.yaml", environment).config.drop.settle_s == 7


def test_the_configuration_cannot_be_changed_later() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().data_dir = Path("elsewhere")  # type: ignore[misc]


# The example.


def keys_of(value: Any, where: str = "") -> Iterator[str]:
    """Return every key of the models, names of mappings as ``*``."""
    if isinstance(value, type) and issubclass(value, BaseModel):
        for name, field in value.model_fields.items():
            path = f"{where}.{name}".lstrip(".")
            yield path
            yield from keys_of(field.annotation, path)
    elif where not in FREE | FILES | DAYS:
        of_names = getattr(value, "__origin__", None) is dict
        for part in get_args(value)[1:] if of_names else get_args(value):
            yield from keys_of(part, f"{where}.*" if of_names else where)


def keys_in(tree: Any, where: str = "") -> Iterator[str]:
    """Return every key of a file, names of mappings as ``*``."""
    names = where in {"recipes", "presets", "printers", "slicers", "meshers", "depth", "pictures"}
    if not isinstance(tree, dict) or where in FREE | FILES | DAYS:
        return
    for key, value in tree.items():
        path = f"{where}.{'*' if names else key}".lstrip(".")
        if not names:
            yield path
        yield from keys_in(value, path)


def test_a_part_whose_lines_are_all_comments_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("printers:\n#  p1:\n#    kind: virtual\nlimits:\nlog: {level: info}\n")
    assert load(path, {}).config.printers == {}
    assert faults(tmp_path, "limit:\n") == [
        "config.yaml: limit: unknown key; did you mean `limits`?"
    ]


def test_the_example_is_a_configuration() -> None:
    config = load(EXAMPLE, {}).config
    kinds = {type(printer) for printer in config.printers.values()}
    assert kinds == {
        VirtualPrinterConfig,
        FolderPrinterConfig,
        OctoPrintPrinterConfig,
        BambuPrinterConfig,
    }


def test_a_fingerprint_may_be_written_as_openssl_shows_it(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"printers: {{lab: {{{BAMBU}}}}}")
    lab = load(path, {}).config.printers["lab"]
    assert isinstance(lab, BambuPrinterConfig)
    assert lab.fingerprint == 32 * "ab"


def test_the_models_that_can_be_configured_are_those_that_are_known() -> None:
    assert [f"{MAKER} {name}" for name in get_args(BambuModel)] == [one.product for one in MODELS]


def test_the_example_names_every_key_and_no_other() -> None:
    known = set(keys_of(Config))
    assert {"drop.settle_s", "printers.*.hand_over", "slicers.*.timeout_s"} <= known
    assert set(keys_in(yaml.safe_load(EXAMPLE.read_text()))) == known


def test_the_example_shows_the_defaults() -> None:
    written = yaml.safe_load(EXAMPLE.read_text())
    defaults = Config().model_dump(mode="json")
    for part in ("limits", "web", "log"):
        assert written[part] == defaults[part]
    for key, value in written["drop"].items():
        assert key == "path" or value == defaults["drop"][key]


def test_the_example_shows_every_setting_of_a_relief_with_its_default() -> None:
    shown = load(EXAMPLE, {}).config.presets["plain"]

    assert list(shown) == list(ReliefSettings.model_fields)
    assert ReliefSettings.of(shown) == ReliefSettings()
    assert all(shown[name] == field.default for name, field in ReliefSettings.model_fields.items())


def test_the_example_says_the_range_of_every_number_of_a_relief() -> None:
    text = EXAMPLE.read_text().partition("presets:")[2]
    for name, field in ReliefSettings.model_fields.items():
        limits = {
            key: value
            for part in field.metadata
            for key in ("ge", "le")
            if (value := getattr(part, key, None)) is not None
        }
        line = next(line for line in text.splitlines() if line.startswith(f"    {name}: "))
        if limits:
            assert f"{limits['ge']:g}-{limits['le']:g}" in line, name
