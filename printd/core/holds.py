"""What a person can do about a job now; pure. The buttons of every display, in their order.

The daemon does nothing that does not stand here; what needs a look at the world (a bed that has
changed, files that are gone) it may still refuse.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from printd.core.errors import (
    ExperimentalGcode,
    NeedsChoice,
    NeedsPriceConsent,
    PhotoDoubtful,
    WrongKind,
)
from printd.core.jobs import AT_PRINTER, Because, Job, State
from printd.core.matching import WAIVABLE
from printd.core.route import AWAY, final_route, shapes_of

S = State
APPROVAL: Final = "needs_approval"
NEEDS_PRICE: Final = NeedsPriceConsent.code
NEEDS_CHOICE: Final = NeedsChoice.code
LIMIT: Final = "limit_reached"
# A release overrules these, for whatever becomes of the job.
OVERRULED: Final = frozenset({LIMIT, ExperimentalGcode.code, PhotoDoubtful.code})
# A person's word lets these go on; all other holds have been mended and are tried again.
RELEASED: Final = frozenset(
    {"needs_release", "held_by_person", "duplicate", "found_without_record", WrongKind.code}
    | OVERRULED
)
RECONFIRM: Final = "reconfirm"
BEFORE_PRINTER: Final = frozenset({S.RECEIVED, S.DRAWN, S.ORDERED, S.MESHED, S.PRINTABLE, S.SLICED})
IN_LINE: Final = BEFORE_PRINTER | {S.HELD}  # of the queue, in some order, for some printer
PLACED: Final = ("move", "reorder", "copies")
OF_OWNER: Final = frozenset({"cancel"})


def possible(job: Job, why: Because | None = None) -> tuple[str, ...]:
    """Return what may be asked for a job, the likeliest first.

    Args:
        job: as it is now.
        why: why it waits, as every display shows it; None: what the job itself says.
    """
    reason = why or job.because
    code = reason.code if reason else ""
    if job.state is S.HELD:
        return _held(job, code)
    if job.is_final:
        return _ended(job)
    if job.state in AT_PRINTER:
        return ("cancel",) if job.state is S.PRINTING else ("hold", "cancel")
    if job.state is S.ORDERED and job.facts.get(AWAY):
        return (*PLACED, "cancel")  # a paid shape is fetched before anything else
    first = ("release",) if code == RECONFIRM else ()
    waive = ("start-anyway",) if job.state is S.SLICED and code in WAIVABLE else ()
    return (*first, *waive, "hold", *PLACED, "cancel")


def possible_for_owner(job: Job, can: Iterable[str]) -> tuple[str, ...]:
    """Return what of ``can`` they may ask who only hand in, for a job of their own: while it waits.

    Args:
        job: as it is now.
        can: what may be asked for it at all.
    """
    return tuple(verb for verb in can if verb in OF_OWNER and job.state in IN_LINE)


def _held(job: Job, code: str) -> tuple[str, ...]:
    if job.in_doubt:
        return ("resolve",)
    if code == NEEDS_PRICE:
        return ("pay", "cancel", *PLACED)
    if code == NEEDS_CHOICE:
        final = ("final",) if final_route(job) else ()
        return ("choose", *final, "cancel", *PLACED)
    if code == APPROVAL:
        return ("approve", "send-back", "cancel", *PLACED)
    word = ("release", "retry") if code in RELEASED else ("retry", "release")
    another = ("choose",) if job.held_from is S.MESHED and len(shapes_of(job)) > 1 else ()
    return (*word, *another, "cancel", *PLACED)


def _ended(job: Job) -> tuple[str, ...]:
    if job.state is not S.PRINTED:
        return ("retry", "again", "forget") if job.files_gone_at is None else ()
    files = ("again", "copies", "forget") if job.files_gone_at is None else ()
    return ("sign-off", *files)
