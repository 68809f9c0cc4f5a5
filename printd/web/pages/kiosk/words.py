"""What a ticket says of its job: the third column of ux reference 3.1, and why it waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from printd.core.holds import NEEDS_CHOICE
from printd.core.jobs import Because, Job, State
from printd.core.route import final_route, shapes_of
from printd.web.pages.kiosk.estimates import numbers_of
from printd.web.pages.kiosk.refusals import N_
from printd.web.pages.kiosk.shaping import MEANWHILE, is_being_shaped, shaping
from printd.web.pages.kiosk.when import in_steps
from printd.web.pages.languages import translations
from printd.web.site import Site

S = State
APPROVAL: Final = "needs_approval"
HELD: Final[Mapping[str, str]] = {
    "needs_approval": N_("A member of staff looks at it first, usually within 15 minutes."),
    "needs_release": N_("A member of staff lets it go on."),
    "held_by_person": N_("A member of staff has stopped it for a moment."),
    NEEDS_CHOICE: N_("The piece that you choose is printed."),
    "needs_price_consent": N_("Please ask the staff: the price has to be agreed to first."),
    "limit_reached": N_("Please ask the staff: it takes more than one visit may have."),
    "queue_full": N_("Please ask the staff: too many prints are waiting."),
    "photo_doubtful": N_("Please ask the staff: the picture may not turn out well."),
    "duplicate": N_("Please ask the staff: this picture was printed before."),
    "model_too_large": N_("Please ask the staff: it is too large for the printers here."),
    "printer_fault": N_("Please ask the staff: a printer needs help."),
    "start_in_doubt": N_("Please ask the staff: a printer needs a look."),
    "end_unknown": N_("Please ask the staff: a printer needs a look."),
    "order_in_doubt": N_("Please ask the staff: the maker of the shape has not answered."),
    "service_moderated": N_("Please ask the staff: this picture was not accepted."),
}
HELD_OTHERWISE: Final = N_("Please ask the staff: something has to be put right.")
UNFIT: Final = N_("Please ask the staff: no printer suits it right now.")
WAITS: Final[Mapping[str, str]] = {
    "bed_not_clear": N_("Someone has to take the last print off first."),
    "bed_unknown": N_("Someone has to take the last print off first."),
    "out_of_service": N_("The printers need the staff right now."),
    "offline": N_("The printers need the staff right now."),
    "fault_shown": N_("The printers need the staff right now."),
    "wrong_material": N_("The staff has to load the right filament."),
    "no_such_material": N_("The staff has to load the right filament."),
    "too_little_filament": N_("The staff has to load more filament."),
    "closed_hours": N_("Printing begins again when the house opens."),
    "queue_paused": N_("Printing is paused at the moment."),
    "reconfirm": N_("Please tell the staff that you still want it."),
    "too_large": N_("Please ask the staff: it is too large for the printers here."),
    "disk_full": N_("Please ask the staff: something has to be put right."),
    "wrong_printer": UNFIT,
    "wrong_kind": UNFIT,
    "wrong_nozzle": UNFIT,
    "no_such_quality": UNFIT,
}


@dataclass(frozen=True, slots=True)
class Said:
    """A job, for whoever has its ticket."""

    state: State
    number: int
    line: str  # what is true now
    note: str = ""  # what stands in the way, or what to do
    progress: float | None = None
    done_at: str = ""  # a clock time, about
    can_cancel: bool = False
    is_over: bool = False
    photo: str = "kept"  # "kept", "goes" when it is over, "gone"
    copies: int = 1
    revision: int = 0  # of the job, when it was looked at
    shapes: int = 0  # so many wait for one to be chosen
    is_draft: bool = False  # what waits is a first shape of one that is paid anew


def said_of(site: Site, job: Job, language: str, *, deletes_photo: bool) -> Said:
    """Return what a ticket says.

    Args:
        site: the parts of the server.
        job: that counts.
        language: to say it in.
        deletes_photo: whether its photo goes when it is over.
    """
    sight = site.view.sight()
    why = sight.why(job)
    _ = translations(language).gettext
    numbers = numbers_of(language)
    live = _live(site, job)
    done = _done_at(job, live, sight.standing.starts.get(job.number))
    return Said(
        job.state,
        job.number,
        _line(site, job, language, done),
        _(_note(job, why)) if _note(job, why) else "",
        live.get("progress"),
        numbers.clock(done) if done is not None else "",
        can_cancel=job.state in CANCELLABLE,
        is_over=job.is_final,
        photo="gone" if job.files_gone_at else "goes" if deletes_photo else "kept",
        copies=job.copies,
        revision=job.revision,
        shapes=len(shapes_of(job)) if is_to_choose(job) else 0,
        is_draft=bool(final_route(job)),
    )


def is_to_choose(job: Job) -> bool:
    """Return whether a job waits for somebody who chooses one of its shapes."""
    code = job.because.code if job.because is not None else ""
    return job.state is S.HELD and code == NEEDS_CHOICE and bool(shapes_of(job))


CANCELLABLE: Final = frozenset(State) - {S.PRINTING, S.UPLOADED, S.PRINTED, S.FAILED, S.CANCELLED}


def _live(site: Site, job: Job) -> dict[str, Any]:
    """Return how far a print is, as its printer says."""
    if job.state is not S.PRINTING:
        return {}
    for offer in site.view.sight().offers:
        status = offer.row.status
        if offer.name == job.printer and offer.row.job == job.number and status is not None:
            return {"progress": status.progress, "remaining_s": status.remaining_s}
    return {}


def _done_at(job: Job, live: Mapping[str, Any], starts: datetime | None) -> datetime | None:
    """Return about when it will be printed, to five minutes; None: nobody knows."""
    from_now = datetime.now().astimezone()
    lasting = job.facts.get("gcode", {}).get("print_time_s")
    if job.state is S.PRINTING and live.get("remaining_s") is not None:
        moment = from_now + timedelta(seconds=float(live["remaining_s"]))
    elif job.state in (S.SLICED, S.ASSIGNED, S.UPLOADED) and lasting is not None:
        moment = (starts or from_now) + timedelta(seconds=float(lasting))
        if job.state is S.SLICED and starts is None:
            return None
    else:
        return None
    return in_steps(moment)


LINES: Final[Mapping[State, str]] = {
    S.RECEIVED: N_("Got your picture"),
    S.DRAWN: N_("Making the shape"),
    S.ORDERED: N_("Making the shape"),
    S.MESHED: N_("Checking that it can be printed"),
    S.PRINTABLE: N_("Preparing the layers"),
    S.ASSIGNED: N_("Starting on %(printer)s"),
    S.UPLOADED: N_("Starting on %(printer)s"),
    S.PRINTING: N_("Printing"),
    S.PRINTED: N_("Ready! Pick it up at %(place)s"),
    S.HELD: N_("Please ask the staff"),
    S.CANCELLED: N_("Cancelled"),
    S.FAILED: N_("This one did not work."),
}


def _line(site: Site, job: Job, language: str, done: datetime | None) -> str:
    _ = translations(language).gettext
    if job.state is S.SLICED:
        return _in_line(site, job, language)
    if job.state is S.PRINTING and done is not None:
        return _("Printing, done about %(time)s") % {"time": numbers_of(language).clock(done)}
    if is_being_shaped(job):
        return shaping(site, job, language)
    if is_to_choose(job):
        return _("Choose a shape")
    if job.state is S.HELD and job.because is not None and job.because.code == APPROVAL:
        return _("Waiting for a look by the staff")
    place = _(site.tools.config.kiosk.pick_up)
    return _(LINES[job.state]) % {"printer": job.printer or "", "place": place}


def _in_line(site: Site, job: Job, language: str) -> str:
    words, numbers = translations(language), numbers_of(language)
    standing = site.view.sight().standing
    ahead, starts = standing.ahead.get(job.number), standing.starts.get(job.number)
    if not ahead:
        line = words.gettext("Next in line")
    else:
        line = words.ngettext(
            "In line, %(count)d ahead of you", "In line, %(count)d ahead of you", ahead
        ) % {"count": ahead}
    if starts is None:
        return line
    return words.gettext("%(line)s, starts about %(time)s") % {
        "line": line,
        "time": numbers.clock(starts),
    }


def _note(job: Job, why: Because | None) -> str:
    """Return what stands in the way, in English."""
    code = why.code if why is not None else ""
    if job.state is S.HELD:
        return HELD.get(code, HELD_OTHERWISE)
    if job.state is S.SLICED:
        return WAITS.get(code, "")
    if is_being_shaped(job):
        return MEANWHILE
    if job.state is S.FAILED:
        return N_("Please ask the staff, or try another picture.")
    return ""
