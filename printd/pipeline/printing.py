"""PRINTING → PRINTED: how a print goes on, and how it ends."""

from __future__ import annotations

from typing import NoReturn

from printd.core.board import Condition, Evidence
from printd.core.clock import to_text, utc_now
from printd.core.errors import (
    EndUnknown,
    NotPossibleNow,
    NotYet,
    PrintCancelled,
    PrinterFault,
    PrinterOffline,
)
from printd.core.jobs import Facts, Job
from printd.pipeline.at_printer import LOOK_S, PARKED_S, forget, printer_of
from printd.pipeline.tools import Tools
from printd.printers.base import Printer


def watch_print(job: Job, tools: Tools) -> Facts:
    """See how the print goes on, and tell its ends apart by its own name."""
    printer, name = printer_of(job, tools)
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
        forget(printer, name)
        return {"ended_at": to_text(utc_now()), "ejected": printer.ejected(name)}
    if evidence is Evidence.CANCELLED:
        forget(printer, name)
        who = job.cancel_by or f"a person at {printer.name}"
        raise PrintCancelled(f"Cancelled by {who} while printing.")
    if evidence is Evidence.FAILED:
        forget(printer, name)
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
