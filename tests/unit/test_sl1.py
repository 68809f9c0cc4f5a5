"""Files for resin printers: what must be refused is, by its own rule; what is nearly so passes."""

import hashlib
import json
import sys
from dataclasses import asdict, replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from printd.core.errors import DiskError, GcodeRefused
from printd.gcode import sl1
from printd.gcode.sl1.faults import ACTIONS
from printd.gcode.sl1.layers import sample
from printd.gcode.sl1.limits import Box, Rectangle
from printd.gcode.verdict import Level, Verdict
from tests.peers import sl1_corpus as corpus
from tests.peers.sl1_corpus import CASES, LIMITS, MACHINE, SETTINGS, Case


def judged(folder: Path, content: bytes, case: Case | None = None) -> Verdict:
    file = folder / "print.sl1"
    file.write_bytes(content)
    return sl1.judge_sl1(file, case.machine if case else MACHINE, LIMITS, Level.OWN)


def rules(verdict: Verdict) -> set[str]:
    return {refusal.rule for refusal in verdict.refusals}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.name}")
def test_what_breaks_a_rule_is_refused_and_what_is_nearly_so_passes(
    tmp_path: Path, case: Case
) -> None:
    bad = judged(tmp_path, case.bad, case)
    assert rules(bad) == {case.rule}
    assert all(refusal.text and refusal.action.endswith(".") for refusal in bad.refusals)
    assert judged(tmp_path, case.near, case).refusals == ()


def test_every_rule_has_its_files() -> None:
    assert {case.rule for case in CASES} == set(ACTIONS)


def test_the_whole_corpus_without_a_miss_or_a_false_alarm(tmp_path: Path) -> None:
    rows = []
    misses = alarms = 0
    for case in CASES:
        caught = rules(judged(tmp_path, case.bad, case))
        alarm = rules(judged(tmp_path, case.near, case))
        misses += case.rule not in caught
        alarms += bool(alarm)
        near = ", ".join(sorted(alarm)) or "passes"
        rows.append(f"{case.rule:5} {', '.join(sorted(caught)):11} {near:8} {case.name}")
    table = "\n".join(["", "rule  refused by  near     file", *rows])
    sys.stdout.write(f"{table}\n{len(rows)} pairs, {misses} misses, {alarms} false alarms\n")
    assert (misses, alarms) == (0, 0)


def test_a_verdict_names_the_bytes_the_machine_and_the_place(tmp_path: Path) -> None:
    content = corpus.sl1()
    verdict = judged(tmp_path, content)
    digest = hashlib.sha256(content).hexdigest()
    assert verdict.holds_for(digest, MACHINE)
    assert not verdict.holds_for(digest, replace(MACHINE, height_mm=4))
    assert verdict.size_bytes == len(content)
    assert verdict.layers == 20
    # Columns 6..30 are Y from the front, rows 10..50 X from the right.
    assert verdict.bounds_mm == pytest.approx((13, 6, 0, 54, 31, 1.0))
    assert Verdict.from_dict(json.loads(json.dumps(asdict(verdict)))) == verdict


def test_what_is_in_a_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "print.sl1"
    file.write_bytes(corpus.sl1())
    _, contents = sl1.judge_and_read(file, MACHINE, LIMITS)
    assert contents is not None
    assert contents.layers == 20
    assert contents.height_mm == pytest.approx(1.0)
    assert (contents.time_s, contents.resin_ml) == (598.5, 0.197)
    assert (contents.exposure_s, contents.first_exposure_s) == (8, 35)


def test_a_thicker_first_layer_counts_in_the_height(tmp_path: Path) -> None:
    settings = corpus.text(SETTINGS, initial_layer_height="0.3")
    verdict = judged(tmp_path, corpus.sl1({"prusaslicer.ini": settings}))
    assert verdict.bounds_mm is not None
    assert verdict.bounds_mm[5] == pytest.approx(1.25)


# Boxes of 20 x 10 mm with the middle at X 20 and Y 50 on a bed of 120.96 x 68.04 mm of 2560 x 1440
# dots, as PrusaSlicer 2.5.0 drew them.
PLACES = [
    ("portrait", True, False, (952, 1925, 1164, 2348)),
    ("portrait", False, False, (276, 1925, 488, 2348)),
    ("portrait", True, True, (952, 212, 1164, 635)),
    ("landscape", True, False, (1925, 276, 2348, 488)),
]


@pytest.mark.parametrize(("way", "mirror_x", "mirror_y", "box"), PLACES)
def test_a_place_in_a_picture_is_a_place_on_the_bed(
    way: str, mirror_x: bool, mirror_y: bool, box: Box
) -> None:
    limits = sl1.ResinLimits(2560, 1440, way == "portrait", mirror_x, mirror_y, (1, 120), (1, 300))
    place: Rectangle = limits.on_bed(box, 120.96, 68.04)
    assert place == pytest.approx((10, 45, 30, 55), abs=0.05)


def test_only_some_layers_of_a_long_file_are_decoded() -> None:
    assert sample(3, 24) == [0, 1, 2]
    chosen = sample(3000, 24)
    assert (len(chosen), chosen[0], chosen[-1]) == (24, 0, 2999)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="cannot be read"):
        sl1.judge_sl1(tmp_path / "none.sl1", MACHINE, LIMITS)
    with pytest.raises(DiskError, match="cannot be read"):
        sl1.strip(tmp_path / "none.sl1")


def test_a_strip_shows_layers_as_they_lie_on_the_bed(tmp_path: Path) -> None:
    # A corner of its own at X 54, Y 31: rows begin at the right, columns at the front.
    wide = {corpus.number(index): corpus.layer((28, 10, 30, 50)) for index in range(1, 20)}
    file = tmp_path / "print.sl1"
    file.write_bytes(corpus.sl1(wide))
    picture = Image.open(BytesIO(sl1.strip(file))).convert("L")
    cell = (picture.width - 8) // 6 - 8
    first = picture.crop((8, 8, 8 + cell, picture.height - 8))
    second = picture.crop((16 + cell, 8, 16 + 2 * cell, picture.height - 8))
    box = second.point(lambda grey: 255 if grey > 100 else 0).getbbox()
    assert first.point(lambda grey: 255 if grey > 100 else 0).getbbox() == (10, 10, 51, 35)
    assert box == (10, 10, 51, 13)  # the back edge alone


def test_a_file_without_layers_has_no_strip(tmp_path: Path) -> None:
    file = tmp_path / "print.sl1"
    for content in (corpus.sl1(layers=0), corpus.sl1()[:-1], b"", b"PK" * 100):
        file.write_bytes(content)
        with pytest.raises(GcodeRefused):
            sl1.strip(file)
