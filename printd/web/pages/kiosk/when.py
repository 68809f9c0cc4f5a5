"""About when a piece will be ready that is not handed in yet, and rounded moments for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from printd.core.clock import utc_now
from printd.core.forecast import starts_of
from printd.core.hall import Hall
from printd.core.jobs import State
from printd.core.matching import Needs
from printd.core.order import Waiting
from printd.core.shop import turns_of
from printd.web.site import Site

NEW: Final = 0  # the number of a job that there is not
STEP: Final = timedelta(minutes=5)
# These will stand in line before what is handed in now; how long they print is not known yet.
COMING: Final = frozenset(
    {State.RECEIVED, State.DRAWN, State.ORDERED, State.MESHED, State.PRINTABLE}
)


def ready_at(site: Site, recipe: str, figures: Mapping[str, Any]) -> datetime | None:
    """Return about when a piece will be printed if it is handed in now; None: nobody knows.

    Args:
        site: the parts of the server.
        recipe: that makes it.
        figures: what is known of it, as of ``Previews.figures``.
    """
    now, sight = utc_now(), site.view.sight()
    only_on = site.tools.config.recipes[recipe].printers
    offers = [offer for offer in sight.offers if not only_on or offer.name in only_on]
    lasting_s = figures["seconds"].about
    width_mm, depth_mm, height_mm = figures["size_mm"]
    line = [
        *turns_of(sight.jobs, offers, now).line,
        *(
            Waiting(Needs(job.number, (0.0, 0.0, 0.0), lasting_s=lasting_s), job.created_at)
            for job in sight.jobs
            if job.state in COMING
        ),
        Waiting(Needs(NEW, (width_mm, depth_mm, height_mm), lasting_s=lasting_s), now),
    ]
    starts = starts_of(line, Hall(offers), now).get(NEW)
    return None if starts is None else in_steps(starts + timedelta(seconds=lasting_s))


def in_steps(moment: datetime) -> datetime:
    """Return a moment as it is told to people: the next full five minutes."""
    past = moment - moment.replace(minute=0, second=0, microsecond=0)
    return moment + (STEP - past) % STEP
