"""What a photo that is looked at would become: its surface, figures and pictures.

The settings of a relief are parameters of the address, so that a browser can keep what it was sent.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from printd.core.print_settings import PrintSettings
from printd.core.recipes import check_allowed
from printd.core.relief_settings import ReliefSettings
from printd.meshers.preview.draft import Views
from printd.web.access import Caller
from printd.web.answers import KNOWN, is_known, known_document, without_body
from printd.web.api.described import PREFIX, Described, problems
from printd.web.asked import Submit, TheSite
from printd.web.draft_documents import FiguresDocument, RangeDocument, warned
from printd.web.gone import WhenGone
from printd.web.job_documents import Price
from printd.web.keys import Scope
from printd.web.previews import LEAST_CELLS, MOST_CELLS, USUAL_CELLS, Asked
from printd.web.problems import RequestInvalid
from printd.web.site import Site

BYTES: Final = "application/octet-stream"
OF_PRINT: Final = frozenset({*PrintSettings.model_fields, "material", "colour"})
NAMED: Final = frozenset({*ReliefSettings.model_fields, *OF_PRINT})
OF_ROUTE: Final = frozenset({"n", "view", "width_px", "height_px", "look"})
VALUE_CHARACTERS: Final = 400
DraftId = Annotated[str, Path(alias="draft", max_length=64, description="`id` of a draft")]
router = APIRouter(route_class=Described, prefix=f"{PREFIX}/drafts/{{draft}}", tags=["drafts"])


def _parameters() -> dict[str, Any]:
    """Return the settings of a relief as parameters of an address."""
    known = ReliefSettings.model_json_schema()["properties"]
    said = [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": "as in the `settings` of a recipe",
            "schema": {"title": name, **known[name]},
        }
        for name in ReliefSettings.model_fields
    ]
    return {"parameters": said}


SETTINGS: Final = _parameters()


def _pictures(*types: str) -> dict[int | str, dict[str, Any]]:
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in types}
    return {
        200: {"description": "the answer", "content": content},
        304: {"description": "the one that the client has"},
    }


@router.get(
    "/picture",
    response_class=Response,
    responses={**_pictures("image/jpeg", "image/png"), **problems(404)},
)
def picture(
    site: TheSite,
    caller: Submit,
    request: Request,
    gone: WhenGone,
    draft_id: DraftId,
    longest_px: Annotated[int, Query(ge=64, le=2048, description="of its longest side")] = 1024,
) -> Response:
    """Get the photo, small and upright, with nothing but its pixels."""
    draft = site.drafts.of(draft_id, caller.who)
    tag = f'"{draft.id[:16]}-{longest_px}"'
    if is_known(request, tag):
        return _same(tag)
    made = site.previews.picture(draft, longest_px, gone)
    answer = Response(made.content, 200, {"ETag": tag, **KNOWN}, made.media_type)
    return without_body(request, answer)


Recipe = Annotated[str, Query(max_length=64, description="whose settings hold")]
Preset = Annotated[str | None, Query(max_length=64, description="in place of the recipe's")]


@router.get(
    "/heights",
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
    "/figures",
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
        warnings=[warned(line) for line in found["warnings"]],
        depth_final=None if asked.final == asked.source.name else asked.final,
        params=asked.word(draft, USUAL_CELLS),
    )
    return known_document(request, answer.model_dump_json().encode())


@router.get(
    "/picture-of-relief",
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
    view: Annotated[Views, Query(description="from where")] = "tilted",
    width_px: Annotated[int, Query(ge=64, le=1600, description="of the picture")] = 800,
    height_px: Annotated[int, Query(ge=64, le=1600, description="of the picture")] = 600,
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


def _same(tag: str) -> Response:
    return Response(status_code=304, headers={"ETag": tag, **KNOWN})
