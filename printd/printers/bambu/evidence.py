"""What became of one print at a Bambu printer: what it shows now, and what was sent. Pure.

A printer has no history. It shows the identity of the last print and one word for its state, and
after a power cycle neither. Two things follow. Nothing to be seen proves nothing: a start may come
true minutes later, or have been printed and forgotten. And the identity changes minutes before the
state does: our name beside FINISH may be the end of the print before. So an end counts when ours
was seen active, or when the state before the start was another and nobody else can have printed
in between.
Source: OpenBambuAPI, bambuddy (start and recovery), ha-bambulab; read, not measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto

from printd.core.board import Evidence
from printd.printers.bambu.errors import Meaning, Trouble, trouble_of
from printd.printers.bambu.report import Phase, Snapshot
from printd.printers.bambu.start_command import remote_name, stem_of

ENDED = frozenset({Evidence.FINISHED, Evidence.FAILED, Evidence.CANCELLED})
# These complaints come instead of a print. What the printer calls a failed start is not among
# them: such a printer has printed at its next power-on.
REFUSALS = frozenset({Meaning.BUSY, Meaning.LOCKED, Meaning.REFUSED})
# These end a print; what asks, or lets it rest, may stand beside the failure of the print before.
ENDS = frozenset({Meaning.STOPS, Meaning.REFUSED, Meaning.CANCELLED})


@dataclass(frozen=True, slots=True)
class Before:
    """What the printer showed right before a start was sent."""

    phase: Phase
    print_error: int
    was_locked: bool = False
    subtask_id: str = ""
    task_id: str = ""
    subtask_name: str = ""
    gcode_file: str = ""

    @classmethod
    def of(cls, snapshot: Snapshot) -> Before:
        """Take what has to be kept of a snapshot."""
        return cls(
            phase=snapshot.phase,
            print_error=snapshot.print_error,
            was_locked=bool(snapshot.is_locked),
            subtask_id=snapshot.subtask_id,
            task_id=snapshot.task_id,
            subtask_name=snapshot.subtask_name,
            gcode_file=snapshot.gcode_file,
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """What is known here of one print: of its file, its start, and what was seen since."""

    print_name: str
    id: int = 0  # that was sent; 0: none was
    was_asked: bool = False  # a start command may have left
    before: Before | None = None  # None: not known
    was_refused: bool = False  # our own echo said so
    was_active: bool = False  # it was seen to print
    is_watched: bool = False  # since the start no report was missed: one connection all along
    is_landing: bool = False  # it was sent so lately that it may still come true
    met_another: bool = False  # another print was seen to run since the start, and before ours
    cancel_asked: bool = False
    ended: Evidence | None = None


class Whose(StrEnum):
    """Whose print a printer shows."""

    OURS = auto()
    BEFORE = auto()  # the one that it showed before the start
    NOBODYS = auto()  # none, as after a power cycle
    ANOTHER = auto()


def whose(sent: Sent, now: Snapshot) -> Whose:
    """Return whose print is shown.

    One field is enough for ours, because neither our id nor our name is ever used again, and
    many models show only one of them.
    """
    if _is_ours(sent, now):
        return Whose.OURS
    shown = (now.subtask_id, now.task_id, now.subtask_name, now.gcode_file)
    if not any(shown):
        return Whose.NOBODYS
    was = sent.before
    if was and shown == (was.subtask_id, was.task_id, was.subtask_name, was.gcode_file):
        return Whose.BEFORE
    return Whose.ANOTHER


def evidence_of(sent: Sent | None, now: Snapshot, last: Snapshot | None = None) -> Evidence:
    """Return what became of a print.

    Args:
        sent: what is known of it; None: it was never heard of here.
        now: a full state of this connection.
        last: the state before it on this connection.
    """
    if sent is None:
        return Evidence.UNKNOWN
    if sent.ended is not None:
        return sent.ended
    if whose(sent, now) is Whose.OURS:
        found = _of_ours(sent, now, last)
        if found is not Evidence.UNKNOWN:
            return found
    return Evidence.NOT_STARTED if is_proof_of_no_start(sent, now) else Evidence.UNKNOWN


def is_proof_of_no_start(sent: Sent, now: Snapshot) -> bool:
    """Say whether it is proven that the start did nothing, and never will.

    Silence, an idle printer and another print that runs prove nothing.
    """
    if sent.was_active:
        return False
    return not sent.was_asked or sent.was_refused or refusal_of(sent, now) is not None


def refusal_of(sent: Sent, now: Snapshot) -> Trouble | None:
    """Return the complaint with which the printer has refused this start; None: there is none.

    It must not have been there before the start, and it must be about this start: what was missed
    in between may have been a whole print, and the complaint about another one.
    """
    found = _new_complaint(sent, now)
    if found is None or found.meaning not in REFUSALS:
        return None
    shown = whose(sent, now)
    is_known_by_id = bool(now.subtask_id or now.task_id)
    if shown is Whose.ANOTHER:
        is_about_ours = sent.is_watched and found.meaning is Meaning.BUSY
    else:
        is_unchanged = shown is Whose.BEFORE and is_known_by_id
        is_about_ours = not now.is_active and (sent.is_watched or is_unchanged)
    return found if is_about_ours else None


def _new_complaint(sent: Sent, now: Snapshot) -> Trouble | None:
    was = sent.before
    if was is None or not sent.was_asked:
        return None
    locked = (one.trouble for one in now.hms if one.trouble.meaning is Meaning.LOCKED)
    if not was.was_locked and (found := next(locked, None)) is not None:
        return found
    return trouble_of(now.print_error) if now.print_error != was.print_error else None


def _is_ours(sent: Sent, now: Snapshot) -> bool:
    ids = {now.subtask_id, now.task_id, now.job_id, now.project_id}
    if str(sent.id) in ids:  # never 0, which stands for none
        return True
    if now.subtask_name == stem_of(sent.print_name):
        return True
    return now.gcode_file.rpartition("/")[2] == remote_name(sent.print_name)


def _of_ours(sent: Sent, now: Snapshot, last: Snapshot | None) -> Evidence:
    if now.is_active:
        return Evidence.RUNNING
    if now.phase is Phase.FINISH:
        return Evidence.FINISHED if _is_its_end(sent, now) else Evidence.UNKNOWN
    if now.phase is Phase.FAILED:
        return _how_it_failed(sent, now)
    if now.phase is Phase.IDLE and last is not None and last.is_active and _is_ours(sent, last):
        return Evidence.CANCELLED if sent.cancel_asked else Evidence.FAILED  # it was broken off
    return Evidence.UNKNOWN


def _is_its_end(sent: Sent, now: Snapshot) -> bool:
    """Say whether the end that is shown is that of ours, not of the print before.

    That may have been started after ours was sent: ours waits until it is over.
    """
    if sent.was_active:
        return True
    if sent.before is None or sent.before.phase is now.phase or sent.met_another:
        return False
    return sent.is_watched or not sent.is_landing


def _how_it_failed(sent: Sent, now: Snapshot) -> Evidence:
    found = trouble_of(now.print_error)
    if not (_is_its_end(sent, now) or _has_ended_it(sent, now, found)):
        return Evidence.UNKNOWN
    if found is not None and found.meaning in (Meaning.LOCKED, Meaning.BUSY):
        return Evidence.UNKNOWN if not sent.was_active else Evidence.FAILED
    if found is not None:  # newer than the reason that some models go on to show
        is_cancelled = found.meaning is Meaning.CANCELLED
    else:
        is_cancelled = now.was_cancelled or sent.cancel_asked
    return Evidence.CANCELLED if is_cancelled else Evidence.FAILED


def _has_ended_it(sent: Sent, now: Snapshot, found: Trouble | None) -> bool:
    """Say whether a new complaint has ended ours, though the printer shows what it did before."""
    if found is None or found.meaning not in ENDS or sent.met_another:
        return False
    return sent.before is not None and now.print_error != sent.before.print_error
