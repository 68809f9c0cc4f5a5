"""The printer that a job is assigned to, as the steps there need it."""

from __future__ import annotations

import logging
from typing import Final

from printd.core.errors import EndUnknown, GoBack, InternalError, PrintdError, StartInDoubt
from printd.core.jobs import Job, State
from printd.core.matching import Offer
from printd.pipeline.tools import Tools
from printd.printers.base import Printer

log = logging.getLogger(__name__)
LOOK_S: Final = 0.5
PARKED_S: Final = 30.0  # the worker wakes waiting jobs when a printer or a bed changes


def printer_of(job: Job, tools: Tools) -> tuple[Printer, str]:
    """Return the printer, and the name of the print there.

    Raises:
        InternalError: the job is assigned to none.
        GoBack, StartInDoubt, EndUnknown: as ``without_printer`` says.
    """
    if job.printer is None or job.print_name is None:
        raise InternalError(f"#{job.number} is {job.state} without a printer.")
    printer = tools.printers.get(job.printer)
    if printer is None:
        raise without_printer(job)
    return printer, job.print_name


def own_offer(job: Job, tools: Tools) -> Offer | None:
    """Return the job's printer as it is now; None: it is configured no more."""
    return next((offer for offer in tools.offers() if offer.name == job.printer), None)


def without_printer(job: Job) -> Exception:
    """Return what it means that the printer was taken out of the configuration."""
    gone = f"{job.printer} is no longer configured"
    if job.mark is not None:
        return StartInDoubt(f"A start of #{job.number} may have been sent, and {gone}.")
    if job.state is State.PRINTING:
        return EndUnknown(f"#{job.number} was printing, and {gone}.")
    return GoBack(State.SLICED, gone)


def forget(printer: Printer, name: str) -> None:
    """Delete the remote file, so that nothing starts late; what cannot be reached stays there."""
    try:
        printer.remove(name)
    except PrintdError as error:
        log.warning("%s stays on %s: %s", name, printer.name, error.problem)
