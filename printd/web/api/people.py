"""People who may log in at the pages, and links that log somebody in once; for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from printd.web.answers import document
from printd.web.api.described import PREFIX, Described, problems
from printd.web.asked import Admin, TheSite
from printd.web.documents import Document
from printd.web.keys import Scope
from printd.web.people import LEAST, MOST, People, Person


class PersonDocument(Document):
    """Somebody who may log in."""

    name: str
    scope: Scope
    created_at: datetime
    created_by: str


class PersonList(Document):
    """Everybody who may log in."""

    people: list[PersonDocument]


class LinkDocument(Document):
    """A link that logs in once."""

    url: str = Field(description="from this machine; good for ten minutes, and once")
    person: str
    scope: Scope


class Password(BaseModel):
    """Another password."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"password": "x" * 12}})

    password: Annotated[str, Field(min_length=LEAST, max_length=MOST)]


class PersonWanted(Password):
    """Somebody who is to be let in."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"name": "ana", "scope": "operate", "password": "x" * 12},
        },
    )

    name: Annotated[str, Field(max_length=32)]
    scope: Scope


Name = Annotated[str, Path(alias="person", max_length=32, description="their name")]
router = APIRouter(route_class=Described, prefix=f"{PREFIX}/people", tags=["people"])


def person_document(person: Person) -> PersonDocument:
    """Return somebody as they are sent."""
    return PersonDocument(
        name=person.name,
        scope=person.scope,
        created_at=person.created_at,
        created_by=person.created_by,
    )


@router.get("", response_model=PersonList, responses=problems())
def people(site: TheSite, _caller: Admin) -> Response:
    """List the people who may log in."""
    return document(PersonList(people=[person_document(one) for one in site.tools.people.all()]))


@router.post(
    "", status_code=201, response_model=PersonDocument, responses=problems(400, 408, 409, 413)
)
def add(site: TheSite, caller: Admin, wanted: PersonWanted) -> Response:
    """Let somebody log in."""
    made = People(site.tools.asking).add(wanted.name, wanted.scope, wanted.password, by=caller.who)
    return document(person_document(made), 201)


@router.post(
    "/{person}/password",
    response_model=PersonDocument,
    responses=problems(400, 404, 408, 413),
)
def password(site: TheSite, caller: Admin, name: Name, wanted: Password) -> Response:
    """Give somebody another password; wherever they are logged in, that ends."""
    changed = People(site.tools.asking).set_password(name, wanted.password, by=caller.who)
    return document(person_document(changed))


@router.delete("/{person}", response_model=PersonDocument, responses=problems(404))
def remove(site: TheSite, caller: Admin, name: Name) -> Response:
    """Let somebody log in no more."""
    return document(person_document(People(site.tools.asking).remove(name, by=caller.who)))


@router.post("/link", status_code=201, response_model=LinkDocument, responses=problems())
def link(site: TheSite, caller: Admin) -> Response:
    """Make a link that logs in whoever asks, once."""
    word = site.links.make(caller.who, caller.scope)
    return document(
        LinkDocument(url=f"{site.url}/login/{word}", person=caller.who, scope=caller.scope), 201
    )
