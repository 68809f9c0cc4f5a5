"""From OctoPrint's words to ours: its states, and what the board shows of it. Pure.

Source: OctoPrint 1.11.8 and 2.0.0rc7, observed with its virtual printer, November 2026.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum, auto

from printd.core.board import Condition, Evidence, PrinterStatus
from printd.printers.octoprint.answers import HeatAnswer, JobAnswer

FOLDER = "printd"  # in OctoPrint's storage; everything in it is ours
SUFFIX = ".gcode"
NOT_CONNECTED = "OctoPrint is not connected to its printer"
WHOLE_PCT = 100.0


class Phase(StrEnum):
    """What a state of OctoPrint means for a print."""

    AWAY = auto()  # no printer is connected
    READY = auto()  # nothing is printed; says nothing of the bed
    ACTIVE = auto()
    RESTING = auto()
    UNKNOWN = auto()  # takes no start: a transfer to the card, a word of a later version


# Whole texts, never parts of them: "Error" stands in "Offline after error" too.
PHASES = {
    "Offline": Phase.AWAY,
    "Offline after error": Phase.AWAY,
    "Error": Phase.AWAY,  # for one poll, then "Offline after error"
    "Opening serial connection": Phase.AWAY,
    "Detecting serial connection": Phase.AWAY,
    "Connecting": Phase.AWAY,
    "Operational": Phase.READY,
    "Starting": Phase.ACTIVE,
    "Printing": Phase.ACTIVE,
    "Resuming": Phase.ACTIVE,
    "Finishing": Phase.ACTIVE,
    "Cancelling": Phase.ACTIVE,
    "Pausing": Phase.RESTING,  # no line of the file is sent any more
    "Paused": Phase.RESTING,
}
RUNNING = frozenset({Phase.ACTIVE, Phase.RESTING})


def phase_of(state: str) -> Phase:
    """Return what a state means; every text that is not known is busy with something."""
    return PHASES.get(state, Phase.UNKNOWN)


def path_of(print_name: str) -> str:
    """Return where the file of a print lies in OctoPrint's storage."""
    return f"{FOLDER}/{print_name}{SUFFIX}"


def name_in(path: str | None) -> str | None:
    """Return the print name whose file lies at ``path``; None: it is not in our folder."""
    if path is None or not path.startswith(f"{FOLDER}/") or not path.endswith(SUFFIX):
        return None
    name = path.removeprefix(f"{FOLDER}/").removesuffix(SUFFIX)
    return name if name and "/" not in name else None


def status_of(
    job: JobAnswer,
    heat: HeatAnswer,
    *,
    print_name: str | None,
    ended: Evidence | None = None,
    trouble: str | None = None,
) -> PrinterStatus:
    """Return what the board shows.

    Args:
        job: the state, what is selected, how far it is.
        heat: the temperatures, as far as they are known.
        print_name: of the selected file, when it is ours; after its end also without a file.
        ended: how that print ended, when it has.
        trouble: what was said when it failed.
    """
    phase = phase_of(job.state)
    shown = _heated(heat)
    if phase is Phase.AWAY:
        return PrinterStatus(Condition.OFFLINE, trouble=trouble_of(job))
    if phase in RUNNING and print_name is not None and ended is None:
        return replace(
            shown,
            condition=Condition.PRINTING if phase is Phase.ACTIVE else Condition.PAUSED,
            print_name=print_name,
            progress=progress_of(job),
            remaining_s=job.progress.printTimeLeft,
        )
    if phase is not Phase.READY:
        return shown
    condition = _at_rest(job, print_name, ended)
    return replace(
        shown,
        condition=condition,
        print_name=None if condition is Condition.IDLE else print_name,
        progress=1.0 if condition is Condition.FINISHED else None,
        trouble=trouble if condition is Condition.FAILED else None,
    )


def _heated(heat: HeatAnswer) -> PrinterStatus:
    """Return a printer at work on something, with its temperatures."""
    nozzle, bed, chamber = heat.of("tool0"), heat.of("bed"), heat.of("chamber")
    return PrinterStatus(
        Condition.BUSY,
        nozzle_c=nozzle.actual,
        bed_c=bed.actual,
        chamber_c=chamber.actual,
        nozzle_target_c=nozzle.target,
        bed_target_c=bed.target,
        chamber_target_c=chamber.target,
    )


def _at_rest(job: JobAnswer, print_name: str | None, ended: Evidence | None) -> Condition:
    if ended is not None:
        return Condition(ended.value)
    is_whole = job.progress.completion == WHOLE_PCT
    if is_whole and job.path is not None and print_name is None:
        return Condition.FINISHED  # a stranger's print, which perhaps nobody saw run
    return Condition.IDLE


def progress_of(job: JobAnswer) -> float | None:
    """Return the share of the file that was sent, 0 to 1."""
    pct = job.progress.completion
    return None if pct is None else min(max(pct / WHOLE_PCT, 0.0), 1.0)


def trouble_of(job: JobAnswer) -> str:
    """Return why no printer is connected, in a sentence without its full stop."""
    if job.error:
        return job.error.rstrip(".")
    if job.state in ("Error", "Offline after error"):
        return "OctoPrint has lost its printer after an error"
    if job.state == "Offline":
        return NOT_CONNECTED
    return f"{NOT_CONNECTED} yet ({job.state})"
