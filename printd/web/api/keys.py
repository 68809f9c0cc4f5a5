"""Keys, made and revoked by those who may do everything."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from printd.web.answers import document
from printd.web.api.described import PREFIX, Described, problems
from printd.web.asked import Admin, TheSite
from printd.web.documents import KeyDocument, KeyList, NewKey, key_values
from printd.web.keys import Keys, Scope


class KeyWanted(BaseModel):
    """What a new key is for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"name": "web-shop", "scope": "submit", "owner": "Ana, the web shop"}
        },
    )

    name: Annotated[str, Field(max_length=32)]
    scope: Scope
    owner: Annotated[str, Field(max_length=80)] = ""
    expires_at: AwareDatetime | None = None


router = APIRouter(route_class=Described, prefix=f"{PREFIX}/keys", tags=["keys"])


@router.get("", response_model=KeyList, responses=problems())
def keys(site: TheSite, _caller: Admin) -> Response:
    """List the keys."""
    return document(
        KeyList(keys=[KeyDocument(**key_values(key)) for key in Keys(site.tools.asking).all()])
    )


@router.post(
    "",
    status_code=201,
    response_model=NewKey,
    responses=problems(400, 408, 409, 413),
)
def create(site: TheSite, caller: Admin, wanted: KeyWanted) -> Response:
    """Make a key; it is shown once."""
    until: datetime | None = wanted.expires_at
    key, text = Keys(site.tools.asking).create(
        wanted.name, wanted.scope, by=caller.who, owner=wanted.owner, expires_at=until
    )
    where = {"Location": f"{PREFIX}/keys/{key.id}"}
    return document(NewKey(**key_values(key), key=text), 201, where)


@router.delete(
    "/{key}",
    response_model=KeyDocument,
    responses=problems(404),
)
def revoke(
    site: TheSite,
    caller: Admin,
    word: Annotated[str, Path(alias="key", max_length=64, description="id or name")],
) -> Response:
    """Revoke a key."""
    return document(KeyDocument(**key_values(Keys(site.tools.asking).revoke(word, by=caller.who))))
