"""Profiles: which there are, which printer has which, whether its slicer takes each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import Field

from printd.pipeline.profile_health import Row, rows
from printd.web.answers import document, known_document
from printd.web.api.described import PREFIX, Described, problems
from printd.web.asked import Operate, TheSite
from printd.web.documents import Document
from printd.web.problems import NoSuchThing
from printd.web.site import Site

ProfileWord = Annotated[str, Path(alias="profile", max_length=64, description="its name")]
router = APIRouter(route_class=Described, prefix=f"{PREFIX}/profiles", tags=["profiles"])


class ProfileDocument(Document):
    """What a class of printers is, and how its slicer is set."""

    name: str
    own: bool = Field(description="lies beside the configuration; false: comes with printd")
    kind: str | None = Field(description="of its slicer")
    bed_mm: list[float] | None = Field(description="width, depth, height")
    nozzle_mm: float | None
    materials: list[str]
    qualities: list[str]
    hash: str | None = Field(description="null: it cannot be used")
    experiment: str | None = Field(description="why prints with it wait for a person")
    trouble: str | None = Field(description="why it cannot be used")
    printers: list[str] = Field(description="that are configured with it")


class ProfileList(Document):
    """All profiles."""

    profiles: list[ProfileDocument]


class ProfileHealth(Document):
    """What came of trying a profile on its slicer."""

    name: str
    verdict: Literal["ok", "warn", "fail"]
    fact: str
    remedy: str = Field(description="what to do; empty: nothing")


def profile_documents(site: Site) -> list[ProfileDocument]:
    """Return all profiles as they are sent, those of printers first."""
    found = [_document(site, row) for row in rows(site.tools.place.profile_folders)]
    return sorted(found, key=lambda one: (not one.printers, not one.own, one.name))


def _document(site: Site, row: Row) -> ProfileDocument:
    words: dict[str, Any] = row.as_json()
    printers = site.tools.config.printers.items()
    users = [name for name, printer in printers if printer.profile == row.name]
    return ProfileDocument.model_construct(**words, printers=users)


@router.get(
    "",
    response_model=ProfileList,
    responses={304: {"description": "as before"}, **problems()},
)
def profiles(site: TheSite, _caller: Operate, request: Request) -> Response:
    """List the profiles."""
    answer = ProfileList.model_construct(profiles=profile_documents(site))
    return known_document(request, answer.model_dump_json().encode())


@router.post("/{profile}/check", response_model=ProfileHealth, responses=problems(404))
def check(site: TheSite, _caller: Operate, word: ProfileWord) -> Response:
    """Try a profile, or that of a printer, on its slicer: slices a small cube and judges it."""
    known = {row.name for row in rows(site.tools.place.profile_folders)}
    if word not in known and word not in site.tools.config.printers:
        raise NoSuchThing("There is no such profile.")
    found = site.tools.health(word)
    return document(
        ProfileHealth(name=found.name, verdict=found.verdict, fact=found.fact, remedy=found.remedy)
    )
