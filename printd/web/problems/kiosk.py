"""What a visitor of the kiosk, or of a ticket, is told."""

from __future__ import annotations

from printd.core.errors import RequestRefused


class VisitOver(RequestRefused):
    """The visit at the kiosk has ended."""

    code = "visit_over"
    status = 410
    action = "Touch the screen to start again."


class PhoneLinkGone(RequestRefused):
    """The link by which a phone sends a photo was used, is too old, or never was one."""

    code = "phone_link_gone"
    status = 410
    action = "Take a new code from the screen."


class TicketGone(RequestRefused):
    """No ticket has this word, or nothing is kept of it anymore."""

    code = "ticket_gone"
    status = 404
    action = "Ask the staff with the number of your ticket."


class PageTooOld(RequestRefused):
    """What a visitor has seen of a job is not true of it any more."""

    code = "page_too_old"
    status = 409
    action = "Look at the ticket again."


class PinRefused(RequestRefused):
    """The number that opens the staff corner of the kiosk is not right, or there is none."""

    code = "pin_refused"
    status = 401
    action = "Try again; `printd kiosk pin` sets another one."


class PinLocked(RequestRefused):
    """So many wrong numbers were tried that the staff corner is locked for some minutes."""

    code = "pin_locked"
    status = 429
    action = "Wait five minutes, then try again."
