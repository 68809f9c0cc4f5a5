"""What is in a file: the words of every slicer, measures, pictures."""

import base64
import dataclasses
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from printd.core.errors import DiskError, GcodeRefused
from printd.core.machine import Machine
from printd.gcode.contents import Contents, Thumbnail
from printd.gcode.reader import read
from printd.gcode.safety import lint_and_read
from printd.gcode.statistics import Statistics, seconds_of
from printd.gcode.thumbnails import png_of, thumbnail_at
from tests.peers.gcode_corpus import MACHINE, SLICERS, Sample, with_line


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "x.gcode"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def contents(tmp_path: Path, content: str | bytes, machine: Machine | None = None) -> Contents:
    return read(written(tmp_path, content), machine)


@pytest.mark.parametrize("sample", SLICERS, ids=lambda sample: sample.slicer)
def test_every_slicer_is_understood(tmp_path: Path, sample: Sample) -> None:
    found = contents(tmp_path, sample.text, sample.machine)
    assert (found.slicer, found.version) == (sample.slicer, sample.version)
    assert found.time_s == sample.time_s
    assert found.filament_mm == pytest.approx(sample.filament_mm)
    assert (found.layers, found.objects) == (sample.layers, sample.objects)
    assert found.filament_g == sample.filament_g
    assert found.bounds_mm == pytest.approx((100, 100, 0.2, 110, 110, 0.4))
    assert found.extruded_mm == pytest.approx(3.2, abs=3.1)  # Cura primes
    assert found.max_nozzle_c in (200, 210)
    assert found.max_bed_c == 60
    assert found.unread_lines == 0


def test_profiles_and_the_printer_are_named(tmp_path: Path) -> None:
    said = (
        "; printer_model = MK4S\n; printer_settings_id = my MK4\n; print_settings_id = 0.20mm\n"
        '; filament_settings_id = "Prusament PLA"\n; filament_type = PLA\n'
        "; filament cost = 0.5, 1\n"
    )
    found = contents(tmp_path, with_line(said))
    assert (found.printer_model, found.printer_profile) == ("MK4S", "my MK4")
    assert (found.print_profile, found.filament_profile) == ("0.20mm", "Prusament PLA")
    assert (found.filament_type, found.cost) == ("PLA", 1.5)


@pytest.mark.parametrize(
    ("said", "cost"),
    [
        ("; total filament weight [g] : 40\n; filament_cost = 25\n", 1.0),
        ("; total filament weight [g] : 30,10\n; filament_cost = 25,25\n", 1.0),
        ("; total filament weight [g] : 30,10\n; filament_cost = 25,40\n", None),
        ("; filament used [g] = 40\n; filament cost = 0.9\n; filament_cost = 25\n", 0.9),
        ("; filament_cost = 25\n", None),
        ("; filament used [g] = 40\n; filament_cost = dear\n", None),
    ],
)
def test_the_cost_is_said_or_follows_from_weight_and_price(
    tmp_path: Path, said: str, cost: float | None
) -> None:
    assert contents(tmp_path, with_line(said)).cost == cost


def test_reading_beside_a_verdict_gives_the_same(tmp_path: Path) -> None:
    path = written(tmp_path, SLICERS[0].text)
    verdict, found = lint_and_read(path, MACHINE)
    assert verdict.ok
    assert found == read(path, MACHINE)


def test_the_least_time_is_that_of_the_speeds_named(tmp_path: Path) -> None:
    still = contents(tmp_path, "G28\nG1 X60 F600\n").least_time_s
    assert still == pytest.approx(6.0)
    assert contents(tmp_path, "G28\nM220 S200\nG1 X60 F600\n").least_time_s == pytest.approx(3.0)
    assert contents(tmp_path, "G28\nG1 X60 F600\nG4 S2\n").least_time_s == pytest.approx(8.0)


def test_layers_without_marks_are_counted_where_the_print_rises(tmp_path: Path) -> None:
    layer = "G1 Z{} F600\nG1 X50 E1\nG1 X10 E1\n"
    text = "G28\nM83\n" + "".join(layer.format(0.2 * (n + 1)) for n in range(100))
    assert contents(tmp_path, text).layers == 100


def test_objects_are_found_however_they_are_labelled(tmp_path: Path) -> None:
    text = (
        "; printing object a b.stl id:0 copy 0\nM486 Atwo\n;MESH:three.stl\n;MESH:NONMESH\n"
        '; objects_info = {"objects":[{"name":"four","polygon":[[1,2]]},{"name":"a b.stl"}]}\n'
    )
    assert contents(tmp_path, text).objects == ("a b.stl", "two", "three.stl", "four")


@pytest.mark.parametrize(
    "said", ["objects_info = {", "objects_info = []", "objects_info = " + "[" * 9000]
)
def test_a_list_of_objects_that_is_none_is_left(said: str) -> None:
    found = Statistics()
    found.take(f" {said}".encode())
    assert found.objects == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"GCDE\x01\x00\x00", "binary G-code"),
        (b"PK\x03\x04", "zip"),
        (b"G28\nG1 \x00\n", "control character"),
        (b"G1 " + b"X" * 1_000_000, "too long"),
    ],
)
def test_what_is_no_plain_text_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(GcodeRefused, match=said):
        contents(tmp_path, content)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DiskError):
        read(tmp_path / "none")


def test_lines_without_a_certain_meaning_are_counted(tmp_path: Path) -> None:
    assert contents(tmp_path, "G28\nG1 X1 G1 X2\n(aside)\n").unread_lines == 2


@given(st.binary(max_size=300))
def test_any_comment_is_read_or_left(comment: bytes) -> None:
    Statistics().take(comment)


@given(st.integers(0, 99), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_durations_are_read(days: int, hours: int, minutes: int, seconds: int) -> None:
    text = f"{days}d {hours}h {minutes}m {seconds}s"
    assert seconds_of(text) == ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.effect_noise((width, height), 50).convert("RGB").save(stream, kind)
    return stream.getvalue()


def thumbnail_block(content: bytes, size: str, word: str = "thumbnail") -> str:
    text = base64.b64encode(content).decode()
    lines = "".join(f"; {text[at : at + 78]}\n" for at in range(0, len(text), 78))
    return f";\n; {word} begin {size} {len(text)}\n{lines}; thumbnail end\n;\n"


def test_thumbnails_are_found_and_decoded_when_asked_for(tmp_path: Path) -> None:
    blocks = thumbnail_block(picture(16, 12), "16x12") + thumbnail_block(picture(32, 24), "32x24")
    jpg = thumbnail_block(picture(24, 24, "JPEG"), "24x24", "thumbnail_JPG")
    path = written(tmp_path, "; generated by PrusaSlicer 2.9.2 on x\n" + blocks + jpg + "G28\n")
    found = read(path).thumbnails
    assert [(one.width_px, one.height_px, one.kind) for one in found] == [
        (16, 12, "PNG"),
        (32, 24, "PNG"),
        (24, 24, "JPG"),
    ]
    for one in found:
        with Image.open(io.BytesIO(png_of(path, one))) as decoded:
            assert (decoded.format, decoded.size) == ("PNG", (one.width_px, one.height_px))


@pytest.mark.parametrize(
    "block",
    [
        thumbnail_block(b"no picture", "16x16"),
        thumbnail_block(picture(8, 8), "16x16"),
        "; thumbnail begin 16x16 4\n; %%%%\n; thumbnail end\n",
        "; thumbnail begin 16x16 4\n",
    ],
)
def test_a_picture_that_is_none_is_refused(tmp_path: Path, block: str) -> None:
    path = written(tmp_path, block)
    (thumbnail,) = read(path).thumbnails
    with pytest.raises(GcodeRefused, match="picture"):
        png_of(path, thumbnail)


@pytest.mark.parametrize(
    "comment",
    [b" thumbnail end", b" thumbnail begin 9999x9 1", b" thumbnail begin 0x4 1", b" thum"],
)
def test_what_begins_no_sensible_picture_is_left(comment: bytes) -> None:
    assert thumbnail_at(comment, 1) is None


def test_a_file_is_read_with_the_words_of_its_firmware(tmp_path: Path) -> None:
    text = "G28\nM83\nG90\nG1 X5 E5\nG1 X6 E5\n"
    klipper = dataclasses.replace(MACHINE, flavour="klipper")
    assert contents(tmp_path, text).extruded_mm == 5
    assert contents(tmp_path, text, klipper).extruded_mm == 10


def test_a_thumbnail_names_its_line() -> None:
    assert thumbnail_at(b" thumbnail begin 16x12 44", 7) == Thumbnail(16, 12, "PNG", 7)
