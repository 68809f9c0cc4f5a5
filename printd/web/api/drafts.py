"""Drafts: a photo that is looked at before it is a job, and what it would become."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import Response
from pydantic import ConfigDict, Field

from printd.core.print_settings import PrintSettings
from printd.core.recipes import MOST_COPIES, check_allowed
from printd.core.relief_settings import ReliefSettings
from printd.meshers.preview.draft import Views
from printd.web.access import Caller
from printd.web.answers import KNOWN, document, is_known, known_document, without_body
from printd.web.api.described import PREFIX, Described, problems
from printd.web.api.uploading import key_of
from printd.web.asked import Submit, TheSite
from printd.web.documents import Document
from printd.web.draft_jobs import job_of_draft
from printd.web.forms import Shape
from printd.web.gone import WhenGone
from printd.web.handing_in import Wish
from printd.web.job_documents import JobDocument, Price
from printd.web.keys import Scope
from printd.web.previews import LEAST_CELLS, MOST_CELLS, USUAL_CELLS, Asked
from printd.web.problems import RequestInvalid
from printd.web.shown import shown
from printd.web.site import Site
from printd.web.uploads import Upload

BYTES: Final = "application/octet-stream"
OF_PRINT: Final = frozenset({*PrintSettings.model_fields, "material", "colour"})
NAMED: Final = frozenset({*ReliefSettings.model_fields, *OF_PRINT})
OF_ROUTE: Final = frozenset({"n", "view", "width_px", "height_px", "look"})
VALUE_CHARACTERS: Final = 400
FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "a picture (60 MB)",
                        }
                    },
                },
                "encoding": {"file": {"contentType": "image/*, application/octet-stream"}},
            }
        },
    }
}
router = APIRouter(route_class=Described, prefix=f"{PREFIX}/drafts", tags=["drafts"])


def _parameters() -> dict[str, Any]:
    """Return the settings of a relief as parameters of an address."""
    known = ReliefSettings.model_json_schema()["properties"]
    said = [
        {"name": name, "in": "query", "required": False, "schema": {"title": name, **known[name]}}
        for name in ReliefSettings.model_fields
    ]
    return {"parameters": said}


SETTINGS: Final = _parameters()
DraftId = Annotated[str, Path(alias="draft", max_length=64)]


class Warned(Document):
    """Something that a person should know."""

    code: str
    sentence: str


class DraftDocument(Document):
    """A photo that is looked at; sizes are those of the upright picture."""

    id: str
    width_px: int
    height_px: int
    format: str
    has_alpha: bool
    warnings: list[Warned]


class RangeDocument(Document):
    """An estimate, and between what it is likely to lie."""

    about: float
    least: float
    most: float


class HintDocument(Document):
    """Something that the print would show, and what would mend it."""

    code: str
    sentence: str
    mend: dict[str, Any] = Field(description="settings to change; may be empty")


class FiguresDocument(Document):
    """What is known of a piece before it is made."""

    size_mm: tuple[float, float, float] = Field(description="as it lies or stands on the bed")
    picture_mm: tuple[float, float] = Field(description="of the whole rectangle, flat")
    relief_mm: float
    base_mm: float
    layer_mm: float
    layers: int
    base_layers: float
    relief_layers: float
    mesh_grid: tuple[int, int] = Field(description="cells of the final mesh, across and down")
    triangles: int = Field(description="about")
    volume_mm3: float
    is_estimate: bool = Field(
        default=True, description="grams, seconds and price are: nothing is sliced"
    )
    how: str = Field("from the volume, not sliced")
    grams: RangeDocument
    seconds: RangeDocument
    price: Price | None = Field(description="null: nothing is asked")
    hints: list[HintDocument]
    warnings: list[Warned]
    depth: str = Field(description="where the heights come from, in words")
    depth_final: str | None = Field(description="the source that the job has, if it is another")
    params: str = Field(description="X-Params of the heights of the same settings")


class DraftJob(Document):
    """What is to be made of a draft."""

    model_config = ConfigDict(extra="forbid")

    recipe: Annotated[str, Field(max_length=64)] = "default"
    preset: Annotated[str, Field(max_length=64)] | None = None
    name: Annotated[str, Field(max_length=200)] = ""
    copies: Annotated[int, Field(ge=1, le=MOST_COPIES)] | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    hold: bool = False
    keep: bool = Field(default=False, description="look at the draft on; it is forgotten otherwise")


async def _received(site: TheSite, caller: Submit, request: Request) -> AsyncIterator[Upload]:
    site.access.count_upload(caller)
    most = int(site.tools.config.limits.photo_max_mb * 1e6)
    shape = Shape("file", frozenset(), lambda _name: most)
    async with site.uploads.received(request, shape, lambda _name: None) as upload:
        yield upload


@router.post(
    "",
    status_code=201,
    response_model=DraftDocument,
    responses=problems(400, 408, 413, 415),
    openapi_extra=FORM,
)
def create(
    site: TheSite, caller: Submit, upload: Annotated[Upload, Depends(_received)]
) -> Response:
    """Hand in a photo to look at."""
    draft = site.drafts.take(upload, caller.who)
    answer = DraftDocument(
        id=draft.id,
        width_px=draft.facts["width_px"],
        height_px=draft.facts["height_px"],
        format=draft.facts["format"],
        has_alpha=draft.facts["has_alpha"],
        warnings=[_warned(line) for line in draft.facts["warnings"]],
    )
    return document(answer, 201, {"Location": f"{PREFIX}/drafts/{draft.id}"})


@router.delete("/{draft}", status_code=204, responses=problems())
def forget(site: TheSite, caller: Submit, draft_id: DraftId) -> Response:
    """Erase a draft."""
    site.drafts.forget(draft_id, caller.who)
    return Response(status_code=204)


def _pictures(*types: str) -> dict[int | str, dict[str, Any]]:
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in types}
    return {
        200: {"description": "the answer", "content": content},
        304: {"description": "the one that the client has"},
    }


@router.get(
    "/{draft}/picture",
    response_class=Response,
    responses={**_pictures("image/jpeg", "image/png"), **problems(404)},
)
def picture(
    site: TheSite,
    caller: Submit,
    request: Request,
    gone: WhenGone,
    draft_id: DraftId,
    longest_px: Annotated[int, Query(ge=64, le=2048)] = 1024,
) -> Response:
    """Get the photo, small and upright, with nothing but its pixels."""
    draft = site.drafts.of(draft_id, caller.who)
    tag = f'"{draft.id[:16]}-{longest_px}"'
    if is_known(request, tag):
        return _same(tag)
    made = site.previews.picture(draft, longest_px, gone)
    answer = Response(made.content, 200, {"ETag": tag, **KNOWN}, made.media_type)
    return without_body(request, answer)


Recipe = Annotated[str, Query(max_length=64)]
Preset = Annotated[str | None, Query(max_length=64, description="in place of the recipe's")]


@router.get(
    "/{draft}/heights",
    response_class=Response,
    responses={**_pictures(BYTES), **problems(404)},
    openapi_extra=SETTINGS,
)
def heights(
    site: TheSite,
    caller: Submit,
    request: Request,
    gone: WhenGone,
    draft_id: DraftId,
    recipe: Recipe = "default",
    preset: Preset = None,
    n: Annotated[
        int, Query(ge=LEAST_CELLS, le=MOST_CELLS, description="cells along the longest side")
    ] = USUAL_CELLS,
) -> Response:
    """Get the finished surface: 16-bit heights by rows from the top, then a byte for what stays.

    All is little-endian. ``X-Grid`` says how many samples, ``X-Z-Mm`` what 0 stands for and the
    span of 65535. With ``X-Keep: 1`` a byte for each sample follows: 128 and more stays, 16 are
    one cell.
    """
    began_s = time.perf_counter()
    draft = site.drafts.of(draft_id, caller.who)
    asked = _asked(site, caller, request, recipe, preset)
    word = asked.word(draft, n)
    tag = f'"{word}"'
    if is_known(request, tag):
        return _same(tag)
    made = site.previews.heights(draft, asked, n, gone)
    headers = {"ETag": tag, **KNOWN, **_said(made.facts, asked, word)}
    total_ms = (time.perf_counter() - began_s) * 1000
    headers["Server-Timing"] = (
        f"raw;dur={made.facts['raw_ms']:.1f}, shape;dur={made.facts['shape_ms']:.1f}, "
        f"cpu;dur={made.facts['cpu_ms']:.1f}, total;dur={total_ms:.1f}"
    )
    return without_body(request, Response(made.content, 200, headers, BYTES))


def _said(facts: Mapping[str, Any], asked: Asked, word: str) -> dict[str, str]:
    """Return what the samples mean, as headers."""
    said = {
        "X-Grid": "{}x{}".format(*facts["grid"]),
        "X-Size-Mm": "{:.4f}x{:.4f}".format(*facts["size_mm"]),
        "X-Bounds-Mm": ",".join(f"{side:.4f}" for side in facts["bounds_mm"]),
        "X-Base-Mm": f"{facts['base_mm']:.4f}",
        "X-Relief-Mm": f"{facts['relief_mm']:.4f}",
        "X-Z-Mm": "{:.4f},{:.4f}".format(*facts["z_mm"]),
        "X-Keep": str(int(facts["has_keep"])),
        "X-Bend": facts["bend"],
        "X-Standing": str(int(asked.settings.standing)),
        "X-Uniforms": ",".join(facts["uniforms"]),
        "X-Mesh-Grid": "{}x{}".format(*facts["mesh_grid"]),
        "X-Depth": asked.source.name,
        "X-Warnings": ",".join(facts["warnings"]),
        "X-Params": word,
    }
    if asked.final != asked.source.name:
        said["X-Depth-Final"] = asked.final
    return said


@router.get(
    "/{draft}/figures",
    response_model=FiguresDocument,
    responses={304: {"description": "as before"}, **problems(404)},
    openapi_extra=SETTINGS,
)
def figures(
    site: TheSite,
    caller: Submit,
    request: Request,
    gone: WhenGone,
    draft_id: DraftId,
    recipe: Recipe = "default",
    preset: Preset = None,
) -> Response:
    """Tell what the piece would be: sizes, hints, about how much plastic, time and money."""
    draft = site.drafts.of(draft_id, caller.who)
    asked = _asked(site, caller, request, recipe, preset)
    found = site.previews.figures(site.tools.config, draft, asked, gone)
    price = found.pop("price")
    answer = FiguresDocument(
        **{key: found[key] for key in found if key not in ("warnings", "grams", "seconds")},
        grams=RangeDocument.model_validate(found["grams"], from_attributes=True),
        seconds=RangeDocument.model_validate(found["seconds"], from_attributes=True),
        price=None if price is None else Price(**price.facts()),
        warnings=[_warned(line) for line in found["warnings"]],
        depth_final=None if asked.final == asked.source.name else asked.final,
        params=asked.word(draft, USUAL_CELLS),
    )
    return known_document(request, answer.model_dump_json().encode())


@router.get(
    "/{draft}/picture-of-relief",
    response_class=Response,
    responses={**_pictures("image/png"), **problems(404)},
    openapi_extra=SETTINGS,
)
def picture_of_relief(
    site: TheSite,
    caller: Submit,
    request: Request,
    gone: WhenGone,
    draft_id: DraftId,
    recipe: Recipe = "default",
    preset: Preset = None,
    view: Views = "tilted",
    width_px: Annotated[int, Query(ge=64, le=1600)] = 800,
    height_px: Annotated[int, Query(ge=64, le=1600)] = 600,
    look: Annotated[str, Query(max_length=32, description="what it looks made of")] = "white-pla",
) -> Response:
    """Get a picture of the piece, for browsers that cannot draw it."""
    draft = site.drafts.of(draft_id, caller.who)
    asked = _asked(site, caller, request, recipe, preset)
    size_px = width_px, height_px
    tag = f'"{asked.word(draft, view, size_px, look)}"'
    if is_known(request, tag):
        return _same(tag)
    made = site.previews.drawn(draft, asked, view, size_px, look, gone)
    answer = Response(made.content, 200, {"ETag": tag, **KNOWN}, made.media_type)
    return without_body(request, answer)


@router.post(
    "/{draft}/job",
    status_code=201,
    response_model=JobDocument,
    responses={
        200: {"model": JobDocument, "description": "the job that it is already"},
        **problems(400, 404, 409),
    },
)
def job(
    site: TheSite,
    caller: Submit,
    draft_id: DraftId,
    wanted: DraftJob,
    idempotency_key: Annotated[
        str | None, Header(description="up to 200 characters; another one is another job")
    ] = None,
) -> Response:
    """Make a job of a draft, which is forgotten then."""
    if caller.scope is Scope.SUBMIT:
        said = {"copies": wanted.copies, "name": wanted.name, "preset": wanted.preset}
        changed = {*wanted.settings, *(key for key in said if said[key])}
        check_allowed(site.tools.config, wanted.recipe, changed)
    wish = Wish(
        source="api" if caller.login is None else "page",
        recipe=wanted.recipe,
        name=wanted.name,
        settings=wanted.settings,
        copies=wanted.copies,
        hold=wanted.hold,
    )
    made, is_new = job_of_draft(
        site,
        caller,
        draft_id,
        wish,
        preset=wanted.preset,
        client_key=key_of(idempotency_key) or "",
        keep=wanted.keep,
    )
    headers = {"Location": f"{PREFIX}/jobs/{made.id}"}
    return document(shown(made, made.because, caller.scope), 201 if is_new else 200, headers)


def _asked(site: Site, caller: Caller, request: Request, recipe: str, preset: str | None) -> Asked:
    """Settle what the address asks for; a key sees only what it could have made."""
    config = site.tools.config
    said = settings_in(request)
    if caller.scope is Scope.SUBMIT:
        check_allowed(config, recipe, {*said, *({"preset"} if preset else ())})
    return site.previews.asked(config, recipe, preset, said)


def settings_in(request: Request) -> dict[str, Any]:
    """Return the settings in an address; an empty one says that nothing is said.

    Raises:
        RequestInvalid: a name comes twice, or its value is too long.
    """
    said: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in OF_ROUTE or name in ("recipe", "preset"):
            continue
        if name in said or len(value) > VALUE_CHARACTERS:
            raise RequestInvalid("A setting comes twice, or is too long.")
        if name not in NAMED:
            raise RequestInvalid("There is a parameter that is no setting of a relief.")
        said[name] = value or None
    return said


def _warned(line: str) -> Warned:
    code, _, sentence = line.partition(": ")
    return Warned(code=code, sentence=sentence)


def _same(tag: str) -> Response:
    return Response(status_code=304, headers={"ETag": tag, **KNOWN})
