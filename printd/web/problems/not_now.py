"""What is right and cannot be done at this moment."""

from __future__ import annotations

from typing import Final

from printd.core.errors import RequestRefused, StartupError

USUAL_WAIT_S: Final = 5.0  # before it is tried again, where nobody knows better


class TooManyRequests(RequestRefused):
    """More in a short time than one may send."""

    code = "too_many_requests"
    status = 429
    action = "Wait a minute, then go on more slowly."

    def __init__(
        self, problem: str, *, action: str | None = None, again_s: float = USUAL_WAIT_S
    ) -> None:
        super().__init__(problem, action=action)
        self.again_s = again_s


class TooManyAtOnce(RequestRefused):
    """So many uploads or streams are under way that no more are taken now."""

    code = "too_many_at_once"
    status = 503
    action = "Try again in a few seconds."


class StillBusy(RequestRefused):
    """The daemon has not come to it yet; what was asked stays asked."""

    code = "still_busy"
    status = 503
    action = "Ask again in a while; an upload or an act with the same Idempotency-Key."


class PortTaken(StartupError):
    """The address of the API cannot be listened on."""

    code = "port_taken"
    exit_code = 69
    action = "End the other program, or set another `web: port:`."
