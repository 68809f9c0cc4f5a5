"""O4, the printers: what each does, why it stands still, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from printd.core.beds import BedState
from printd.core.board import Condition
from printd.core.errors import NoSuchJob
from printd.core.jobs import State
from printd.core.signing import REASONS
from printd.web.asked import TheSite
from printd.web.job_documents import JobDocument, job_document
from printd.web.pages.visitors import Operator
from printd.web.printer_documents import PrinterDocument
from printd.web.site import Site

AT_WORK: Final = frozenset({Condition.PRINTING, Condition.PAUSED, Condition.BUSY})
router = APIRouter(include_in_schema=False)


def needs_somebody(printer: PrinterDocument) -> bool:
    """Return whether somebody has to go there: its bed, its display, a print that rests."""
    if printer.out_of_service is not None or printer.condition is Condition.OFFLINE:
        return False
    bed = printer.bed is not None and printer.bed.state is not BedState.CLEAR
    waits = bed and printer.condition not in AT_WORK and printer.job is None
    return waits or bool(printer.fault) or printer.condition in (Condition.FAILED, Condition.PAUSED)


def _is_idle(printer: PrinterDocument) -> bool:
    is_there = printer.condition not in (None, Condition.OFFLINE)
    return is_there and printer.condition not in AT_WORK and printer.out_of_service is None


CHIPS: Final[Mapping[str, Callable[[PrinterDocument], bool]]] = {
    "all": lambda _printer: True,
    "needs-you": needs_somebody,
    "printing": lambda printer: printer.condition in AT_WORK,
    "idle": _is_idle,
    "offline": lambda printer: printer.condition in (None, Condition.OFFLINE),
    "out": lambda printer: printer.out_of_service is not None,
}


@router.get("/printers")
def printers(
    site: TheSite,
    request: Request,
    caller: Operator,
    show: Annotated[str, Query(max_length=20)] = "all",
) -> Response:
    """Show the printers, or some of them."""
    sight = site.view.sight()
    every = sight.printers()
    chosen = show if show in CHIPS else "all"
    return site.pages.page(
        request,
        "printers.html",
        caller,
        printers=[printer for printer in every if CHIPS[chosen](printer)],
        chosen=chosen,
        chips={name: sum(map(fits, every)) for name, fits in CHIPS.items()},
        jobs={job.number: job_document(job, sight.why(job)) for job in sight.jobs},
        on_bed=printed_on(site, every),
        reasons=REASONS,
    )


def printed_on(site: Site, printers: Sequence[PrinterDocument]) -> dict[str, JobDocument]:
    """Return what lies printed on each bed and has not been signed off, by the printer's name."""
    found = {}
    for printer in printers:
        if printer.bed is None or printer.bed.job is None or printer.bed.state is BedState.CLEAR:
            continue
        with suppress(NoSuchJob):  # of before a restore
            job = site.tools.lookup.job(printer.bed.job)
            if job.state is State.PRINTED and job.sign_off is None:
                found[printer.name] = job_document(job, None)
    return found
