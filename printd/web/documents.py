"""What the API says of jobs, printers and recipes: its documents, and how they are made.

Keys are in snake_case with their units; moments are RFC 3339 in UTC. Every key is always there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from printd.core.beds import BedState
from printd.core.board import Condition
from printd.core.config import Config, PrinterConfig
from printd.core.files import JobFolders
from printd.core.given import Given
from printd.core.holds import possible
from printd.core.job_words import label_of
from printd.core.jobs import Because, Event, Job, State
from printd.core.matching import Offer
from printd.core.recipe_words import lines_of
from printd.core.route import DRAWN, is_asked_to_choose
from printd.core.rows import KEPT
from printd.core.spools import Spools, Tray
from printd.web.keys import Key, Scope

BEFORE_SHAPE = frozenset({State.RECEIVED, State.DRAWN, State.ORDERED})
FileName = Literal["photo", "mesh", "thumbnail", "gcode", "toolpath", "log"]


class Document(BaseModel):
    """Plain values, made by us: nothing of it is checked again."""

    model_config = ConfigDict(extra="forbid")


class Problem(Document):
    """Why something was not done, and what to do about it."""

    code: str = Field(description="stable; programs rely on it")
    problem: str
    action: str = Field(description="what a person can do, one sentence")
    details: dict[str, Any] = Field(default={}, description="such as the fields that were wrong")


class Why(Document):
    """Why a job waits or has stopped, in the words of every display."""

    code: str
    problem: str
    action: str


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


class JobDocument(Document):
    """One thing to be printed."""

    id: str
    number: int
    revision: int = Field(description="rises with each change; name it as `seen` when you act")
    name: str
    state: State
    label: str = Field(description="the state in words")
    because: Why | None = Field(description="why it waits or has stopped")
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


class BedDocument(Document):
    """What is known of a bed; unknown counts as occupied."""

    state: BedState
    why: str
    at: datetime
    by: str | None
    job: int | None
    revision: int = Field(description="name it as `seen` when you say that the bed is clear")


class TrayDocument(Document):
    """One place for a spool, as the printer says itself."""

    place: str = Field(description="where a person finds it")
    holds: str = Field(description="what is in it, in words")
    material: str = Field(description="empty: not known, or nothing is in it")
    colour: str = Field(description="RRGGBB; empty: not known")
    left: float | None = Field(description="0 to 1; null: not known")
    is_used: bool = Field(description="it is what the nozzle has")


class PrinterDocument(Document):
    """One printer, as it was heard of last."""

    name: str
    profile: str
    condition: Condition | None = Field(description="null: never heard of")
    trouble: str | None = Field(description="the printer's own words")
    fault: str | None = Field(description="what its display shows at rest")
    because: Why | None = Field(description="why it stands still; null: it is at work")
    job: int | None = Field(description="of ours, that has it")
    progress: float | None = Field(description="0 to 1")
    layer: int | None
    layers: int | None
    remaining_s: float | None
    bed: BedDocument | None = Field(description="null: it has none")
    out_of_service: str | None = Field(description="the note, if it is out of service")
    material: str
    nozzle_mm: float
    loaded: list[TrayDocument] = Field(description="its trays, where it tells of them")
    takes: list[str] = Field(description="endings of files")
    has_light: bool = Field(description="`light` switches it")
    has_camera: bool = Field(description="`camera.jpg` is a picture of its bed")
    page: str | None = Field(description="the printer's own page")
    seen_at: datetime | None


class PrinterList(Document):
    """All configured printers."""

    printers: list[PrinterDocument]


class RecipeDocument(Document):
    """What can be made of a picture."""

    name: str
    label: str
    lines: list[str] = Field(description="what it makes, in words")
    mesher: str
    preset: str | None
    width_mm: float | None
    longest_mm: float | None
    material: str
    colour: str
    copies: int
    approval: Literal["never", "always"]
    printers: list[str]
    may_change: Literal["all"] | list[str]
    settings: dict[str, Any]


class RecipeList(Document):
    """All recipes."""

    recipes: list[RecipeDocument]


class NeedsYou(Document):
    """One thing that waits for a person."""

    of: str = Field(description="in words")
    job: int | None
    printer: str | None
    because: Why


class QueueDocument(Document):
    """The queue as a whole."""

    paused: Why | None
    jobs: dict[State, int] = Field(description="how many jobs are in each state")


class StateDocument(Document):
    """Everything that a page shows at once."""

    seq: int = Field(description="the newest event that this knows of")
    queue: QueueDocument
    needs_you: list[NeedsYou]
    jobs: list[JobDocument] = Field(description="that are not over, in the order they came")
    printers: list[PrinterDocument]


class Reloaded(Document):
    """What has changed in the configuration."""

    changed: list[str] = Field(description="holds from now on")
    after_restart: list[str] = Field(description="holds when printd starts again")


class EventDocument(Document):
    """Something that has happened, with what it happened to as it is now."""

    type: str = Field(description="such as job.held")
    at: datetime
    who: str
    text: str
    job: JobDocument | None
    printer: PrinterDocument | None


class KeyDocument(Document):
    """A key of the API, without its secret."""

    id: str
    name: str
    owner: str
    scope: Scope
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


class NewKey(KeyDocument):
    """A key that has just been made."""

    key: str = Field(description="the key itself; it is never shown again")


class KeyList(Document):
    """All keys, those that are revoked too."""

    keys: list[KeyDocument]


class Health(Document):
    """Whether the daemon does its work."""

    ok: bool
    checks: dict[str, str] = Field(description="each `ok`, or what is wrong")


def queue_document(paused: Because | None, counts: Mapping[State, int]) -> QueueDocument:
    """Return the queue as it is sent."""
    return QueueDocument.model_construct(paused=why_document(paused), jobs=dict(counts))


def why_document(why: Because | None) -> Why | None:
    """Return a reason as it is sent."""
    return Why(code=why.code, problem=why.problem, action=why.action) if why else None


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
        "price": Price(**facts["price"]) if facts.get("price") else None,
        "sign_off": _sign_off(job),
        "can": list(possible(job, why)),
        "files": files_of(job),
    }


@lru_cache(maxsize=KEPT)
def job_document(job: Job, why: Because | None) -> JobDocument:
    """Return a job as it is sent; nobody alters it."""
    return JobDocument.model_construct(**job_values(job, why))


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


def _tray(tray: Tray, spools: Spools) -> TrayDocument:
    return TrayDocument(
        place=tray.place,
        holds=tray.holds,
        material=tray.material,
        colour=tray.colour,
        left=tray.remain,
        is_used=tray.number == spools.now,
    )


def printer_document(offer: Offer, why: Because | None, config: PrinterConfig) -> PrinterDocument:
    """Return a printer as it is sent.

    Args:
        offer: what it is, and how it is now.
        why: it stands still.
        config: its part of the configuration.
    """
    row, status = offer.row, offer.row.status
    bed = BedDocument(
        state=row.bed.state,
        why=row.bed.why,
        at=row.bed.at,
        by=row.bed.by,
        job=row.bed.job,
        revision=row.bed.revision,
    )
    spools = status.spools if status else None
    trays = (*spools.trays, *spools.external) if spools else ()
    return PrinterDocument.model_construct(
        name=offer.name,
        profile=offer.profile,
        condition=status.condition if status else None,
        trouble=status.trouble if status else None,
        fault=status.fault if status else None,
        because=why_document(why),
        job=row.job,
        progress=status.progress if status else None,
        layer=status.layer if status else None,
        layers=status.layers if status else None,
        remaining_s=status.remaining_s if status else None,
        bed=bed if offer.has_bed else None,
        out_of_service=row.out_of_service,
        material=offer.machine.material,
        nozzle_mm=offer.machine.nozzle_mm,
        loaded=[_tray(tray, spools) for tray in trays] if spools else [],
        takes=sorted(offer.takes),
        has_light=config.has_light,
        has_camera=config.has_camera,
        page=config.page,
        seen_at=row.seen_at,
    )


def recipe_document(config: Config, name: str) -> RecipeDocument:
    """Return a recipe as it is sent."""
    recipe = config.recipes[name]
    return RecipeDocument(
        name=name,
        label=recipe.label,
        lines=list(lines_of(recipe)),
        mesher=recipe.mesher,
        preset=recipe.preset,
        width_mm=recipe.width_mm,
        longest_mm=recipe.longest_mm,
        material=recipe.material,
        colour=recipe.colour,
        copies=recipe.copies,
        approval=recipe.approval,
        printers=list(recipe.printers),
        may_change=recipe.may_change,
        settings=dict(recipe.settings),
    )


def key_values(key: Key) -> dict[str, Any]:
    """Return the values of a key's document."""
    return {name: getattr(key, name) for name in KeyDocument.model_fields}
