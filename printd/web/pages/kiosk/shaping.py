"""What is said while a service makes a shape: about how long that takes, as it has taken before.

How far a service is nobody knows; so no progress is shown, and who has waited longer is told so.
"""

from __future__ import annotations

import math
from typing import Final

from printd.core.clock import from_text, utc_now
from printd.core.database import Database
from printd.core.jobs import Job, State
from printd.core.route import AWAY, shapes_of, shapes_wanted, turn
from printd.web.pages.kiosk.refusals import N_
from printd.web.pages.languages import translations
from printd.web.site import Site

S = State
MEANWHILE: Final = N_("You may go meanwhile. Your ticket shows how it goes on.")
USUAL_MIN: Final = (1, 4)  # of a service of which too little is known here
LAST: Final = 20  # orders of a service that count
ENOUGH: Final = 5  # orders, to say something of its own
ODD: Final = 0.1  # of them at each end do not count
_DELIVERED: Final = (
    "SELECT at, settled_at FROM service_order"
    " WHERE mesher = ? AND state = 'delivered' ORDER BY at DESC LIMIT ?"
)


def is_being_shaped(job: Job) -> bool:
    """Return whether a service far away makes a shape of a job, or is about to make the next."""
    if job.state in (S.RECEIVED, S.DRAWN):
        return 0 < len(shapes_of(job)) < shapes_wanted(job)
    return job.state is S.ORDERED and bool(job.facts.get(AWAY))


def shaping(site: Site, job: Job, language: str) -> str:
    """Return which shape is made, and in about how many minutes."""
    words = translations(language)
    number, wanted = len(shapes_of(job)) + 1, shapes_wanted(job)
    if wanted > 1:
        stage = words.gettext("Making shape %(number)d of %(count)d")
        stage %= {"number": number, "count": wanted}
    else:
        stage = words.gettext("Making the shape")
    least, most = usual_min(site.tools.reading, turn(job))
    if job.state is S.ORDERED and (utc_now() - job.moved_at).total_seconds() > most * 60:
        return words.gettext("%(stage)s, it takes longer than usual") % {"stage": stage}
    if least == most:
        line = words.ngettext(
            "%(stage)s, usually about %(count)d minute",
            "%(stage)s, usually about %(count)d minutes",
            most,
        )
        return line % {"stage": stage, "count": most}
    line = words.gettext("%(stage)s, usually %(least)d to %(most)d minutes")
    return line % {"stage": stage, "least": least, "most": most}


def usual_min(reading: Database, mesher: str) -> tuple[int, int]:
    """Return how many minutes most orders of a service took here, from and to."""
    rows = reading.rows(_DELIVERED, mesher, LAST)
    took_s = sorted(
        (from_text(row["settled_at"]) - from_text(row["at"])).total_seconds() for row in rows
    )
    if len(took_s) < ENOUGH:
        return USUAL_MIN
    odd = int(len(took_s) * ODD)
    least_s, most_s = took_s[odd], took_s[-1 - odd]
    return max(1, math.floor(least_s / 60)), max(1, math.ceil(most_s / 60))
