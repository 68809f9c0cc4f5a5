"""G-code of a person: judged for each printer, assigned as judged, judged again on a change."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from printd.core.clock import utc_now
from printd.core.config import Config
from printd.core.errors import (
    ComputeMemory,
    GcodeOff,
    GcodeRefused,
    GcodeUnfinished,
    GcodeUnwanted,
    SettingInvalid,
    WrongKind,
)
from printd.core.files import JobFolders
from printd.core.given import KEY, Given
from printd.core.jobs import Job, State
from printd.core.shipped import shipped
from printd.core.shop import why_they_wait
from printd.core.store import NewJob
from printd.gcode.rules.made_for import OF_A_MAKER
from printd.gcode.verdict import Level, Verdict
from printd.pipeline.judging import Candidate, gcode_order, in_doubt, judged
from printd.pipeline.starting import upload_file
from printd.pipeline.tasks import draw_file
from tests.peers.containers import PLATE, packed, whole
from tests.peers.floor import GENERIC, Floor
from tests.peers.gcode_corpus import CASES, END, PRINT, START
from tests.peers.stores import clear_bed

GOOD = START + PRINT + END
TOO_HOT = START + "M104 S400\n" + PRINT + END
HOTTER = START + "M104 S260\n" + PRINT + END  # for PETG, not for PLA
BARE = frozenset({".gcode"})
BOTH = frozenset({".gcode", ".gcode.3mf"})
PETG = replace(
    GENERIC,
    name="petg",
    machine=replace(GENERIC.machine, name="petg", material="PETG", material_max_c=260),
)


class Here:
    """Runs tasks at once, in this process, and counts them."""

    def __init__(self) -> None:
        self.asked = 0
        self.cannot_draw = False

    def run(self, task: Callable[..., Any], *values: Any, limits: object) -> Any:
        self.asked += 1
        if task is draw_file and self.cannot_draw:
            raise ComputeMemory("It needs more.")
        return task(*values)


def judge(file: Path, given: Given = Given.GCODE, *candidates: Candidate) -> dict[str, Any]:
    facts = judged(file, given, candidates or (Candidate("p1", BARE, GENERIC),), Here())  # type: ignore[arg-type]
    return dict(facts["gcode"])


def written(folder: Path, text: str | bytes, name: str = "print.gcode") -> Path:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder / name


# The switch.


def test_gcode_is_off_until_somebody_switches_it_on() -> None:
    with pytest.raises(GcodeOff) as refused:
        gcode_order(Config(), Given.GCODE, {})
    assert "`gcode: true` under `drop:`" in refused.value.action


def test_gcode_has_no_settings() -> None:
    config = Config.model_validate({"drop": {"gcode": True}})
    assert gcode_order(config, Given.GCODE, {}).settings == {KEY: ".gcode"}
    with pytest.raises(SettingInvalid, match="width_mm: a file of G-code is printed as it is"):
        gcode_order(config, Given.GCODE, {"width_mm": 40})


# The judgement.


def test_a_good_file_is_for_the_first_printer_that_may(tmp_path: Path) -> None:
    file = written(tmp_path, HOTTER)
    pla, petg = Candidate("p1", BARE, GENERIC), Candidate("p2", BARE, PETG)
    facts = judge(file, Given.GCODE, pla, petg)
    assert (facts["profile"], facts["material"]) == ("petg", "PETG")
    assert judge(written(tmp_path, GOOD), Given.GCODE, pla, petg)["profile"] == "generic"


def test_the_facts_are_those_that_a_printer_is_given(tmp_path: Path) -> None:
    facts = judge(written(tmp_path, GOOD))
    verdict = Verdict.from_dict(json.loads(json.dumps(facts))["verdict"])
    assert verdict.level is Level.FOREIGN
    assert verdict.holds_for(facts["sha256"], GENERIC.machine)
    assert facts["bytes"] == len(GOOD)
    assert (facts["profile"], facts["profile_hash"]) == (GENERIC.name, GENERIC.hash)


def test_what_is_printed_is_drawn_beside_it(tmp_path: Path) -> None:
    judge(written(tmp_path, GOOD))
    assert (tmp_path / JobFolders.TOOLPATH).read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_drawn_is_taken_all_the_same(tmp_path: Path) -> None:
    here = Here()
    here.cannot_draw = True
    plain = Candidate("p1", BARE, GENERIC)
    facts = judged(written(tmp_path, GOOD), Given.GCODE, [plain], here)  # type: ignore[arg-type]
    assert facts["gcode"]["profile"] == "generic"
    assert [file.name for file in tmp_path.iterdir()] == ["print.gcode"]


def test_what_is_refused_is_not_drawn(tmp_path: Path) -> None:
    with pytest.raises(GcodeRefused):
        judge(written(tmp_path, TOO_HOT))
    assert [file.name for file in tmp_path.iterdir()] == ["print.gcode"]


def test_machines_with_the_same_limits_are_asked_once(tmp_path: Path) -> None:
    here = Here()
    same = [Candidate(f"p{number}", BARE, GENERIC) for number in range(3)]
    with pytest.raises(GcodeRefused):
        judged(written(tmp_path, TOO_HOT), Given.GCODE, same, here)  # type: ignore[arg-type]
    assert here.asked == 1


def test_gcode_is_nothing_for_a_resin_printer(tmp_path: Path) -> None:
    resin = Candidate("p1", BARE, replace(GENERIC, kind="resin"))
    with pytest.raises(GcodeUnwanted):
        judge(written(tmp_path, GOOD), Given.GCODE, resin)


def test_the_refusal_names_printer_rule_and_line(tmp_path: Path) -> None:
    with pytest.raises(GcodeRefused) as refused:
        judge(written(tmp_path, TOO_HOT))
    assert refused.value.problem.startswith("The G-code is refused for p1 (generic). G2, line 8: ")
    assert "400 °C" in refused.value.problem
    assert refused.value.action
    assert not isinstance(refused.value, GcodeUnfinished)


def test_the_refusal_is_about_the_nearest_printer(tmp_path: Path) -> None:
    both = START + "M104 S260\nM104 S261\nM500\n" + PRINT + END
    with pytest.raises(GcodeRefused, match=r"for p2 \(petg\)\. G5, line 10") as refused:
        judge(
            written(tmp_path, both),
            Given.GCODE,
            Candidate("p1", BARE, GENERIC),
            Candidate("p2", BARE, PETG),
        )
    assert "M500" in refused.value.problem


def test_only_the_first_faults_are_told(tmp_path: Path) -> None:
    with pytest.raises(GcodeRefused, match=r"line 10: .* \(17 more\)\. "):
        judge(written(tmp_path, START + "M500\n" * 20 + PRINT + END))


@pytest.mark.parametrize(
    "case", [case for case in CASES if Level.FOREIGN in case.levels], ids=lambda case: case.name
)
def test_no_file_that_breaks_a_rule_becomes_a_job(case: Any, tmp_path: Path) -> None:
    file = written(tmp_path, case.file(case.bad, Level.FOREIGN))
    profile = replace(GENERIC, machine=case.machine)
    with pytest.raises((GcodeRefused, WrongKind)) as refused:
        judge(file, Given.GCODE, Candidate("p1", BARE, profile))
    if not isinstance(refused.value, WrongKind):
        assert f"{case.rule}, " in refused.value.problem or case.also
    else:
        assert case.rule == "G14" or "G14" in case.also


def test_every_cut_may_still_go_on(tmp_path: Path) -> None:
    text = START + PRINT * 20 + END
    for length in range(0, len(text) - 1, 9):
        with pytest.raises(GcodeUnfinished):
            judge(written(tmp_path, text[:length]))


@pytest.mark.parametrize("bad", ["M500", "M104 S400", "M999", 'G1 X"1"'])
def test_a_fault_before_the_end_cannot_be_mended_by_the_rest(tmp_path: Path, bad: str) -> None:
    text = START + f"{bad}\n" + PRINT + "G1 X1"
    with pytest.raises(GcodeRefused) as refused:
        judge(written(tmp_path, text))
    assert not isinstance(refused.value, GcodeUnfinished)


def test_binary_gcode_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(GcodeRefused, match="the file is binary G-code, not plain G-code"):
        judge(written(tmp_path, b"GCDE\1\0\0\0\1\0" + bytes(200)))


def block(*settings: str) -> str:
    lines = "".join(f"; {setting}\n" for setting in settings)
    return f"; prusaslicer_config = begin\n{lines}; prusaslicer_config = end\n"


FOR_ANOTHER = (
    ("nozzle_diameter = 0.6", "the file is for a nozzle of 0.6 mm, not 0.4 mm"),
    ("printer_model = MK4", "the file is for MK4, and the profile names no such printer"),
    ("printer_model = Bambu Lab A1", "the file is for Bambu Lab A1, and the profile names no such"),
    ("bed_shape = 0x0,250x0,250x210,0x210", "the file is for a bed of 250 x 210 mm, not 220 x 220"),
    ("printable_area = 0x0,180x0,180x180,0x180", "the file is for a bed of 180 x 180 mm"),
    ("gcode_flavor = klipper", "the file is for klipper firmware, not marlin2"),
)


@pytest.mark.parametrize(("setting", "said"), FOR_ANOTHER)
def test_a_file_for_another_printer_is_of_the_wrong_kind(
    tmp_path: Path, setting: str, said: str
) -> None:
    with pytest.raises(WrongKind) as wrong:
        judge(written(tmp_path, GOOD + block(setting)))
    assert wrong.value.problem.startswith(f"It is not for p1 (generic): {said}")


@pytest.mark.parametrize(
    "setting",
    [
        "nozzle_diameter = 0.4",
        "printer_model = ",
        "bed_shape = 5x0,215x0,215x220,5x220",  # of 220 x 220, with room for clips
        "bed_shape = 0x0,235x0,235x235,0x235",
        "bed_shape = round",
    ],
)
def test_a_printer_of_a_class_takes_what_may_be_for_it(tmp_path: Path, setting: str) -> None:
    assert judge(written(tmp_path, GOOD + block(setting)))["profile"] == "generic"


UNKNOWN = (
    block("printer_model = ENDER3"),
    block("printer_model = Minister", "bed_shape = round"),
    ";FLAVOR:Marlin\n;TARGET_MACHINE.NAME:Creality Ender-3 Pro\n",
    'M862.3 P "ENDER3"\n',
)


@pytest.mark.parametrize("said", UNKNOWN)
def test_a_name_that_nobody_knows_leaves_a_doubt(tmp_path: Path, said: str) -> None:
    facts = judge(written(tmp_path, said + GOOD))
    doubt = in_doubt({"gcode": json.loads(json.dumps(facts))})
    assert doubt is not None
    assert doubt.code == "wrong_kind"
    assert doubt.problem.startswith("Nothing says that it is for generic: the file is for ")
    assert "release JOB` if it is for printers of generic" in doubt.action


@pytest.mark.parametrize(
    "said",
    ["", block("printer_model = ENDER3", "bed_shape = 0x0,220x0,220x220,0x220")],
)
def test_what_says_nothing_or_enough_leaves_none(tmp_path: Path, said: str) -> None:
    assert in_doubt({"gcode": judge(written(tmp_path, GOOD + said))}) is None


def test_a_printer_that_is_named_comes_before_one_that_may_be_meant(tmp_path: Path) -> None:
    ender = replace(GENERIC, name="ender", machine=replace(GENERIC.machine, model="ENDER3"))
    printers = Candidate("p1", BARE, GENERIC), Candidate("p2", BARE, ender)
    file = written(tmp_path, GOOD + block("printer_model = ENDER3"))
    facts = judge(file, Given.GCODE, *printers)
    assert (facts["profile"], in_doubt({"gcode": facts})) == ("ender", None)


def test_the_name_of_a_printer_says_more_than_its_bed(tmp_path: Path) -> None:
    named = replace(GENERIC, machine=replace(GENERIC.machine, model="MINI"))
    text = GOOD + block("bed_shape = 0x0,180x0,180x180,0x180", "printer_model = MINI")
    assert judge(written(tmp_path, text), Given.GCODE, Candidate("p1", BARE, named))


def test_what_is_in_a_file_for_another_printer_is_not_held_against_it(tmp_path: Path) -> None:
    odd = START + "M9999 S1\n" + PRINT + END
    with pytest.raises(GcodeRefused):
        judge(written(tmp_path, odd))
    with pytest.raises(WrongKind):
        judge(written(tmp_path, odd + block("printer_model = MK4")))
    with pytest.raises(GcodeRefused):  # it is cut off
        judge(written(tmp_path, (odd + block("printer_model = MK4"))[:-3]))
    with pytest.raises(GcodeUnfinished):  # the rest may still come
        judge(written(tmp_path, block("printer_model = MK4") + GOOD[:-3]))


def test_the_printer_that_it_was_made_for_takes_it(tmp_path: Path) -> None:
    mk4 = replace(GENERIC, name="mk4", machine=replace(GENERIC.machine, model="MK4"))
    candidates = (Candidate("p1", BARE, GENERIC), Candidate("p2", BARE, mk4))
    text = GOOD + block("printer_model = MK4")
    assert judge(written(tmp_path, text), Given.GCODE, *candidates)["profile"] == "mk4"


def test_every_profile_of_a_maker_names_its_printer() -> None:
    for file in shipped("profiles").glob("*/printer.yaml"):
        model = yaml.safe_load(file.read_text()).get("model", "")
        assert not model or OF_A_MAKER(model), file


# Containers.


def test_a_container_waits_for_a_printer_that_takes_such(tmp_path: Path) -> None:
    file = whole(tmp_path / "print.gcode.3mf", GOOD.encode())
    with pytest.raises(GcodeUnwanted, match=r"No printer of this configuration takes \.gcode\.3mf"):
        judge(file, Given.CONTAINER)
    bambu = Candidate("p2", BOTH, PETG)
    facts = judge(file, Given.CONTAINER, Candidate("p1", BARE, GENERIC), bambu)
    assert (facts["profile"], facts["bytes"]) == ("petg", file.stat().st_size)


def test_a_plate_that_is_refused_refuses_its_container(tmp_path: Path) -> None:
    file = whole(tmp_path / "print.gcode.3mf", TOO_HOT.encode())
    with pytest.raises(GcodeRefused, match=r"G2, line 8: plate 1: .*400 °C"):
        judge(file, Given.CONTAINER, Candidate("p1", BOTH, GENERIC))


def test_a_container_of_two_plates_is_no_one_print(tmp_path: Path) -> None:
    entries = {PLATE: GOOD.encode(), "Metadata/plate_2.gcode": GOOD.encode()}
    file = packed(tmp_path / "print.gcode.3mf", entries)
    with pytest.raises(GcodeRefused, match="holds 2 plates") as refused:
        judge(file, Given.CONTAINER, Candidate("p1", BOTH, GENERIC))
    assert "Export each plate" in refused.value.action


# Its job.


def given_job(floor: Floor, text: str = GOOD, given: Given = Given.GCODE) -> Job:
    """Return the job that the inbox makes of a file that one of the printers may be told."""
    folder = floor.folders.new()
    file = written(folder, text, given.file)
    facts = {"gcode": judge(file)}
    settings = {KEY: str(given)}
    new = NewJob(folder.name, "part.gcode", "", settings, "0" * 64, facts, state=State.SLICED)
    return floor.store.accept(new)


def test_it_begins_sliced_and_waits_as_any_other(floor: Floor) -> None:
    job = given_job(floor)
    assert job.state is State.SLICED
    why = why_they_wait([job], floor.offers(), utc_now()).get(job.number)
    assert why is not None
    assert why.code == "bed_unknown"


def test_it_is_assigned_and_uploaded_byte_for_byte(floor: Floor) -> None:
    job = given_job(floor)
    assert floor.step(job).state is State.SLICED  # no bed is clear
    clear_bed(floor.store)
    job = floor.step(job)
    assert (job.state, job.printer) == (State.ASSIGNED, "left")
    upload_file(job, floor.tools)
    assert floor.left.contents == [GOOD.encode()]


def test_a_purge_line_at_the_very_edge_needs_no_margin(floor: Floor) -> None:
    """The verdict says that it fits; the margin is for models that are still to be placed."""
    clear_bed(floor.store)
    job = given_job(floor, START + "G1 X0 Y0 Z0.2 F3000\nG1 X220 Y220 E10\n" + END)
    assert floor.step(job).state is State.ASSIGNED


def test_changed_bytes_are_never_sent(floor: Floor) -> None:
    clear_bed(floor.store)
    job = floor.step(given_job(floor))
    written(floor.folders.of(job.id), TOO_HOT, JobFolders.GCODE)
    assert floor.step(job).state is State.FAILED
    assert floor.left.contents == []


def test_a_changed_profile_has_it_judged_again(floor: Floor) -> None:
    clear_bed(floor.store)
    job = given_job(floor)
    colder = replace(GENERIC.machine, max_nozzle_c=250)
    floor.change_profile(replace(GENERIC, machine=colder, hash="another"))
    job = floor.step(job)
    assert job.state is State.RECEIVED
    job = floor.step(job)
    assert job.state is State.SLICED
    assert job.facts["gcode"]["verdict"]["limits_hash"] == colder.limits_hash
    assert floor.step(job).state is State.ASSIGNED


def test_what_no_printer_may_be_told_any_more_waits_for_a_person(floor: Floor) -> None:
    clear_bed(floor.store)
    job = given_job(floor)
    floor.change_profile(
        replace(GENERIC, machine=replace(GENERIC.machine, max_nozzle_c=200), hash="another")
    )
    job = floor.step(floor.step(job))
    assert job.state is State.HELD
    assert job.because is not None
    assert (job.because.code, job.held_from) == ("gcode_refused", State.RECEIVED)
    assert "G2, line" in job.because.problem


def test_a_container_is_never_assigned_to_a_printer_that_does_not_take_it(floor: Floor) -> None:
    clear_bed(floor.store, "left")
    clear_bed(floor.store, "right")
    floor.printers["right"].accepts = BOTH
    job = given_job(floor)
    folder = floor.folders.of(job.id)
    file = whole(folder / Given.CONTAINER.file, GOOD.encode())
    facts = {"gcode": judge(file, Given.CONTAINER, Candidate("right", BOTH, GENERIC))}
    other = floor.folders.new()
    file.rename(other / file.name)
    settings = {KEY: str(Given.CONTAINER)}
    new = NewJob(other.name, "x", "", settings, "1" * 64, facts, state=State.SLICED)
    job = floor.step(floor.store.accept(new))
    assert (job.state, job.printer) == (State.ASSIGNED, "right")
    assert floor.step(job).state is State.UPLOADED
    assert floor.printers["right"].contents == [(other / file.name).read_bytes()]
