"""When jobs in line are likely to start: the line played through, printer by printer. Pure.

An estimate for people, never a reason to start anything: it takes each print for as long as its
slice says, and each bed for as long to be cleared as people usually take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from printd.core.board import Condition
from printd.core.hall import Hall
from printd.core.matching import Offer
from printd.core.order import Waiting

CLEARING: Final = timedelta(minutes=10)  # between the end of a print and the next start
UNKNOWN: Final = timedelta(hours=1)  # a print of which nobody knows how long it takes
PRINTS: Final = frozenset({Condition.PRINTING, Condition.PAUSED, Condition.BUSY})


def starts_of(line: Sequence[Waiting], hall: Hall, now: datetime) -> dict[int, datetime]:
    """Return when each job in line is likely to start; those that no printer takes are left out.

    Args:
        line: in the order in which they choose.
        hall: the printers.
        now: the wall clock.
    """
    free_at = {at: _free_at(offer, now) for at, offer in enumerate(hall.offers)}
    starts: dict[int, datetime] = {}
    for one in line:
        never = hall.judged(one.needs).never
        takers = {at: moment for at, moment in free_at.items() if moment and not never[at]}
        if not takers:
            continue
        at = min(takers, key=lambda place: takers[place])
        starts[one.job] = takers[at]
        lasting = one.needs.lasting_s
        free_at[at] = (
            takers[at] + CLEARING + (UNKNOWN if lasting is None else timedelta(seconds=lasting))
        )
    return starts


def ahead_of(line: Sequence[Waiting]) -> Mapping[int, int]:
    """Return how many jobs choose before each."""
    return {one.job: place for place, one in enumerate(line)}


def _free_at(offer: Offer, now: datetime) -> datetime | None:
    """Return from when a printer can take a job; None: nobody knows."""
    status = offer.row.status
    if offer.row.out_of_service is not None or offer.house.paused is not None:
        return None
    if status is None or status.condition is Condition.OFFLINE:
        return None
    opens = offer.doors.starts_at if offer.doors is not None else now
    if opens is None:
        return None
    if status.condition not in PRINTS and not offer.row.is_starting:
        return max(now, opens)
    lasting = UNKNOWN if status.remaining_s is None else timedelta(seconds=status.remaining_s)
    return max(now + lasting + CLEARING, opens)
