"""What the API says of a job, and how it is made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from pydantic import Field

from printd.core.files import JobFolders
from printd.core.given import Given
from printd.core.holds import possible
from printd.core.job_words import label_of
from printd.core.jobs import Because, Event, Job, State
from printd.core.route import DRAWN, is_asked_to_choose
from printd.core.rows import KEPT
from printd.web.documents import Document, Why, why_document

BEFORE_SHAPE = frozenset({State.RECEIVED, State.DRAWN, State.ORDERED})


FileName = Literal["photo", "mesh", "thumbnail", "gcode", "toolpath", "log"]


class Price(Document):
    """What a print is sold for."""

    amount: str = Field(description="a decimal number")
    currency: str
    text: str


class SignOffDocument(Document):
    """What a person says of a printed piece."""

    word: Literal["good", "bad", "partly"]
    by: str
    at: datetime
    note: str
    reason: str
    good: int | None
    of: int | None


class LoadDocument(Document):
    """What is to be loaded, and where."""

    printer: str = Field(description="whose `load` is told")
    material: str
    colour: str = Field(description="RRGGBB; empty: any")


class JobDocument(Document):
    """One thing to be printed."""

    id: str
    number: int
    revision: int = Field(description="rises as it moves on; name it as `seen` when you act")
    name: str
    state: State
    label: str = Field(description="the state in words")
    because: Why | None = Field(description="why it waits or has stopped")
    to_load: LoadDocument | None = Field(description="it goes on when this is loaded")
    in_doubt: bool = Field(description="only a person can know what happened: `resolve`")
    owner: str
    source: str
    recipe: str
    settings: dict[str, Any]
    printer: str | None
    wanted_printer: str | None
    print_name: str | None
    priority: int
    copies: int
    copy_of: int | None
    again_of: int | None
    created_at: datetime
    moved_at: datetime
    size_mm: tuple[float, float, float] | None = Field(description="width, depth, height")
    print_time_s: float | None
    filament_g: float | None
    layers: int | None
    slicer: str | None = Field(description="the program that sliced it, as its G-code says")
    price: Price | None
    sign_off: SignOffDocument | None
    can: list[str] = Field(description="what may be done with it now, the likeliest first")
    files: list[FileName] = Field(description="what /jobs/{id}/… has of it")


class Line(Document):
    """One line of the history of a job."""

    seq: int
    at: datetime
    kind: str
    before: State | None
    after: State | None
    code: str | None
    text: str
    who: str
    printer: str | None


class Elsewhere(Document):
    """Why one printer does not take a job."""

    printer: str
    because: Why


class JobWithTimeline(JobDocument):
    """A job with its history, and why each printer does not take it."""

    ahead: int | None = Field(description="how many jobs choose a printer before it")
    starts_at: datetime | None = Field(description="when it is likely to start: an estimate")
    elsewhere: list[Elsewhere] = Field(description="of a job that waits for a printer")
    timeline: list[Line]


class JobPage(Document):
    """Some jobs, newest first."""

    jobs: list[JobDocument]
    next: str | None = Field(description="`cursor` of the next page; null: this is the last one")


def job_values(job: Job, why: Because | None) -> dict[str, Any]:
    """Return the values of a job's document.

    Args:
        job: as the store has it.
        why: it waits, or has stopped.
    """
    facts = job.facts
    gcode: Mapping[str, Any] = facts.get("gcode", {})
    model: Mapping[str, Any] = facts.get("model", {})
    return {
        "id": job.id,
        "number": job.number,
        "revision": job.revision,
        "name": job.name,
        "state": job.state,
        "label": label_of(job),
        "because": why_document(why),
        "to_load": _to_load(why),
        "in_doubt": job.in_doubt,
        "owner": job.owner,
        "source": job.source,
        "recipe": job.recipe,
        "settings": dict(job.settings),
        "printer": job.printer,
        "wanted_printer": job.wanted_printer,
        "print_name": job.print_name,
        "priority": job.priority,
        "copies": job.copies,
        "copy_of": job.copy_of,
        "again_of": job.again_of,
        "created_at": job.created_at,
        "moved_at": job.moved_at,
        "size_mm": tuple(model["size_mm"]) if "size_mm" in model else None,
        "print_time_s": gcode.get("print_time_s"),
        "filament_g": gcode.get("filament_g"),
        "layers": gcode.get("layers"),
        "slicer": gcode.get("slicer") or None,
        "price": Price(**facts["price"]) if facts.get("price") else None,
        "sign_off": _sign_off(job),
        "can": list(possible(job, why)),
        "files": files_of(job),
    }


@lru_cache(maxsize=KEPT)
def job_document(job: Job, why: Because | None) -> JobDocument:
    """Return a job as it is sent; nobody alters it."""
    return JobDocument.model_construct(**job_values(job, why))


def _to_load(why: Because | None) -> LoadDocument | None:
    if why is None or why.load is None:
        return None
    filament = why.load.filament
    return LoadDocument(
        printer=why.load.printer, material=filament.material, colour=filament.colour
    )


def _sign_off(job: Job) -> SignOffDocument | None:
    said = job.sign_off
    if said is None:
        return None
    return SignOffDocument(
        word=said.word.value,
        by=said.by,
        at=said.at,
        note=said.note,
        reason=said.reason,
        good=said.good,
        of=said.of,
    )


def files_of(job: Job) -> list[FileName]:
    """Return which files of a job there should be, by what its steps have found out."""
    if job.files_gone_at is not None:
        return []
    there: list[FileName] = []
    if job.given is Given.PHOTO or DRAWN in job.facts:
        there.append("photo")
    # What is known of the shape of a job that is being made anew is of the one before.
    begun = job.held_from or job.state
    is_made_anew = begun in BEFORE_SHAPE and not job.given.is_gcode
    if "model" in job.facts and not is_made_anew:
        there += ["mesh", "thumbnail"]
    elif is_asked_to_choose(job):
        there.append("thumbnail")  # of all its shapes
    if "gcode" in job.facts and not is_made_anew:
        there += ["gcode", "toolpath"]
    return there


def file_names(name: FileName, job: Job) -> tuple[str, ...]:
    """Return where a file of a job lies in its folder: the first that is there."""
    gcode: Mapping[str, Any] = job.facts.get("gcode", {})
    made = str(gcode.get("file", JobFolders.GCODE))
    if job.given.is_gcode:
        made = job.given.file
    names: Mapping[FileName, tuple[str, ...]] = {
        "photo": (JobFolders.PHOTO,),
        "mesh": (JobFolders.MODEL, JobFolders.RAW),
        "thumbnail": (JobFolders.PREVIEW, JobFolders.TOOLPATH),
        "gcode": (made,),
        "toolpath": (JobFolders.TOOLPATH,),
        "log": ("slice.log",),
    }
    return names[name]


def line_of(event: Event) -> Line:
    """Return an event of a job as it is sent."""
    return Line.model_construct(
        seq=event.seq,
        at=event.at,
        kind=event.kind,
        before=event.before,
        after=event.after,
        code=event.code,
        text=event.text,
        who=event.who,
        printer=event.printer,
    )


def elsewhere_of(reasons: Mapping[str, Because]) -> list[Elsewhere]:
    """Return why printers do not take a job, as it is sent."""
    return [
        Elsewhere(
            printer=name,
            because=Why(code=why.code, problem=why.problem, action=why.action),
        )
        for name, why in reasons.items()
    ]
