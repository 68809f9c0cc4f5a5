"""SLICED → ASSIGNED → UPLOADED → PRINTING → PRINTED: one printer, one file, one start, one end.

The start runs once, behind the store's mark. Whatever is not known of it is asked of the printer
(``find_print``), never repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from printd.core.board import STARTABLE, Condition, Evidence, PrinterStatus
from printd.core.clock import boot_id, boottime_s, to_text, utc_now
from printd.core.errors import (
    DiskError,
    EndUnknown,
    ExperimentalGcode,
    GoBack,
    InDoubt,
    InternalError,
    NotHappened,
    NotPossibleNow,
    NotYet,
    PrintCancelled,
    PrintdError,
    PrinterFault,
    PrinterOffline,
    StartInDoubt,
    StartRefused,
)
from printd.core.failpoints import hit
from printd.core.filaments import Filament
from printd.core.jobs import Facts, Job, Mark, State
from printd.core.machine import Machine
from printd.core.matching import Offer, wanted_of, why_not
from printd.core.names import print_name
from printd.core.shop import file_ending, made_files, needs_of
from printd.gcode.experimental import experiment_of
from printd.gcode.safety import LINTER_VERSION, Verdict
from printd.pipeline.slicing import prepared_for
from printd.pipeline.tools import Tools
from printd.printers.base import Printer, PrintFile

log = logging.getLogger(__name__)
START_WITHIN_S = 5.0  # a start that waited longer may meet another world: it is not sent
LOOK_S = 0.5
PARKED_S = 30.0  # the worker wakes waiting jobs when a printer or a bed changes


def assign_printer(job: Job, tools: Tools) -> Facts:
    """Take the printer whose turn it is, under a print name never used before."""
    if job.cancel_by:
        raise PrintCancelled(f"Cancelled by {job.cancel_by} before it was started.")
    gcode = job.facts["gcode"]
    machine = _machine_made_for(job, tools)
    if machine is None:
        raise GoBack(_before(job), f"no printer has the profile {gcode['profile']} any more")
    _not_experimental(job, machine)
    printer = _turn_of(job, tools)
    profile = prepared_for(job, tools.profiles[printer])
    made = _made_for(job, tools.printers[printer])
    if profile.hash != gcode["profile_hash"] or not _is_judged_safe(made, profile.machine):
        raise GoBack(_before(job), "material, profile or a rule changed since it was judged")
    name = print_name(job.number, job.attempt + 1, job.name)
    return {"printer": printer, "print_name": name}


def _machine_made_for(job: Job, tools: Tools) -> Machine | None:
    """Return what the job's file is made for, if a printer still has that profile."""
    wanted = job.facts["gcode"]["profile"]
    machines = (of.machine for of in tools.profiles.values() if of.name == wanted)
    return next(machines, None)


def _not_experimental(job: Job, machine: Machine) -> None:
    """Leave it to a person whether a file is tried that nobody has proven on such a machine."""
    if ExperimentalGcode.code in job.facts.get("waived", ()):
        return
    experiment = experiment_of(str(job.facts["gcode"].get("slicer", "")), machine)
    if experiment is not None:
        raise ExperimentalGcode(experiment)


def _turn_of(job: Job, tools: Tools) -> str:
    """Return the printer that it is the job's turn at, if that can still take it."""
    turn = tools.line.take(job)
    if turn.move is not None:
        raise GoBack(_before(job), turn.move)
    offer = next((offer for offer in tools.offers() if offer.name == turn.printer), None)
    if offer is None or why_not(needs_of(job), offer) is not None:
        text = "Waiting for a printer."
        raise NotYet("waiting_for_printer", text, again_s=PARKED_S, quiet=True)
    return offer.name


def _before(job: Job) -> State:
    """Return from where a job is made ready for a printer anew."""
    return State.RECEIVED if job.given.is_gcode else State.PRINTABLE


def upload_file(job: Job, tools: Tools) -> Facts:
    """Send the judged file to the printer; its size and hash are checked there."""
    printer, name = _printer(job, tools)
    _not_cancelled(job, printer, name)
    _still_takes(job, tools)
    try:
        printer.upload(_print_file(job, tools), name)
    except PrinterOffline as error:
        raise GoBack(State.SLICED, error.problem) from error
    return {}


def may_start(job: Job, tools: Tools) -> None:
    """Check all that must hold right before a start is marked.

    Raises:
        GoBack: the printer cannot take it now; the job waits for a printer again.
        PrintCancelled: a person has asked for that meanwhile.
    """
    printer, name = _printer(job, tools)
    _not_cancelled(job, printer, name)
    _still_takes(job, tools)
    status = printer.status()
    if status.condition not in STARTABLE:
        _forget(printer, name)
        raise GoBack(State.SLICED, f"{printer.name} is {status.condition}")
    _bed_was_judged(printer, status, tools)
    if not printer.uploaded(_print_file(job, tools), name):
        raise GoBack(State.SLICED, f"the file is not on {printer.name} any more")


def may_still_start(job: Job, tools: Tools) -> None:
    """Look once more, in the transaction of the mark: the printer took seconds to answer.

    Whoever was told meanwhile that the queue is paused, or that this printer is out of service,
    sees no start after that; and no two starts on a circuit count each other as not begun.

    Raises:
        NotYet: the job is looked at again at once, and goes back then.
    """
    offer = _own_offer(job, tools)
    if offer is None or _why_no_more(job, offer) is not None:
        text = f"Something has changed at {job.printer} just now."
        raise NotYet("printer_changed", text, again_s=0.0, quiet=True)


def _bed_was_judged(printer: Printer, status: PrinterStatus, tools: Tools) -> None:
    """Wait for the monitor: it sees in a printer's words that a stranger has used the bed."""
    seen = tools.board.get(printer.name)
    now = (status.condition, status.print_name)
    if seen is None or (seen.status.condition, seen.status.print_name) != now:
        text = f"Waiting until the last word of {printer.name} has been looked at."
        raise NotYet("printer_unseen", text, again_s=LOOK_S, quiet=True)


def start_print(job: Job, tools: Tools) -> Facts:
    """Send the start command, once.

    Raises:
        NotHappened: the daemon was stopped or the machine slept since the mark; nothing was sent.
    """
    printer, name = _printer(job, tools)
    if job.mark is None:
        raise InternalError(f"A start of #{job.number} without a mark.")
    if _age_s(job.mark) > START_WITHIN_S:
        raise NotHappened("The start was not sent: too much time had passed since it was decided.")
    try:
        printer.start(name)
    except StartRefused:
        _forget(printer, name)
        raise
    hit("start.sent")
    return {"started_at": to_text(utc_now()), "evidence": "the printer took the start"}


def find_print(job: Job, tools: Tools) -> Facts:
    """Find out what came of a start that may have been sent."""
    printer, name = _printer(job, tools)
    hit("recover.before")
    evidence = printer.evidence(name)
    hit("recover.after")
    if evidence is Evidence.NOT_STARTED:
        raise NotHappened(f"{printer.name} proves that {name} was not started.")
    if evidence is not Evidence.UNKNOWN:
        return {"started_at": to_text(utc_now()), "evidence": f"the printer says {evidence}"}
    if job.mark is None or _age_s(job.mark) < tools.start_evidence_s:
        raise InDoubt(
            "start_in_doubt", f"Asking {printer.name} whether #{job.number} was started.", again_s=2
        )
    _forget(printer, name)
    raise StartInDoubt(
        f"A start of #{job.number} may have been sent to {printer.name}, "
        "and the printer gives no evidence of it."
    )


def watch_print(job: Job, tools: Tools) -> Facts:
    """See how the print goes on, and tell its ends apart by its own name."""
    printer, name = _printer(job, tools)
    if job.cancel_by:
        return _cancel(job, printer, name)
    seen = tools.board.get(printer.name)
    running = (Condition.PRINTING, Condition.PAUSED)
    if seen and seen.status.print_name == name and seen.status.condition in running:
        _goes_on(printer, again_s=2)
    evidence = printer.evidence(name)
    is_over = evidence not in (Evidence.UNKNOWN, Evidence.RUNNING)
    if not is_over and printer.status().condition is Condition.OFFLINE:
        text = f"{printer.name} does not answer; the print goes on by itself if it has power."
        raise NotYet("printer_offline", text, again_s=5)
    return _end(job, printer, name, evidence)


def _end(job: Job, printer: Printer, name: str, evidence: Evidence) -> Facts:
    if evidence is Evidence.RUNNING:
        _goes_on(printer, again_s=LOOK_S)
    if evidence is Evidence.FINISHED:
        _forget(printer, name)
        return {"ended_at": to_text(utc_now()), "ejected": printer.ejected(name)}
    if evidence is Evidence.CANCELLED:
        _forget(printer, name)
        who = job.cancel_by or f"a person at {printer.name}"
        raise PrintCancelled(f"Cancelled by {who} while printing.")
    if evidence is Evidence.FAILED:
        _forget(printer, name)
        trouble = printer.status().trouble or "the printer does not say why"
        raise PrinterFault(f"The print failed on {printer.name}: {trouble}.")
    raise EndUnknown(f"{printer.name} does not print #{job.number} and does not know its end.")


def _cancel(job: Job, printer: Printer, name: str) -> Facts:
    evidence = printer.evidence(name)
    if evidence is Evidence.RUNNING:
        try:
            printer.cancel(name)
        except (PrinterOffline, NotPossibleNow) as error:
            raise NotYet("cancelling", error.problem, again_s=5) from error
        raise NotYet("cancelling", f"{printer.name} is told to stop.", again_s=LOOK_S)
    if evidence is Evidence.UNKNOWN and printer.status().condition is Condition.OFFLINE:
        text = f"{printer.name} does not answer; it is told to stop as soon as it does."
        raise NotYet("cancelling", text, again_s=5)
    return _end(job, printer, name, evidence)


def _goes_on(printer: Printer, *, again_s: float) -> NoReturn:
    if printer.has_bed:
        raise NotYet("printing", f"Printing on {printer.name}.", again_s=again_s, quiet=True)
    text = f"Handed over to {printer.name}; printd cannot see when it is printed."
    action = "Run `printd resolve JOB printed` (or failed) when it is."
    raise NotYet("handed_over", text, again_s=PARKED_S, action=action)


def _not_cancelled(job: Job, printer: Printer, name: str) -> None:
    if job.cancel_by:
        _forget(printer, name)
        raise PrintCancelled(f"Cancelled by {job.cancel_by} before it was started.")


def _own_offer(job: Job, tools: Tools) -> Offer | None:
    """Return the job's printer as it is now; None: it is configured no more."""
    return next((offer for offer in tools.offers() if offer.name == job.printer), None)


def _still_takes(job: Job, tools: Tools) -> None:
    offer = _own_offer(job, tools)
    if offer is None:
        raise _without_printer(job)
    why = _why_no_more(job, offer)
    if why is not None:
        _forget(*_printer(job, tools))
        raise GoBack(State.SLICED, why)


def _why_no_more(job: Job, offer: Offer) -> str | None:
    """Return why a printer does not take a job any more that it was chosen for."""
    needs = needs_of(job)
    reason = why_not(needs, offer)
    if reason is not None:
        return reason.problem
    made_of, loaded = job.facts["gcode"].get("material"), offer.machine.material
    if needs.is_file or needs.material or made_of in (None, loaded):
        return None
    return f"{offer.name} has {loaded} loaded now; the file is made for {made_of}"


@dataclass(frozen=True, slots=True)
class _Made:
    """A file of a job that a printer can be given."""

    name: str  # in the job's folder
    sha256: str
    bytes: int
    verdict: Mapping[str, Any]

    @property
    def ending(self) -> str:
        """How it ends: ``.gcode.3mf`` of ``print.gcode.3mf``."""
        return file_ending(self.name)


def _all_made(job: Job) -> Iterator[_Made]:
    """Return the job's file, and the container around it if there is one."""
    gcode = job.facts["gcode"]
    for name, facts in zip(made_files(job), (gcode, gcode.get("packed")), strict=False):
        yield _Made(name, facts["sha256"], facts["bytes"], facts["verdict"])


def _made_for(job: Job, printer: Printer) -> _Made:
    """Return the file that a printer is given."""
    made = [*_all_made(job)]
    return next((one for one in made if one.ending in printer.accepts), made[0])


def _print_file(job: Job, tools: Tools) -> PrintFile:
    printer, _ = _printer(job, tools)
    made = _made_for(job, printer)
    path = tools.folders.of(job.id) / made.name
    if not path.is_file():
        raise DiskError(f"The sliced file of #{job.number} is gone.")
    return PrintFile(
        path=path,
        sha256=made.sha256,
        bytes=made.bytes,
        verdict_ok=_is_judged_safe(made, _machine(job, tools)),
        judged_sha256=made.verdict["sha256"],
        filaments=_wanted(job, tools),
    )


def _wanted(job: Job, tools: Tools) -> Mapping[int, Filament] | None:
    """Return what the print is to be made of, in the words that matching has used."""
    offer = _own_offer(job, tools)
    return wanted_of(needs_of(job), offer) if offer is not None else None


def _machine(job: Job, tools: Tools) -> Machine:
    """Return what the printer that the job is assigned to may be told."""
    printer, _ = _printer(job, tools)
    return prepared_for(job, tools.profiles[printer.name]).machine


def _is_judged_safe(made: _Made, machine: Machine) -> bool:
    """Return whether today's rules and limits are those that the file passed."""
    if made.verdict.get("linter_version") != LINTER_VERSION:
        return False  # the verdict of another printd may have another form
    return Verdict.from_dict(made.verdict).holds_for(made.sha256, machine)


def _printer(job: Job, tools: Tools) -> tuple[Printer, str]:
    if job.printer is None or job.print_name is None:
        raise InternalError(f"#{job.number} is {job.state} without a printer.")
    printer = tools.printers.get(job.printer)
    if printer is None:
        raise _without_printer(job)
    return printer, job.print_name


def _without_printer(job: Job) -> Exception:
    """Return what it means that the printer was taken out of the configuration."""
    gone = f"{job.printer} is no longer configured"
    if job.mark is not None:
        return StartInDoubt(f"A start of #{job.number} may have been sent, and {gone}.")
    if job.state is State.PRINTING:
        return EndUnknown(f"#{job.number} was printing, and {gone}.")
    return GoBack(State.SLICED, gone)


def _age_s(mark: Mark) -> float:
    if mark.boot_id == boot_id():
        return boottime_s() - mark.began_boot_s
    return max(START_WITHIN_S + 1, (utc_now() - mark.began_at).total_seconds())


def _forget(printer: Printer, name: str) -> None:
    """Delete the remote file, so that nothing starts late; what cannot be reached stays there."""
    try:
        printer.remove(name)
    except PrintdError as error:
        log.warning("%s stays on %s: %s", name, printer.name, error.problem)
