"""What the kiosk says when something cannot be done: by its code, in words without jargon.

What stands nowhere here is the staff's; they find the code in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from printd.core.errors import PrintdError
from printd.web.pages.languages import translations
from printd.web.problems import DaemonRefused


def N_(word: str) -> str:  # noqa: N802  the name by which words are found that are said later
    """Mark a word to be translated when it is said."""
    return word


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is wrong, and what to do, in English."""

    code: str
    problem: str
    action: str

    def in_language(self, language: str) -> dict[str, str]:
        """Return it as it is sent, in a language."""
        say = translations(language).gettext
        return {"code": self.code, "problem": say(self.problem), "action": say(self.action)}


STAFF: Final = N_("Please ask the staff.")
OTHER_PICTURE: Final = N_("Choose another picture.")
AGAIN: Final = N_("Please try again in a minute.")
START_AGAIN: Final = N_("Touch Start over to begin again.")
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "photo_unreadable": (N_("This picture cannot be opened."), OTHER_PICTURE),
    "photo_wrong_kind": (
        N_("This is not a picture that can be used here."),
        N_("Choose a photo: JPEG, PNG, WebP or HEIC."),
    ),
    "photo_incomplete": (N_("The end of this picture is missing."), N_("Send it once more.")),
    "photo_empty": (N_("There is nothing in this file."), OTHER_PICTURE),
    "photo_forbidden": (N_("This kind of picture is not taken here."), OTHER_PICTURE),
    "photo_too_small": (
        N_("This picture is too small to be printed."),
        N_("Choose one that is at least 256 dots on each side."),
    ),
    "photo_odd_shape": (N_("This picture is too long and narrow."), OTHER_PICTURE),
    "photo_too_large": (N_("This picture has too many dots."), N_("Send a smaller one.")),
    "body_too_large": (N_("This picture is larger than is taken here."), N_("Send a smaller one.")),
    "body_too_slow": (
        N_("The picture did not arrive in time."),
        N_("Move nearer to the Wi-Fi, then send it again."),
    ),
    "body_invalid": (N_("The picture did not arrive whole."), N_("Send it once more.")),
    "upload_invalid": (N_("No picture has arrived."), N_("Choose one, then send it.")),
    "limit_reached": (
        N_("This is more than one visit may have."),
        N_("Make it smaller, or ask the staff."),
    ),
    "queue_full": (
        N_("So many prints are waiting that no more are taken right now."),
        N_("Please come back a little later."),
    ),
    "too_many_drafts": (N_("Many people are here at the same time."), AGAIN),
    "too_many_at_once": (N_("Many pictures arrive at the same time."), AGAIN),
    "too_many_requests": (N_("That was too often in a short time."), AGAIN),
    "still_busy": (N_("This takes longer than usual."), AGAIN),
    "daemon_away": (N_("This takes longer than usual."), AGAIN),
    "disk_full": (N_("There is no room for more pictures right now."), STAFF),
    "no_such_draft": (N_("Your picture is not here any more."), START_AGAIN),
    "visit_over": (N_("This visit has ended."), N_("Touch the screen to begin again.")),
    "form_refused": (N_("This page was open for too long."), START_AGAIN),
    "phone_link_gone": (
        N_("This code has been used already, or is too old."),
        N_("Take a new one from the screen."),
    ),
    "ticket_gone": (
        N_("This ticket is not known here. Old ones are erased."),
        N_("Ask the staff, with the number of your ticket."),
    ),
    "page_too_old": (
        N_("Your print has moved on since this page was shown."),
        N_("Look at your ticket again: it shows how it is now."),
    ),
    "login_needed": (
        N_("The minute of the staff corner is over."),
        N_("Type the number once more."),
    ),
    "pin_locked": (
        N_("Too many wrong numbers: this is locked for five minutes."),
        N_("Try again after that."),
    ),
    "pin_refused": (N_("This number is not right."), N_("Try once more.")),
    "no_such_file": (N_("This picture is not on the stick any more."), OTHER_PICTURE),
    "no_such_thing": (N_("There is nothing here."), STAFF),
    "not_possible_now": (N_("This is not possible any more."), STAFF),
    "no_such_job": (N_("This print is not known here any more."), STAFF),
}
OTHERWISE: Final = (N_("This did not work."), STAFF)
CODES: Final[Mapping[int, str]] = {404: "no_such_thing", 405: "no_such_thing"}


def refusal_of(error: Exception) -> Refusal:
    """Return what is said of an error."""
    code = code_of(error)
    return Refusal(code, *WORDS.get(code, OTHERWISE))


def code_of(error: Exception) -> str:
    """Return the stable code of an error."""
    if isinstance(error, HTTPException):
        cause = error.__cause__
        return cause.code if isinstance(cause, PrintdError) else CODES.get(error.status_code, "")
    if isinstance(error, DaemonRefused | PrintdError):
        return error.code
    return "request_invalid" if isinstance(error, RequestValidationError) else ""
