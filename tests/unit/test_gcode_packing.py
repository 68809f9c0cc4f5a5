"""G-code packed as Bambu's printers take it: every entry they look for, read back as it was."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import trimesh
from PIL import Image

from printd.core.errors import DiskError
from printd.core.filaments import Filament
from printd.core.machine import Machine
from printd.gcode.bambu_blocks import duration
from printd.gcode.container import judged, opened, unpack
from printd.gcode.experimental import experiment_of
from printd.gcode.packing import packed
from printd.gcode.plate_facts import PlateFacts, plate_facts
from printd.gcode.safety import lint_and_read
from printd.gcode.slice_info import SLICE_INFO, filaments_of
from printd.gcode.statistics import seconds_of
from printd.gcode.verdict import Level
from printd.geometry.mesh.mesh import check_closed, volume_mm3
from tests.peers.gcode_corpus import END, MACHINE, PRINT, START
from tests.unit.test_threemf import mesh_of

P1S = replace(MACHINE, model="Bambu Lab P1S")
GCODE = (START + PRINT + END).encode()
FACTS = PlateFacts(
    product="Bambu Lab P1S",
    nozzle_mm=0.4,
    time_s=4993.0,
    layers=52,
    height_mm=10.4,
    filament_mm=1234.5,
    filament_g=3.74,
    material="PETG",
    colour="DE4343",
    bounds_mm=(10.0, 10.0, 0.0, 50.0, 60.5, 10.4),
)
NEEDED = {
    "[Content_Types].xml",
    "_rels/.rels",
    "3D/3dmodel.model",
    "Metadata/plate_1.gcode",
    "Metadata/plate_1.gcode.md5",
    "Metadata/plate_1.json",
    "Metadata/model_settings.config",
    "Metadata/_rels/model_settings.config.rels",
    "Metadata/slice_info.config",
    "Metadata/project_settings.config",
}
PICTURES = {"Metadata/plate_1.png", "Metadata/plate_1_small.png"}


def made(folder: Path, gcode: bytes = GCODE, facts: PlateFacts = FACTS) -> Path:
    (folder / "in.gcode").write_bytes(gcode)
    packed(folder / "in.gcode", out := folder / "out.gcode.3mf", facts)
    return out


def drawing(folder: Path) -> Path:
    picture = Image.new("RGB", (1200, 900), "white")
    picture.paste((255, 0, 0), (0, 0, 900, 900))  # its view; words stand beside it
    picture.save(folder / "toolpath.png")
    return folder / "toolpath.png"


def entries(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def xml(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(content)  # noqa: S314 - our own file


def values(root: ElementTree.Element) -> dict[str, str]:
    return {one.get("key", ""): one.get("value", "") for one in root.iter("metadata")}


def test_it_holds_everything_that_printers_look_for(tmp_path: Path) -> None:
    assert set(entries(made(tmp_path))) == NEEDED


def test_with_a_picture_it_holds_two(tmp_path: Path) -> None:
    found = entries(made(tmp_path, facts=replace(FACTS, picture=drawing(tmp_path))))
    assert set(found) == NEEDED | PICTURES
    for name, side in (("Metadata/plate_1.png", 512), ("Metadata/plate_1_small.png", 128)):
        with Image.open(io.BytesIO(found[name])) as picture:
            assert (picture.format, picture.size) == ("PNG", (side, side))
            colours = picture.convert("RGB").getcolors()
        assert colours == [(side * side, (255, 0, 0))]


def test_pictures_are_stored_as_they_are(tmp_path: Path) -> None:
    file = made(tmp_path, facts=replace(FACTS, picture=drawing(tmp_path)))
    with zipfile.ZipFile(file) as archive:
        packings = {entry.filename: entry.compress_type for entry in archive.infolist()}
    assert {packings[name] for name in PICTURES} == {zipfile.ZIP_STORED}
    assert {packings[name] for name in NEEDED} == {zipfile.ZIP_DEFLATED}


def test_the_checksum_is_that_of_the_plate_in_capitals(tmp_path: Path) -> None:
    found = entries(made(tmp_path))
    digest = hashlib.md5(found["Metadata/plate_1.gcode"], usedforsecurity=False).hexdigest()
    assert found["Metadata/plate_1.gcode.md5"] == digest.upper().encode()


def test_the_same_gives_the_same_bytes(tmp_path: Path) -> None:
    facts = replace(FACTS, picture=drawing(tmp_path))
    assert made(tmp_path, facts=facts).read_bytes() == made(tmp_path, facts=facts).read_bytes()


def test_bare_code_gets_the_three_blocks(tmp_path: Path) -> None:
    plate = entries(made(tmp_path))["Metadata/plate_1.gcode"]
    marks = [line for line in plate.decode().splitlines() if line.endswith(("_START", "_END"))]
    assert marks == [
        "; HEADER_BLOCK_START",
        "; HEADER_BLOCK_END",
        "; CONFIG_BLOCK_START",
        "; CONFIG_BLOCK_END",
        "; EXECUTABLE_BLOCK_START",
        "; EXECUTABLE_BLOCK_END",
    ]
    code = plate.split(b"; EXECUTABLE_BLOCK_START\n")[1].split(b"\n; EXECUTABLE_BLOCK_END")[0]
    assert code == GCODE
    for line in (
        "; model printing time: 1h 23m 13s; total estimated time: 1h 23m 13s",
        "; total layer number: 52",
        "; total filament length [mm] : 1234.50",
        "; total filament volume [cm^3] : 2.97",
        "; total filament weight [g] : 3.74",
        "; filament_density: 1.27",
        "; filament_diameter: 1.75",
        "; max_z_height: 10.40",
        "; printer_model = Bambu Lab P1S",
        "; nozzle_diameter = 0.4",
    ):
        assert f"\n{line}\n" in plate.decode()


def test_code_that_has_its_blocks_is_not_touched(tmp_path: Path) -> None:
    dressed = b"; HEADER_BLOCK_START\n; HEADER_BLOCK_END\n; EXECUTABLE_BLOCK_START\n" + GCODE
    assert entries(made(tmp_path, dressed))["Metadata/plate_1.gcode"] == dressed


def test_our_own_reader_finds_it_whole(tmp_path: Path) -> None:
    file = made(tmp_path)
    verdict, (contents,) = judged(file, P1S, Level.FOREIGN)
    assert verdict.ok
    assert (contents.time_s, contents.filament_mm, contents.filament_g) == (4993.0, 1234.5, 3.74)
    unpack(file, tmp_path / "back.gcode")
    assert GCODE in (tmp_path / "back.gcode").read_bytes()


def test_every_xml_can_be_read_and_every_relation_leads_somewhere(tmp_path: Path) -> None:
    found = entries(made(tmp_path, facts=replace(FACTS, picture=drawing(tmp_path))))
    documents = [name for name in found if name.endswith((".xml", ".rels", ".model", ".config"))]
    for name in documents:
        if name != "Metadata/project_settings.config":
            xml(found[name])
    for name in ("_rels/.rels", "Metadata/_rels/model_settings.config.rels"):
        relations = list(xml(found[name]))
        assert relations
        assert len({one.get("Id") for one in relations}) == len(relations)
        for relation in relations:
            assert relation.get("Target", "").removeprefix("/") in found


def test_every_kind_of_entry_has_a_type(tmp_path: Path) -> None:
    types = {
        one.get("Extension"): one.get("ContentType")
        for one in xml(entries(made(tmp_path))["[Content_Types].xml"])
    }
    assert types == {
        "rels": "application/vnd.openxmlformats-package.relationships+xml",
        "model": "application/vnd.ms-package.3dmanufacturing-3dmodel+xml",
        "png": "image/png",
        "gcode": "text/x.gcode",
    }


def test_the_display_finds_its_pictures_by_relations(tmp_path: Path) -> None:
    found = entries(made(tmp_path, facts=replace(FACTS, picture=drawing(tmp_path))))
    kinds = {
        one.get("Type", "").rpartition("/")[2]: one.get("Target")
        for one in xml(found["_rels/.rels"])
    }
    assert kinds == {
        "3dmodel": "/3D/3dmodel.model",
        "thumbnail": "/Metadata/plate_1.png",
        "cover-thumbnail-middle": "/Metadata/plate_1.png",
        "cover-thumbnail-small": "/Metadata/plate_1_small.png",
    }


def test_slice_info_tells_printer_time_and_filament(tmp_path: Path) -> None:
    root = xml(entries(made(tmp_path))["Metadata/slice_info.config"])
    assert [one.get("key") for one in root.iter("header_item")] == [
        "X-BBL-Client-Type",
        "X-BBL-Client-Version",
    ]
    assert values(root) == {
        "index": "1",
        "printer_model_id": "C12",
        "nozzle_diameters": "0.4",
        "prediction": "4993",
        "weight": "3.74",
        "outside": "false",
        "support_used": "false",
        "label_object_enabled": "false",
        "filament_maps": "1",
    }
    assert [one.attrib for one in root.iter("filament")] == [
        {
            "id": "1",
            "tray_info_idx": "GFG99",
            "type": "PETG",
            "color": "#DE4343",
            "used_m": "1.23",
            "used_g": "3.74",
        }
    ]


def test_model_settings_name_the_plate(tmp_path: Path) -> None:
    found = values(xml(entries(made(tmp_path))["Metadata/model_settings.config"]))
    assert found["gcode_file"] == "Metadata/plate_1.gcode"
    assert found["pattern_bbox_file"] == "Metadata/plate_1.json"
    assert "thumbnail_file" not in found


def test_the_plate_tells_where_it_prints(tmp_path: Path) -> None:
    plate = json.loads(entries(made(tmp_path))["Metadata/plate_1.json"])
    assert plate["bbox_all"] == [10.0, 10.0, 50.0, 60.5]
    assert (plate["version"], plate["nozzle_diameter"]) == (2, 0.4)


def test_words_of_people_do_no_harm(tmp_path: Path) -> None:
    odd = replace(FACTS, material='P"<&>', product="Ömläut & <x>")
    found = entries(made(tmp_path, facts=odd))
    (filament,) = xml(found["Metadata/slice_info.config"]).iter("filament")
    assert filament.get("type") == 'P"<&>'


def test_nothing_is_left_of_what_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(DiskError):
        packed(tmp_path / "none.gcode", tmp_path / "out.gcode.3mf", FACTS)
    (tmp_path / "in.gcode").write_bytes(GCODE)
    (tmp_path / "bad.png").write_bytes(b"no picture")
    with pytest.raises(DiskError):
        packed(
            tmp_path / "in.gcode",
            tmp_path / "out.gcode.3mf",
            replace(FACTS, picture=tmp_path / "bad.png"),
        )
    assert {file.name for file in tmp_path.iterdir()} == {"in.gcode", "bad.png"}


PEAK = """
import sys
from pathlib import Path
from printd.gcode.packing import packed
from printd.gcode.plate_facts import PlateFacts

facts = PlateFacts("Bambu Lab P1S", 0.4, 1.0, 1, 1.0, 1.0, 1.0)
packed(Path(sys.argv[1]), Path(sys.argv[2]), facts)
status = Path("/proc/self/status").read_text().split()
print(status[status.index("VmHWM:") + 1])
"""


def peak_kib(gcode: Path) -> int:
    """Return the most memory that a program has while it packs a file."""
    run = [sys.executable, "-c", PEAK, str(gcode), str(gcode.with_suffix(".3mf"))]
    return int(subprocess.run(run, capture_output=True, text=True, check=True).stdout)


def test_a_large_file_takes_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    (tmp_path / "small.gcode").write_bytes(GCODE)
    with (tmp_path / "large.gcode").open("wb") as large:
        for _ in range(300):
            large.write(b"G1 X10.123 Y10.456 E0.01234\n" * 2000)  # 17 MB
    assert peak_kib(tmp_path / "large.gcode") - peak_kib(tmp_path / "small.gcode") < 5000


def test_its_model_is_a_closed_box_as_large_as_the_print(tmp_path: Path) -> None:
    mesh = mesh_of(xml(entries(made(tmp_path))["3D/3dmodel.model"]))
    assert check_closed(mesh).is_closed
    assert volume_mm3(mesh) == pytest.approx(40 * 50.5 * 10.4)
    assert mesh.vertices.min(axis=0).tolist() == [10.0, 10.0, 0.0]


def test_without_bounds_it_still_has_a_body(tmp_path: Path) -> None:
    file = made(tmp_path, facts=replace(FACTS, bounds_mm=None))
    assert check_closed(mesh_of(xml(entries(file)["3D/3dmodel.model"]))).is_closed


def test_trimesh_opens_it(tmp_path: Path) -> None:
    box = trimesh.load_mesh(made(tmp_path), file_type="3mf")
    assert box.is_watertight
    assert box.extents.tolist() == [40.0, 50.5, 10.4]


# Facts.


def test_facts_come_from_what_was_read(tmp_path: Path) -> None:
    (tmp_path / "a.gcode").write_bytes(b"; filament used [g] = 12.5\n" + GCODE)
    _, contents = lint_and_read(tmp_path / "a.gcode", P1S)
    facts = plate_facts(contents, P1S, colour="000000")
    assert (facts.product, facts.product_code, facts.nozzle_mm) == ("Bambu Lab P1S", "C12", 0.4)
    assert (facts.filament_g, facts.material, facts.colour) == (12.5, "PLA", "000000")
    assert facts.time_s == contents.least_time_s
    assert facts.bounds_mm == contents.bounds_mm


def test_a_weight_that_nobody_tells_is_that_of_the_filament(tmp_path: Path) -> None:
    (tmp_path / "a.gcode").write_bytes(GCODE)
    _, contents = lint_and_read(tmp_path / "a.gcode", P1S)
    facts = plate_facts(replace(contents, filament_mm=1000.0), P1S)
    assert facts.filament_g == pytest.approx(2.405 * 1.24, rel=1e-3)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.6, "1m 0s"), (3600, "1h 0m 0s"), (90061, "1d 1h 1m 1s"), (-3, "0s")],
)
def test_durations_are_written_as_they_are_read(seconds: float, text: str) -> None:
    assert duration(seconds) == text
    assert seconds_of(text) == max(0, round(seconds))


# What a container says of its filaments.

INFO = """<config><plate><metadata key="index" value="2"/>
 <filament id="1" tray_info_idx="GFA00" type="PLA" color="#ffffff" used_m="1" used_g="3"/>
 <filament id="4" type="PETG &amp; co" color="red"/>
 <filament id="0" type="x"/><filament type="x"/>
</plate></config>"""


def test_filaments_are_read_by_their_slots() -> None:
    assert filaments_of(INFO, 2) == {1: Filament("PLA", "FFFFFF", 3.0), 4: Filament("PETG & co")}
    assert filaments_of(INFO, 1) == {}
    assert filaments_of("", 1) == {}


def test_our_own_are_read_back(tmp_path: Path) -> None:
    with opened(made(tmp_path)) as container:
        used = filaments_of(container.text(SLICE_INFO))
        assert container.text("Metadata/none") == ""
    assert {slot: (one.material, one.colour) for slot, one in used.items()} == {
        1: ("PETG", "DE4343")
    }
    assert used[1].needed_g


# Experiments.


@pytest.mark.parametrize(
    ("slicer", "machine", "is_one"),
    [
        ("PrusaSlicer", P1S, True),
        ("prusa", P1S, True),
        ("orca", P1S, False),
        ("Cura", P1S, True),
        ("", P1S, True),
        ("OrcaSlicer", P1S, False),
        ("BambuStudio", P1S, False),
        ("PrusaSlicer", MACHINE, False),
        ("", MACHINE, False),
    ],
)
def test_what_is_an_experiment(slicer: str, machine: Machine, *, is_one: bool) -> None:
    assert (experiment_of(slicer, machine) is not None) == is_one


def test_an_experiment_is_told_in_a_sentence() -> None:
    assert experiment_of("prusa", P1S) == (
        "G-code of PrusaSlicer for Bambu Lab P1S is an experiment: it lacks the maker's own start "
        "code, which OrcaSlicer and Bambu Studio write."
    )
