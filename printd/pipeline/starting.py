"""ASSIGNED → UPLOADED → PRINTING: the file is brought to the printer, and started once.

The start runs behind the store's mark. Whatever is not known of it is asked of the printer
(``find_print``), never repeated.
"""

from __future__ import annotations

from typing import Final

from printd.core.board import STARTABLE, Evidence, PrinterStatus
from printd.core.clock import boot_id, boottime_s, to_text, utc_now
from printd.core.errors import (
    GoBack,
    InDoubt,
    InternalError,
    NotHappened,
    NotYet,
    PrintCancelled,
    PrinterOffline,
    StartInDoubt,
    StartRefused,
)
from printd.core.failpoints import hit
from printd.core.jobs import Facts, Job, Mark, State
from printd.core.matching import Offer, why_not
from printd.core.shop import needs_of
from printd.pipeline.at_printer import LOOK_S, forget, own_offer, printer_of, without_printer
from printd.pipeline.sendable import print_file
from printd.pipeline.tools import Tools
from printd.printers.base import Printer

START_WITHIN_S: Final = 5.0  # a start that waited longer may meet another world: it is not sent


def upload_file(job: Job, tools: Tools) -> Facts:
    """Send the judged file to the printer; its size and hash are checked there."""
    printer, name = printer_of(job, tools)
    _not_cancelled(job, printer, name)
    _still_takes(job, tools)
    try:
        printer.upload(print_file(job, tools), name)
    except PrinterOffline as error:
        raise GoBack(State.SLICED, error.problem) from error
    return {}


def may_start(job: Job, tools: Tools) -> None:
    """Check all that must hold right before a start is marked.

    Raises:
        GoBack: the printer cannot take it now; the job waits for a printer again.
        PrintCancelled: a person has asked for that meanwhile.
    """
    printer, name = printer_of(job, tools)
    _not_cancelled(job, printer, name)
    _still_takes(job, tools)
    status = printer.status()
    if status.condition not in STARTABLE:
        forget(printer, name)
        raise GoBack(State.SLICED, f"{printer.name} is {status.condition}")
    _bed_was_judged(printer, status, tools)
    if not printer.uploaded(print_file(job, tools), name):
        raise GoBack(State.SLICED, f"the file is not on {printer.name} any more")


def may_still_start(job: Job, tools: Tools) -> None:
    """Look once more, in the transaction of the mark: the printer took seconds to answer.

    Whoever was told meanwhile that the queue is paused, or that this printer is out of service,
    sees no start after that; and no two starts on a circuit count each other as not begun.

    Raises:
        NotYet: the job is looked at again at once, and goes back then.
    """
    offer = own_offer(job, tools)
    if offer is None or _why_no_more(job, offer) is not None:
        text = f"Something has changed at {job.printer} just now."
        raise NotYet("printer_changed", text, again_s=0.0, quiet=True)


def _not_cancelled(job: Job, printer: Printer, name: str) -> None:
    if job.cancel_by:
        forget(printer, name)
        raise PrintCancelled(f"Cancelled by {job.cancel_by} before it was started.")


def _still_takes(job: Job, tools: Tools) -> None:
    offer = own_offer(job, tools)
    if offer is None:
        raise without_printer(job)
    why = _why_no_more(job, offer)
    if why is not None:
        forget(*printer_of(job, tools))
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
    printer, name = printer_of(job, tools)
    if job.mark is None:
        raise InternalError(f"A start of #{job.number} without a mark.")
    if _age_s(job.mark) > START_WITHIN_S:
        raise NotHappened("The start was not sent: too much time had passed since it was decided.")
    try:
        printer.start(name)
    except StartRefused:
        forget(printer, name)
        raise
    hit("start.sent")
    return {"started_at": to_text(utc_now()), "evidence": "the printer took the start"}


def find_print(job: Job, tools: Tools) -> Facts:
    """Find out what came of a start that may have been sent."""
    printer, name = printer_of(job, tools)
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
    forget(printer, name)
    raise StartInDoubt(
        f"A start of #{job.number} may have been sent to {printer.name}, "
        "and the printer gives no evidence of it."
    )


def _age_s(mark: Mark) -> float:
    if mark.boot_id == boot_id():
        return boottime_s() - mark.began_boot_s
    return max(START_WITHIN_S + 1, (utc_now() - mark.began_at).total_seconds())
