"""A printer is added to a file that people write; their lines stay."""

import stat
from pathlib import Path

import pytest
import yaml

from printd.core.config_example import to_take_over
from printd.core.configedit import (
    NotEdited,
    add_printer,
    lines_to_paste,
    printer_lines,
    with_printer,
)
from printd.core.configfile import load
from printd.core.errors import ConfigInvalid, DiskFull
from printd.core.shipped import shipped

VALUES = {"kind": "octoprint", "url": "http://pi", "key_file": "pi.key"}
NEW = printer_lines("pi", VALUES)
OLD = "printers:\n  p1:\n    kind: virtual  # mine\n"
GOOD = {
    "nothing": "",
    "only a comment": "# mine\n",
    "no printers": "data_dir: data  # mine\n",
    "no end of line": "data_dir: data",
    "empty printers": "printers:    # none yet\n\nlog: {level: info}\n",
    "empty printers and a comment of theirs": "printers:\n  # p0:\n  #   kind: virtual\nlog: {}\n",
    "one printer": OLD,
    "one printer and more": f"{OLD}    # speed: 3\n\n# what is logged\nlog:\n  level: info\n",
    "four columns": "printers:\n    p1:\n        kind: virtual\n",
    "a mark before": "---\nprinters:\n  p1: {kind: virtual}\n# end\n",
    "text of several lines": f"{OLD}    material: |\n      a\n\n      b\n",
    "an empty last value": "printers:\n  p1:\n    kind: virtual\n    socket:\nlog: {}\n",
    "lines of Windows": OLD.replace("\n", "\r\n"),
    "a mark at its beginning": f"\ufeff{OLD}",
    "an anchor": "printers:\n  p1: &a\n    kind: virtual\n  p2:\n    <<: *a\nlog: {}\n",
    "an alias at the end": "printers:\n  p1: &a\n    kind: virtual\n  p2: *a\nlog: {}\n",
    "the example": shipped("config.example.yaml").read_text(),
    "the example as it is taken over": to_take_over(shipped("config.example.yaml").read_text()),
}
BAD = {
    "one line": "{printers: {p1: {kind: virtual}}}\n",
    "printers in one line": "printers: {p1: {kind: virtual}}\n",
    "empty braces": "printers: {}\n",
    "an end of the document": "data_dir: data\n...\n",
    "printers that are a list": "printers:\n  - p1\n",
    "printers from elsewhere": "x: &p {p1: {kind: virtual}}\nprinters: *p\n",
    "no YAML": "printers: [\n",
    "a list": "- a\n",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD.keys())
def test_every_line_stays_and_one_printer_is_added(text: str) -> None:
    changed = with_printer(text, "pi", VALUES)

    before = yaml.safe_load(text) or {}
    wanted = {**(before.get("printers") or {}), "pi": VALUES}
    assert yaml.safe_load(changed) == {**before, "printers": wanted}
    left = changed.splitlines()
    for line in text.splitlines():
        assert line in left
        del left[: left.index(line) + 1]


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_what_is_written_in_an_unusual_way_is_left_to_a_person(text: str) -> None:
    with pytest.raises(NotEdited):
        with_printer(text, "pi", VALUES)


def test_it_stands_behind_the_comments_of_the_last_printer() -> None:
    changed = with_printer(GOOD["one printer and more"], "pi", VALUES)

    assert changed == f"{OLD}    # speed: 3\n{NEW}\n# what is logged\nlog:\n  level: info\n"


def test_it_stands_as_far_to_the_right_as_the_others() -> None:
    changed = with_printer(GOOD["four columns"], "pi", VALUES)

    assert "\n    pi:\n      kind: octoprint\n" in changed


def test_lines_end_as_those_of_the_file() -> None:
    changed = with_printer(GOOD["lines of Windows"], "pi", VALUES)

    assert changed.count("\n") == changed.count("\r\n")


def test_words_that_yaml_takes_for_something_else_stay_words() -> None:
    changed = with_printer("", "1", {"profile": "on", "url": "http://pi", "material": "PLA: x #1"})

    entry = yaml.safe_load(changed)["printers"]["1"]
    assert entry == {"profile": "on", "url": "http://pi", "material": "PLA: x #1"}


# The file.


def test_a_file_is_made_where_there_is_none(tmp_path: Path) -> None:
    add_printer(tmp_path / "config.yaml", "pi", VALUES)

    assert list(load(tmp_path / "config.yaml").config.printers) == ["pi"]
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_the_file_before_is_kept_and_its_rights_too(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(OLD)
    file.chmod(0o640)

    add_printer(file, "pi", VALUES)

    assert (tmp_path / "config.yaml.bak").read_text() == OLD
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml", "config.yaml.bak"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there/real.yaml").write_text(OLD)
    (tmp_path / "config.yaml").symlink_to("there/real.yaml")

    add_printer(tmp_path / "config.yaml", "pi", VALUES)

    assert (tmp_path / "config.yaml").is_symlink()
    assert list(load(tmp_path / "config.yaml").config.printers) == ["p1", "pi"]


@pytest.mark.parametrize("content", [BAD["empty braces"].encode(), "# schön\n".encode("latin-1")])
def test_a_file_that_is_not_edited_is_as_it_was(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(content)

    with pytest.raises(NotEdited):
        add_printer(file, "pi", VALUES)

    assert file.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_a_printer_that_cannot_be_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(OLD)

    with pytest.raises(ConfigInvalid, match="url"):
        add_printer(file, "pi", {**VALUES, "url": "pi"})

    assert file.read_text() == OLD


def test_a_full_disk_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(OLD)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("printd.core.files.Path.replace", full)
    with pytest.raises(DiskFull):
        add_printer(file, "pi", VALUES)

    assert file.read_text() == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_what_is_to_be_pasted_fits_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    assert lines_to_paste(file, "pi", VALUES) == f"printers:\n{NEW}"
    file.write_text(GOOD["four columns"])
    assert lines_to_paste(file, "pi", VALUES).startswith("    pi:\n")
    file.write_text(BAD["empty braces"])
    assert lines_to_paste(file, "pi", VALUES) == NEW
