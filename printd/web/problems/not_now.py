"""What is right and cannot be done at this moment."""

from __future__ import annotations

from printd.core.errors import RequestRefused, StartupError


class TooManyRequests(RequestRefused):
    """More in a short time than one may send."""

    code = "too_many_requests"
    status = 429
    action = "Wait a minute, then go on more slowly."


class TooManyAtOnce(RequestRefused):
    """So many uploads or streams are under way that no more are taken now."""

    code = "too_many_at_once"
    status = 503
    action = "Try again in a few seconds."


class StillBusy(RequestRefused):
    """The daemon has not come to it yet; what was asked stays asked."""

    code = "still_busy"
    status = 503
    action = "Ask again in a while; an upload with the same Idempotency-Key."


class PortTaken(StartupError):
    """The address of the API cannot be listened on."""

    code = "port_taken"
    exit_code = 69
    action = "End the other program, or set another `web: port:`."
