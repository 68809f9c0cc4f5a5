"""Keys, made and revoked by those who may do everything."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from printd.web.access import Caller
from printd.web.answers import document
from printd.web.api.described import PREFIX, problems
from printd.web.documents import KeyDocument, KeyList, NewKey, key_values
from printd.web.keys import Keys, Scope
from printd.web.site import Site


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


def router(site: Site) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix=f"{PREFIX}/keys", tags=["keys"])
    admin = Depends(site.access.needs(Scope.ADMIN))
    store = Keys(site.tools.asking)

    @routes.get("", summary="List the keys", response_model=KeyList, responses=problems())
    def keys(_caller: Caller = admin) -> Response:
        return document(KeyList(keys=[KeyDocument(**key_values(key)) for key in store.all()]))

    @routes.post(
        "",
        summary="Make a key; it is shown once",
        status_code=201,
        response_model=NewKey,
        responses=problems(400, 408, 409, 413),
    )
    def create(wanted: KeyWanted, caller: Caller = admin) -> Response:
        until: datetime | None = wanted.expires_at
        key, text = store.create(
            wanted.name, wanted.scope, by=caller.who, owner=wanted.owner, expires_at=until
        )
        where = {"Location": f"{PREFIX}/keys/{key.id}"}
        return document(NewKey(**key_values(key), key=text), 201, where)

    @routes.delete(
        "/{key}",
        summary="Revoke a key",
        response_model=KeyDocument,
        responses=problems(404),
    )
    def revoke(
        word: Annotated[str, Path(alias="key", max_length=64, description="id or name")],
        caller: Caller = admin,
    ) -> Response:
        return document(KeyDocument(**key_values(store.revoke(word, by=caller.who))))

    return routes
