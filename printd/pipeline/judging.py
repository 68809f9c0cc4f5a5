"""G-code that a person hands in: judged for each printer, and printed as it is.

It is judged when it is taken, and becomes a job that is SLICED already. RECEIVED → SLICED is the
same again, where a profile or a rule has changed since. What is sent is the file that was judged.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from printd.core.compute import Compute, Limits
from printd.core.config import Config
from printd.core.errors import (
    ComputeCrashed,
    ComputeMemory,
    ComputeTimeout,
    DiskError,
    GcodeOff,
    GcodeRefused,
    GcodeUnfinished,
    GcodeUnwanted,
    InternalError,
    SettingInvalid,
    WrongKind,
)
from printd.core.given import KEY, Given
from printd.core.jobs import Facts, Job
from printd.core.machine import Machine
from printd.core.prices import price_facts, rates_settings
from printd.core.recipes import Order, of_kind, order_for
from printd.gcode.lines import READING
from printd.gcode.verdict import Verdict
from printd.pipeline import tasks
from printd.pipeline.tools import Tools
from printd.slicers.profiles import Profile

log = logging.getLogger(__name__)
LIMITS: Final = Limits(memory_bytes=1 << 30, wall_s=600.0)  # 500 MB are judged in a minute
RESIN: Final = "resin"  # such printers cannot be told G-code, whatever their folder takes
IN_PARTS: Final = "Slice it in parts."
LIGHTEST_G_MM: Final = 0.00216  # of filament: 1.75 mm of polypropylene; none weighs less
SAID: Final = 3  # of the refusals: the first tells most


@dataclass(frozen=True, slots=True)
class Candidate:
    """A printer that a file may be for."""

    printer: str
    accepts: frozenset[str]  # suffixes
    profile: Profile


def candidates_for(candidates: Sequence[Candidate], printer: str | None) -> list[Candidate]:
    """Return printers with the one that is wanted first: what it may be told, it is told."""
    return sorted(candidates, key=lambda one: one.printer != printer)


def wrong_kind(facts: Facts, given: Given, wanted: Candidate) -> WrongKind | None:
    """Return why a file is not for the printer it was sent to; None: it is, or is sliced for it.

    Args:
        facts: of the judgement, for the first printer that may be told it.
        given: what it is.
        wanted: the printer it was sent to.
    """
    if not given.is_gcode:
        return None
    if given not in wanted.accepts:
        takes = " and ".join(sorted(wanted.accepts))
        return WrongKind(f"The file is {given}; {wanted.printer} takes {takes}.")
    fits = str(facts["gcode"]["profile"])
    if fits == wanted.profile.name:
        return None
    return WrongKind(f"The file was sliced for {fits}; {wanted.printer} is {wanted.profile.name}.")


def in_doubt(facts: Facts) -> WrongKind | None:
    """Return why a person has to say that a file is for such printers; None: it may well be.

    Args:
        facts: of the judgement.
    """
    gcode = facts["gcode"]
    doubt = Verdict.from_dict(gcode["verdict"]).doubt
    if not doubt:
        return None
    return WrongKind(
        f"Nothing says that it is for {gcode['profile']}: {doubt}.",
        action=f"Run `printd release JOB` if it is for printers of {gcode['profile']}, or "
        "`printd cancel JOB`.",
    )


def slicer_order(config: Config, given: Given) -> Order:
    """Return the order that a file sent by a slicer is: a key was made for it, so it is wanted.

    Raises:
        GcodeUnwanted: it is no G-code.
    """
    if not given.is_gcode:
        raise GcodeUnwanted(
            "This is no file of G-code.", action="Send a .gcode or .gcode.3mf file."
        )
    return Order("", {KEY: given, **rates_settings(config.price)})


def gcode_order(config: Config, given: Given, overrides: Mapping[str, Any]) -> Order:
    """Return the order that a file of G-code is: no recipe, nothing that could be set.

    Raises:
        GcodeOff: such files are not taken here.
        SettingInvalid: a person wants something else of it.
    """
    if not config.drop.gcode:
        raise GcodeOff("G-code files from people are not taken here.")
    if overrides:
        raise SettingInvalid(
            f"{', '.join(overrides)}: a file of G-code is printed as it is.",
            action="Leave the settings out, or hand in the picture instead.",
        )
    return Order("", {KEY: given, **rates_settings(config.price)})


def order_of(config: Config, given: Given, recipe: str, overrides: Mapping[str, Any]) -> Order:
    """Return the order that a file handed in is, whatever it is.

    Raises:
        GcodeOff, PromptsOff: it is G-code, or words, and such files are not taken here.
        RecipeUnknown, SettingInvalid: it asks for what cannot be done.
    """
    if given.is_gcode:
        return gcode_order(config, given, overrides)
    return of_kind(config, order_for(config, recipe, overrides), given)


def candidates_of(tools: Tools) -> list[Candidate]:
    """Return the configured printers, in their order."""
    return [
        Candidate(offer.name, tools.printers[offer.name].accepts, tools.profiles[offer.name])
        for offer in tools.offers()
    ]


def judge_given(job: Job, tools: Tools) -> Facts:
    """Judge a file that was taken before by the rules and limits of today."""
    file = tools.folders.of(job.id) / job.given.file
    if not file.is_file():
        raise DiskError(f"The G-code of #{job.number} is gone.")
    candidates = candidates_for(candidates_of(tools), job.wanted_printer)
    facts = judged(file, job.given, candidates, tools.compute)
    return {**facts, **price_facts(job.settings, facts["gcode"])}


def judged(file: Path, given: Given, candidates: Sequence[Candidate], compute: Compute) -> Facts:
    """Judge a file for one printer after the other; return the facts for the first that may.

    One that it may not be meant for (``in_doubt``) counts if there is no other.

    Raises:
        GcodeUnwanted: no printer takes such files.
        WrongKind: it was made for another kind of printer.
        GcodeRefused: none may be told this; the sentence is about the nearest one.
    """
    takers = [
        one for one in candidates if given in one.accepts and one.profile.makes == Given.GCODE
    ]
    if not takers:
        raise GcodeUnwanted(f"No printer of this configuration takes {given} files.")
    seen: dict[Machine, tuple[Candidate, tasks.GivenGcode]] = {}
    for taker in takers:
        machine = taker.profile.machine
        if machine in seen:
            continue
        found = compute.run(tasks.read_given_gcode, file, machine, limits=LIMITS)
        seen[machine] = taker, found
        if found.verdict.ok and not found.verdict.doubt:
            break
    may = [one for one in seen.values() if one[1].verdict.ok]
    if may:
        taker, found = min(may, key=lambda one: one[1].verdict.doubt != "")
        facts = {"gcode": _facts(taker.profile, found)}
        if given is Given.GCODE:
            _draw(file, taker.profile, compute)
        return facts
    for taker, found in seen.values():
        if found.verdict.is_for_another:
            raise _other_kind(taker, found)
    raise _refusal(*min(seen.values(), key=lambda one: one[1].verdict.refused_lines))


def _draw(file: Path, profile: Profile, compute: Compute) -> None:
    """Draw what is printed beside the file; nothing hangs on it."""
    try:
        compute.run(tasks.draw_file, file, profile, file.parent, limits=LIMITS)
    except (ComputeTimeout, ComputeMemory, ComputeCrashed, InternalError) as error:
        log.warning("%s: no picture of it: %s", file, error.problem)


def _facts(profile: Profile, found: tasks.GivenGcode) -> Facts:
    verdict = found.verdict
    contents, *others = found.plates
    if others:
        raise GcodeRefused(
            f"The file holds {1 + len(others)} plates; a job is one print.",
            action="Export each plate by itself.",
        )
    return {
        "profile": profile.name,
        "profile_hash": profile.hash,
        "material": profile.machine.material,
        "slicer": contents.slicer,
        "version": contents.version,
        "print_time_s": contents.time_s,
        "filament_mm": contents.filament_mm or contents.extruded_mm,
        "filament_g": contents.filament_g,
        "least_g": contents.extruded_mm * LIGHTEST_G_MM,
        "least_time_s": contents.least_time_s,
        "filaments": [(slot, asdict(filament)) for slot, filament in found.filaments],
        "layers": contents.layers,
        "warnings": [str(warning) for warning in verdict.warnings],
        "sha256": verdict.sha256,
        "bytes": verdict.size_bytes,
        "verdict": asdict(verdict),
    }


def _other_kind(taker: Candidate, given: tasks.GivenGcode) -> WrongKind:
    """Return the sentence about a file that is not for any of these printers."""
    said = next(one.text for one in given.verdict.refusals if one.of_printer)
    return WrongKind(f"It is not for {taker.printer} ({taker.profile.name}): {said}.")


def _refusal(nearest: Candidate, given: tasks.GivenGcode) -> GcodeRefused:
    """Return the sentence about the first faults; what cannot be read tells most."""
    verdict = given.verdict
    first = sorted(verdict.refusals, key=lambda one: one.rule != READING)[:SAID]
    more = verdict.refused_lines - len(first)
    also = f" ({more} more)" if more > 0 else ""
    said = "; ".join(str(refusal) for refusal in first)
    kind = GcodeUnfinished if given.may_go_on else GcodeRefused
    return kind(
        f"The G-code is refused for {nearest.printer} ({nearest.profile.name}). {said}{also}.",
        action=first[0].action or "Slice again for this printer.",
    )
