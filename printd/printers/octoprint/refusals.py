"""What people are told when OctoPrint, or a proxy in front of it, says no. Pure.

Source: OctoPrint 1.11.8, observed, November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import requests

from printd.printers.octoprint.errors import Refused

ACTIONS: Final[Mapping[int, str]] = {  # by the status of HTTP
    403: "The key is not valid, or its user may not do this: put a valid key into `key_file`.",
    409: "Look at OctoPrint's page, then let printd try again.",
    413: "Raise OctoPrint's `server.uploads.maxSize`; printd keeps trying.",
    507: "Free space on OctoPrint's disk; printd keeps trying.",
}
FULL: Final = ACTIONS[507]
PROXY_413: Final = (
    "Raise the limit of the proxy in front of OctoPrint (nginx: `client_max_body_size`); "
    "printd keeps trying."
)
DISK_FULL: Final = "No space left on device"  # OctoPrint 1.11 answers 500 with it


def action_after(refusal: Refused) -> str | None:
    """Return what a person can do about a refusal; None: nothing that is known."""
    return ACTIONS.get(refusal.status)


def action_after_upload(refusal: Refused) -> str | None:
    """Return what a person can do about an upload that was refused."""
    if refusal.status == requests.codes.request_entity_too_large and not refusal.by_octoprint:
        return PROXY_413
    return FULL if DISK_FULL in refusal.words else action_after(refusal)


def why_not(refusal: Refused) -> str:
    """Return why a question was refused, in a sentence without its full stop."""
    if refusal.status == requests.codes.forbidden and refusal.by_octoprint:
        return "OctoPrint does not accept the key in `key_file`, or its user may not do this"
    return f"OctoPrint answered {refusal.status}: {refusal.words.rstrip('.')}"
