"""What stops a printer whatever a job asks, each with the sentence that every display shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from printd.core.beds import BedState
from printd.core.board import Condition
from printd.core.jobs import Because
from printd.core.matching.sides import Needs, Offer
from printd.core.moments import hour, is_same_day, stamp

UNTIL_MIN: Final = 5  # the end of a print is not known more exactly than this


def out_of_service(_needs: Needs, offer: Offer) -> Because | None:
    """A person has taken it out of service, with a note."""
    reason = offer.row.out_of_service
    if reason is None:
        return None
    action = f"Run `printd printers in {offer.name}` when it is ready."
    return Because("out_of_service", f"{offer.name} is out of service: {reason}.", action)


def offline(_needs: Needs, offer: Offer) -> Because | None:
    """It does not answer, has never been heard of, or refuses us."""
    status = offer.row.status
    if status is not None and status.condition is not Condition.OFFLINE:
        return None
    if status is not None and status.trouble:
        action = f"Run `printd doctor` for what {offer.name} says; printd keeps trying."
        return Because("offline", f"{offer.name} cannot be used: {status.trouble}", action)
    since = f" since {stamp(offer.row.seen_at)}" if offer.row.seen_at else ""
    action = f"Check power and network of {offer.name}; printd keeps trying."
    return Because("offline", f"{offer.name} has not answered{since}.", action)


def busy(needs: Needs, offer: Offer) -> Because | None:
    """It prints, or is taken by another job."""
    status = offer.row.status
    condition = status.condition if status else None
    at_work = (Condition.PRINTING, Condition.PAUSED, Condition.BUSY)
    if offer.row.job not in (None, needs.job):
        return Because("busy", f"{offer.name} {_does(offer)} #{offer.row.job}{_until(offer)}.")
    if status is None or condition not in at_work:
        return None
    if status.trouble:
        return Because("busy", f"{offer.name} is busy: {status.trouble}")
    return Because("busy", f"{offer.name} is busy with something else.")


def _does(offer: Offer) -> str:
    """Return what the printer does with the job that has it."""
    status = offer.row.status
    if status is None or status.print_name is None:
        return "is taken by"
    words = {Condition.PRINTING: "prints", Condition.PAUSED: "has paused"}
    return words.get(status.condition, "is taken by")


def _until(offer: Offer) -> str:
    """Return until when it prints, where that is known: `` until about 16:20 UTC``."""
    status, seen_at = offer.row.status, offer.row.seen_at
    if status is None or seen_at is None or status.remaining_s is None:
        return ""
    if status.condition is not Condition.PRINTING:
        return ""
    end = seen_at + timedelta(seconds=status.remaining_s, minutes=UNTIL_MIN / 2)
    end -= timedelta(minutes=end.minute % UNTIL_MIN, seconds=end.second)
    if end <= seen_at:  # rounded to what is over
        end += timedelta(minutes=UNTIL_MIN)
    return f" until about {hour(end) if is_same_day(end, seen_at) else stamp(end)}"


def bed_not_clear(_needs: Needs, offer: Offer) -> Because | None:
    """Nobody has called its bed clear: it is occupied, or not known (``bed_unknown``)."""
    bed = offer.row.bed
    if not offer.has_bed or bed.state is BedState.CLEAR:
        return None
    action = f"Look at it, clear it, then run `printd printers bed-clear {offer.name}`."
    if bed.state is BedState.UNKNOWN:
        text = f"It is not known whether the bed of {offer.name} is clear: {bed.why}."
        return Because("bed_unknown", text, action)
    return Because(
        "bed_not_clear", f"The bed of {offer.name} has not been cleared: {bed.why}.", action
    )


def queue_paused(_needs: Needs, offer: Offer) -> Because | None:
    """A person has paused the queue."""
    return offer.house.paused


def fault_shown(_needs: Needs, offer: Offer) -> Because | None:
    """It shows a fault on its display."""
    status = offer.row.status
    if status is None or status.fault is None:
        return None
    return Because(
        "fault_shown",
        f"{offer.name} shows on its display: {status.fault}.",
        "Put it right, and dismiss the message at the display.",
    )


def staggered(_needs: Needs, offer: Offer) -> Because | None:
    """As many printers of its circuit heat up as may."""
    if offer.starts_left is None or offer.starts_left > 0:
        return None
    where = f"circuit {offer.circuit}" if offer.circuit else "circuit"
    text = f"{offer.name} waits until the printers on its {where} that have just started are hot."
    return Because("staggered", text, "It starts by itself then.")


def disk_full(_needs: Needs, offer: Offer) -> Because | None:
    """There is no room to go on."""
    return offer.house.no_room
