"""The corpus: what must be refused is, by its own rule; what is nearly the same passes."""

import functools
import io
import sys

import pytest

from printd.core.machine import Machine
from printd.gcode.judge import judge
from printd.gcode.lines import READING
from printd.gcode.rules import RULES
from printd.gcode.verdict import Level, Verdict
from tests.peers.bambu_corpus import BAMBU_CASES
from tests.peers.gcode_corpus import BOTH, CASES, HOSTILE, MACHINE, SLICERS, Case, Sample

PAIRS = [(case, level) for case in (*CASES, *BAMBU_CASES) for level in case.levels]


@functools.cache
def judged(content: bytes, machine: Machine, level: Level) -> Verdict:
    return judge(io.BytesIO(content), machine, level)[0]


def rules(verdict: Verdict) -> set[str]:
    return {refusal.rule for refusal in verdict.refusals}


@pytest.mark.parametrize(("case", "level"), PAIRS, ids=lambda part: getattr(part, "name", part))
def test_what_breaks_a_rule_is_refused_by_that_rule(case: Case, level: Level) -> None:
    verdict = judged(case.file(case.bad, level), case.machine, level)
    assert rules(verdict) - case.also == {case.rule}


@pytest.mark.parametrize(("case", "level"), PAIRS, ids=lambda part: getattr(part, "name", part))
def test_what_is_nearly_the_same_passes(case: Case, level: Level) -> None:
    verdict = judged(case.file(case.near, level), case.machine, level)
    assert verdict.refusals == ()


@pytest.mark.parametrize("level", BOTH)
def test_every_rule_has_files_at_both_levels(level: Level) -> None:
    numbers = {rule.number for rule in RULES} | {READING}
    covered = {case.rule for case in CASES if level in case.levels}
    # In our own files, G12 warns.
    assert covered | ({"G12"} if level is Level.OWN else set()) == numbers


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("level", BOTH)
def test_hostile_bytes_are_refused(name: str, level: Level) -> None:
    verdict = judged(HOSTILE[name], MACHINE, level)
    assert not verdict.ok
    assert verdict.size_bytes == len(HOSTILE[name])


@pytest.mark.parametrize("sample", SLICERS, ids=lambda sample: sample.slicer)
def test_the_files_of_every_slicer_pass(sample: Sample) -> None:
    verdict = judged(sample.text.encode(), sample.machine, Level.FOREIGN)
    assert verdict.refusals == ()
    assert verdict.layers == sample.layers


@pytest.mark.parametrize("line", ["M203 X600", "M204 P9000", "G1 X5 F600000"])
def test_our_own_files_are_warned_of_too_much_speed(line: str) -> None:
    case = Case("G12", line, "")
    verdict = judged(case.file(line, Level.OWN), MACHINE, Level.OWN)
    assert verdict.ok
    assert {warning.rule for warning in verdict.warnings} == {"G12"}


def test_every_sentence_names_a_line_and_an_action() -> None:
    for case, level in PAIRS:
        for refusal in judged(case.file(case.bad, level), case.machine, level).refusals:
            assert refusal.text
            assert refusal.action.endswith(".")
            assert f"line {refusal.line}" in str(refusal) or refusal.line == 0


def test_the_whole_corpus_without_a_miss_or_a_false_alarm() -> None:
    rows = []
    misses = alarms = 0
    for case, level in PAIRS:
        caught = rules(judged(case.file(case.bad, level), case.machine, level))
        alarm = rules(judged(case.file(case.near, level), case.machine, level))
        misses += case.rule not in caught
        alarms += bool(alarm)
        near = ", ".join(sorted(alarm)) or "passes"
        rows.append(f"{case.rule:8} {level:8} {', '.join(sorted(caught)):12} {near:8} {case.name}")
    table = "\n".join(["", "rule     level    refused by   near     file", *rows])
    sys.stdout.write(f"{table}\n{len(rows)} pairs, {misses} misses, {alarms} false alarms\n")
    assert (misses, alarms) == (0, 0)
