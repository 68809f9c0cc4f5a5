"""``.gcode.3mf``: what is in it, every plate judged, and nothing that can be read in two ways."""

import hashlib
import random
import warnings
import zipfile
from pathlib import Path

import pytest

from printd.core.errors import DiskError, GcodeRefused
from printd.gcode import container
from printd.gcode.container import judged, opened, unpack
from printd.gcode.safety import lint_and_read
from printd.gcode.verdict import Level, Verdict
from tests.peers.containers import PLATE, packed, whole
from tests.peers.gcode_corpus import END, MACHINE, PRINT, START

GOOD = (START + PRINT + END).encode()
HOT = (START + "M104 S400\n" + PRINT + END).encode()  # line 8
SECOND = "Metadata/plate_2.gcode"


def foreign(file: Path) -> Verdict:
    return judged(file, MACHINE, Level.FOREIGN)[0]


def test_a_container_is_judged_as_its_plate_is(tmp_path: Path) -> None:
    file = whole(tmp_path / "a.gcode.3mf", GOOD)
    (tmp_path / "a.gcode").write_bytes(GOOD)
    verdict, contents = judged(file, MACHINE, Level.FOREIGN)
    bare, bare_contents = lint_and_read(tmp_path / "a.gcode", MACHINE)
    assert verdict.ok
    assert contents == (bare_contents,)
    assert verdict.bounds_mm == bare.bounds_mm
    assert (verdict.max_nozzle_c, verdict.extruded_mm) == (bare.max_nozzle_c, bare.extruded_mm)


def test_the_verdict_is_on_the_bytes_of_the_container(tmp_path: Path) -> None:
    file = whole(tmp_path / "a.gcode.3mf", GOOD)
    verdict = foreign(file)
    assert verdict.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert verdict.size_bytes == file.stat().st_size
    assert verdict.holds_for(verdict.sha256, MACHINE)


def test_every_plate_is_judged_and_named(tmp_path: Path) -> None:
    file = packed(tmp_path / "a.gcode.3mf", {PLATE: GOOD, SECOND: HOT})
    verdict = foreign(file)
    assert [(one.line, one.rule) for one in verdict.refusals] == [(8, "G2")]
    assert verdict.refusals[0].text.startswith("plate 2: ")
    assert (verdict.max_nozzle_c, verdict.refused_lines) == (400, 1)


def test_plates_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    names = [f"Metadata/plate_{number}.gcode" for number in (10, 2, 1)]
    file = packed(tmp_path / "a.gcode.3mf", dict.fromkeys(names, GOOD))
    with opened(file) as found:
        assert [plate.number for plate in found.plates] == [1, 2, 10]


def test_bounds_are_those_of_all_plates(tmp_path: Path) -> None:
    further = GOOD.replace(b"X50 Y10", b"X90 Y40")
    file = packed(tmp_path / "a.gcode.3mf", {PLATE: GOOD, SECOND: further})
    bounds = foreign(file).bounds_mm
    assert bounds is not None
    assert (*bounds[:2], *bounds[3:5]) == (50, 10, 90, 40)


@pytest.mark.parametrize("form", [str.upper, str.lower, lambda text: f"{text}\n"])
def test_a_checksum_may_be_written_in_any_form(tmp_path: Path, form: object) -> None:
    stated = form(hashlib.md5(GOOD, usedforsecurity=False).hexdigest())  # type: ignore[operator]
    file = packed(tmp_path / "a.gcode.3mf", {PLATE: GOOD, f"{PLATE}.md5": stated.encode()})
    assert foreign(file).ok
    unpack(file, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == GOOD


def test_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    file = packed(tmp_path / "a.gcode.3mf", {PLATE: GOOD, f"{PLATE}.md5": b"0" * 32})
    (refusal,) = foreign(file).refusals
    assert "states the checksum 000" in refusal.text
    with pytest.raises(GcodeRefused, match="Plate 1 states the checksum"):
        unpack(file, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_plate_without_a_checksum_is_a_strangers_only(tmp_path: Path) -> None:
    """Printers take it; our own slicer always writes one."""
    file = packed(tmp_path / "a.gcode.3mf", {PLATE: GOOD})
    assert foreign(file).ok
    with pytest.raises(GcodeRefused, match="states the checksum none"):
        unpack(file, tmp_path / "out")


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({}, "it holds no G-code"),
        ({"3D/3dmodel.model": b"<model/>"}, "it holds no G-code"),
        ({"metadata/plate_1.gcode": GOOD}, "in a place of its own"),
        ({"Metadata/plate_01.gcode": GOOD}, "in a place of its own"),
        ({PLATE: GOOD, "Metadata/PLATE_1.GCODE": HOT}, "is in it twice"),
        ({PLATE: GOOD, "Metadata/sub/plate_2.gcode": HOT}, "in a place of its own"),
        ({PLATE: GOOD, "../plate_2.gcode": HOT}, "names a place outside"),
        ({PLATE: GOOD, "/etc/x": b""}, "names a place outside"),
        ({PLATE: GOOD, "Metadata//x": b""}, "names a place outside"),
        ({PLATE: GOOD, "Metadata\\x": b""}, "is no name for a file"),
        ({PLATE: GOOD, "a\nb": b""}, "is no name for a file"),
        ({PLATE: GOOD, "x.png": b"\0" * 1_000_000}, "packed more than 100 times"),
        ({PLATE: GOOD} | {f"x{n}": b"" for n in range(600)}, "more than 512 files"),
    ],
)
def test_what_may_be_read_in_two_ways_is_refused(
    tmp_path: Path, entries: dict[str, bytes], said: str
) -> None:
    verdict = foreign(packed(tmp_path / "a.gcode.3mf", entries))
    assert [one.text for one in verdict.refusals if said in one.text]
    assert all(one.action for one in verdict.refusals)


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    """Which of them a printer runs is not known."""
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "a.gcode.3mf", "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(PLATE, GOOD)
        archive.writestr(PLATE, HOT)
    assert "is in it twice" in foreign(tmp_path / "a.gcode.3mf").refusals[0].text


def test_links_and_secrets_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("Metadata/link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "link.gcode.3mf", "w") as archive:
        archive.writestr(PLATE, GOOD)
        archive.writestr(link, "/etc/passwd")
    assert "is a link" in foreign(tmp_path / "link.gcode.3mf").refusals[0].text
    secret = packed(tmp_path / "secret.gcode.3mf", {PLATE: GOOD})
    content = bytearray(secret.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag of encryption, in the directory
    secret.write_bytes(content)
    assert "do not read" in foreign(secret).refusals[0].text


def test_a_file_that_is_too_much_for_a_disk_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = whole(tmp_path / "a.gcode.3mf", GOOD)
    monkeypatch.setattr(container, "MOST_BYTES", len(GOOD) - 1)
    with pytest.raises(GcodeRefused, match="holds more than"):
        unpack(file, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_more_than_one_plate_is_not_unpacked(tmp_path: Path) -> None:
    file = packed(tmp_path / "a.gcode.3mf", {PLATE: GOOD, SECOND: GOOD})
    with pytest.raises(GcodeRefused, match="2 plates"):
        unpack(file, tmp_path / "out")


def test_a_container_that_lies_about_its_size_ends(tmp_path: Path) -> None:
    """The directory says a hundred bytes; what is packed goes on for megabytes."""
    file = packed(tmp_path / "a.gcode.3mf", {PLATE: GOOD + b"\n" * 2_000_000})
    content = bytearray(file.read_bytes())
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = len(GOOD).to_bytes(4, "little")
    file.write_bytes(content)
    assert "plate 1 is not whole" in foreign(file).refusals[0].text.lower()


def test_no_cut_and_no_changed_byte_is_a_fault_of_ours(tmp_path: Path) -> None:
    """Whatever the bytes, there is a verdict; and no part of a container passes for the whole."""
    file = whole(tmp_path / "a.gcode.3mf", GOOD)
    content = file.read_bytes()
    for length in range(0, len(content), 13):
        file.write_bytes(content[:length])
        assert not foreign(file).ok
    chance = random.Random(1)  # noqa: S311
    for _ in range(300):
        changed = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        file.write_bytes(changed)
        verdict = foreign(file)
        assert not verdict.ok or verdict.max_nozzle_c == 210


def test_a_file_that_is_not_there_is_no_bad_container(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="cannot be read"):
        foreign(tmp_path / "a.gcode.3mf")
