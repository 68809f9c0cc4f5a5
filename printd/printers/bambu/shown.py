"""What the board shows of a Bambu printer at which our prints are watched.

``status`` reads the printer alone; here its words and those of the ledger are held together.
"""

from __future__ import annotations

from dataclasses import replace

from printd.core.board import Condition, Evidence, PrinterStatus
from printd.printers.bambu.contact import Contact
from printd.printers.bambu.failures import NoAnswer
from printd.printers.bambu.ledger import Entry
from printd.printers.bambu.report import STARTABLE
from printd.printers.bambu.status import status_of, why_not_ready
from printd.printers.bambu.talk import View
from printd.printers.bambu.watch import Watch
from printd.printers.ledger import LEDGER_ERRORS


def shown_status(contact: Contact, nozzle_mm: float | None) -> PrinterStatus:
    """Return what the printer shows; OFFLINE, too, while it cannot be given anything.

    Args:
        contact: to the printer.
        nozzle_mm: of the files that are made for it; None: not compared.
    """
    try:
        view, entry = contact.watch.shown(contact.view())
        ended = _end_of(entry, view, contact.watch)
    except NoAnswer as error:
        trouble = f"{error.words} {error.action}" if error.action else None
        return PrinterStatus(Condition.OFFLINE, trouble=trouble)
    except LEDGER_ERRORS as error:
        return PrinterStatus(Condition.OFFLINE, trouble=f"its ledger cannot be used: {error}")
    needs_card = contact.model.needs_card  # known since it has told what it is
    status = status_of(
        view.now,
        print_name=entry.print_name if entry else None,
        ended=ended,
        nozzle_mm=nozzle_mm,
        needs_card=needs_card,
    )
    if status.condition is Condition.OFFLINE:
        reason = why_not_ready(view.now, nozzle_mm, needs_card=needs_card)
        return replace(status, trouble=f"{reason.problem} {reason.action}" if reason else None)
    return _of_ours(status, view, entry, ended, contact.watch) if entry else status


def _end_of(entry: Entry | None, view: View, watch: Watch) -> Evidence | None:
    """Return what became of the print that is shown; None: it runs, or is not ours."""
    if entry is None or view.now.is_active:
        return None
    found = watch.look(entry.print_name, view)
    # A person has cleared the bed of it: nothing of ours is there.
    is_over = found is Evidence.UNKNOWN and entry.is_settled
    return Evidence.NOT_STARTED if is_over else found


def _of_ours(
    status: PrinterStatus, view: View, entry: Entry, found: Evidence | None, watch: Watch
) -> PrinterStatus:
    """Add what only the ledger knows of the print that is shown."""
    if status.condition is Condition.FAILED and status.trouble is None:
        return replace(status, trouble=entry.trouble)
    if status.condition is not Condition.BUSY or view.now.phase not in STARTABLE:
        return status
    # What has been taken is about to begin, and the bed is not a stranger's: the identity of a
    # print is shown up to minutes before anything moves.
    has_begun = found is Evidence.RUNNING  # as a report says that came meanwhile
    if not has_begun and not watch.is_landing(entry):
        return status
    return replace(status, condition=Condition.PRINTING, print_name=entry.print_name, progress=0.0)
