"""What the board shows of a Bambu printer, and why it cannot be used now. Pure.

Source of the stages: ha-bambulab and bambuddy; read, not measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printd.core.board import STARTABLE as STARTABLE_CONDITIONS
from printd.core.board import Condition, Evidence, PrinterStatus
from printd.core.jobs import Because
from printd.printers.bambu.errors import (
    AT_THE_DISPLAY,
    DEVELOPER_MODE,
    Meaning,
    Severity,
    trouble_of,
)
from printd.printers.bambu.report import STARTABLE, Phase, Snapshot

WHOLE_PCT: Final = 100.0
NOZZLE_TOLERANCE_MM: Final = 0.01  # some report 0.4000000059604645
NOZZLE_DIGITS: Final = 2
FAULTS: Final = frozenset({Meaning.STOPS, Meaning.PAUSES, Meaning.ASKS})
AT_REST: Final[Mapping[Phase, Condition]] = {
    Phase.IDLE: Condition.IDLE,
    Phase.FINISH: Condition.FINISHED,
    Phase.FAILED: Condition.FAILED,
}
# Why a print rests, by ``stg_cur``.
PAUSES: Final[Mapping[int, str]] = {
    5: "the file asks for a pause",
    6: "the filament has run out",
    16: "a person paused the print",
    17: "the front cover fell off",
    20: "the nozzle does not reach its temperature",
    21: "the bed does not reach its temperature",
    23: "the printer has lost steps",
    26: "the AMS does not answer",
    27: "the fan of the heat break stands still",
    28: "the chamber does not reach its temperature",
    30: "the file asks for a pause",
    32: "filament covers the nozzle",
    33: "the cutter is stuck",
    34: "the first layer looks wrong",
    35: "the nozzle is clogged",
}


def status_of(
    snapshot: Snapshot,
    *,
    print_name: str | None = None,
    ended: Evidence | None = None,
    nozzle_mm: float | None = None,
    needs_card: bool = True,
) -> PrinterStatus:
    """Return what the board shows.

    Args:
        snapshot: the printer as it is now.
        print_name: of the print that it shows, when that is one of ours.
        ended: how that print ended, when it is known. Until it is, the printer is busy: it may
            still be about to begin.
        nozzle_mm: of the files that are made for it; None: not compared.
        needs_card: whether the model has no storage of its own.
    """
    condition = _condition(snapshot, print_name, ended)
    if condition not in AT_REST.values() and condition is not Condition.CANCELLED:
        return _shown(snapshot, condition, print_name, _trouble(snapshot))
    reason = why_not_ready(snapshot, nozzle_mm, needs_card=needs_card)
    if reason is not None:
        busy = Condition.BUSY if snapshot.is_upgrading else Condition.OFFLINE
        return _shown(snapshot, busy, None, reason.problem)
    failed = condition is Condition.FAILED
    return _shown(snapshot, condition, print_name, _trouble(snapshot) if failed else None)


def why_not_ready(
    snapshot: Snapshot, nozzle_mm: float | None = None, *, needs_card: bool = True
) -> Because | None:
    """Return what a person must do before anything can be started; None: nothing is in the way.

    Whether it prints is not asked here. The arguments are those of ``status_of``.
    """
    return (
        locked(snapshot)
        or upgrading(snapshot)
        or unusable_card(snapshot, needs_card=needs_card)
        or wrong_nozzle(snapshot, nozzle_mm)
    )


def locked(snapshot: Snapshot) -> Because | None:
    """Say that it takes no commands; None: it does, or does not say."""
    if not snapshot.is_locked:
        return None
    words = "the printer takes no commands: Developer Mode is off."
    return Because("developer_mode_off", words, DEVELOPER_MODE)


def upgrading(snapshot: Snapshot) -> Because | None:
    """Say that its firmware is being replaced."""
    if not snapshot.is_upgrading:
        return None
    words = "the printer updates its firmware."
    return Because("printer_upgrading", words, "Wait for its end.")


def unusable_card(snapshot: Snapshot, *, needs_card: bool) -> Because | None:
    """Say that files cannot be kept there."""
    if needs_card and snapshot.has_card is False:
        words = "the printer has no memory card."
        return Because("no_card", words, "Put a memory card into the printer.")
    if snapshot.is_card_abnormal:
        words = "the printer's memory card cannot be used."
        action = "Format the card in the printer, or put in another."
        return Because("card_abnormal", words, action)
    return None


def wrong_nozzle(snapshot: Snapshot, nozzle_mm: float | None) -> Because | None:
    """Say that none of its nozzles is the one that files are made for."""
    sizes = [one.diameter_mm for one in snapshot.nozzles if one.diameter_mm is not None]
    if nozzle_mm is None or not sizes:
        return None
    if any(abs(size - nozzle_mm) <= NOZZLE_TOLERANCE_MM for size in sizes):
        return None
    return Because(
        "wrong_nozzle",
        f"the printer has a nozzle of {sizes[0]:g} mm; its profile is for {nozzle_mm:g} mm.",
        "Change the nozzle, or the printer's `profile`.",
    )


def _condition(snapshot: Snapshot, print_name: str | None, ended: Evidence | None) -> Condition:
    if snapshot.is_active:
        if print_name is None:
            return Condition.BUSY
        return Condition.PAUSED if snapshot.phase is Phase.PAUSE else Condition.PRINTING
    if snapshot.phase is Phase.OFFLINE:
        return Condition.OFFLINE
    if snapshot.phase not in STARTABLE:
        return Condition.BUSY
    if print_name is not None:
        return _ours(snapshot, ended)
    if snapshot.phase is Phase.FAILED and snapshot.was_cancelled:
        return Condition.CANCELLED
    return AT_REST[snapshot.phase]


def _ours(snapshot: Snapshot, ended: Evidence | None) -> Condition:
    """Return how ours has ended; a printer shows the end of the print before for minutes."""
    if snapshot.phase is Phase.IDLE and ended is not None:
        return Condition.IDLE
    if ended in (Evidence.FINISHED, Evidence.FAILED, Evidence.CANCELLED):
        return Condition(ended.value)
    if ended is Evidence.NOT_STARTED:
        return AT_REST[snapshot.phase]
    return Condition.BUSY


def _shown(
    snapshot: Snapshot, condition: Condition, print_name: str | None, trouble: str | None
) -> PrinterStatus:
    runs = condition in (Condition.PRINTING, Condition.PAUSED)
    named = runs or condition in (Condition.FINISHED, Condition.FAILED, Condition.CANCELLED)
    return PrinterStatus(
        condition,
        print_name=print_name if named else None,
        progress=_progress(snapshot) if runs else _whole(condition),
        layer=snapshot.layer if runs else None,
        layers=snapshot.layers if runs else None,
        remaining_s=_remaining_s(snapshot) if runs else None,
        nozzle_c=snapshot.nozzle.now_c,
        bed_c=snapshot.bed.now_c,
        chamber_c=snapshot.chamber_c,
        nozzle_target_c=snapshot.nozzle.target_c,
        bed_target_c=snapshot.bed.target_c,
        trouble=trouble,
        spools=snapshot.spools,
        nozzles_mm=_nozzles_mm(snapshot),
        fault=_fault(snapshot) if condition in STARTABLE_CONDITIONS else None,
    )


def _nozzles_mm(snapshot: Snapshot) -> tuple[float, ...]:
    sizes = (one.diameter_mm for one in snapshot.nozzles if one.diameter_mm is not None)
    return tuple(round(size, NOZZLE_DIGITS) for size in sizes)


def _fault(snapshot: Snapshot) -> str | None:
    """Return what a person has to put right first; what a start has met is none, nor a warning."""
    found = trouble_of(snapshot.print_error)
    if found is None:
        fatal = (one for one in snapshot.hms if one.severity == Severity.FATAL)
        found = next((one.trouble for one in fatal), None)
    return str(found) if found is not None and found.meaning in FAULTS else None


def _whole(condition: Condition) -> float | None:
    return 1.0 if condition is Condition.FINISHED else None


def _progress(snapshot: Snapshot) -> float | None:
    """Return the share that is printed, 0 to 1; what stands there of the job before is none."""
    if snapshot.phase in (Phase.PREPARE, Phase.SLICING):
        return 0.0
    if snapshot.percent is None:
        return None
    begins = snapshot.layer is not None and snapshot.layers is not None and snapshot.layer <= 1
    if snapshot.percent == WHOLE_PCT and begins and snapshot.layers != 1:
        return 0.0
    return snapshot.percent / WHOLE_PCT


def _remaining_s(snapshot: Snapshot) -> float | None:
    """Return the time that is left; 0 before the printer has made its estimate is none."""
    if snapshot.remaining_s == 0.0 and (snapshot.percent or 0.0) < WHOLE_PCT:
        return None
    return snapshot.remaining_s


def _trouble(snapshot: Snapshot) -> str | None:
    trouble = snapshot.trouble
    if trouble is not None:
        return f"{trouble}."
    pause = PAUSES.get(-1 if snapshot.stage is None else snapshot.stage)
    return f"{pause}." if pause and snapshot.phase is Phase.PAUSE else None


def action_of(snapshot: Snapshot) -> str:
    """Return what a person can do about the trouble that the printer has."""
    trouble = snapshot.trouble
    if trouble is None or trouble.meaning is Meaning.CANCELLED:
        return AT_THE_DISPLAY
    return trouble.action
