"""The key by which a client says that two requests are one: the header Idempotency-Key."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Header

from printd.web.problems import RequestInvalid

KEY_CHARACTERS: Final = 200
ClientKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="up to 200 characters; the same again is the same request, done once",
    ),
]


def checked_key(said: str | None) -> str | None:
    """Return what a client says in Idempotency-Key.

    Raises:
        RequestInvalid: it is no such key.
    """
    if said is not None and not 1 <= len(said) <= KEY_CHARACTERS:
        raise RequestInvalid(f"An Idempotency-Key has 1 to {KEY_CHARACTERS} characters.")
    return said
