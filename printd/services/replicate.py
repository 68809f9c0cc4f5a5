"""Replicate: pictures are uploaded, predictions created, read, listed and cancelled.

Source: replicate.com/docs, HTTP API (seen 2026-11-22). Official models run by name, those of the
community by the hash of a version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from printd.core.errors import PrintdError, ServiceAway, ServiceCredit, ServiceRetired
from printd.services.inline import content_of, mime_of
from printd.services.line import AGAIN_S, Line, said

MOST_PAGES: Final = 20  # of 100 orders each


def explain(answer: httpx.Response) -> PrintdError | None:
    """Return what a refusal of Replicate means, where its status alone says less."""
    if answer.status_code == httpx.codes.PAYMENT_REQUIRED:
        return ServiceCredit(f"The account at Replicate has no credit: {said(answer)}.")
    if answer.status_code == httpx.codes.NOT_FOUND or "version" in _wrong_fields(answer):
        return ServiceRetired(
            f"Replicate has no such model or version: {said(answer)}.",
            action="Name the hash of a version it still has as `version` under `meshers`, "
            "then run `printd retry JOB`.",
        )
    return None


def _wrong_fields(answer: httpx.Response) -> frozenset[str]:
    """Return the fields that a refusal names; of an unknown hash it is ``version``."""
    try:
        values = answer.json()
    except (ValueError, RecursionError):
        return frozenset()
    fields = values.get("invalid_fields") if isinstance(values, dict) else None
    entries = fields if isinstance(fields, list) else ()
    named = (entry.get("field") for entry in entries if isinstance(entry, dict))
    return frozenset(field for field in named if isinstance(field, str))


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A picture that Replicate has: its address, and when it came by Replicate's own clock."""

    address: str
    made: str | None


@dataclass(frozen=True, slots=True)
class Replicate:
    """What Replicate is asked, as far as printd needs it."""

    line: Line

    def upload(self, picture: Path) -> Uploaded:
        """Hand in a picture, which costs nothing; it is kept for a day.

        Raises:
            ServiceError, ServiceAway: nothing was ordered.
        """
        content = content_of(picture)
        kind = mime_of(content) or "application/octet-stream"
        file = (f"photo.{kind.rpartition('/')[2]}", content, kind)
        answer = self.line.look("/v1/files", method="POST", files={"content": file})
        values = self.line.json(answer)
        urls, made = values.get("urls"), values.get("created_at")
        address = urls.get("get") if isinstance(urls, dict) else None
        if not isinstance(address, str):
            raise ServiceAway("Replicate does not say where the picture lies.", AGAIN_S)
        return Uploaded(address, made if isinstance(made, str) else None)

    def create(self, model: str, version: str | None, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Order a prediction, once; return it as it begins.

        Args:
            model: ``owner/name``.
            version: its hash; None: an official model, which needs none.
            inputs: of the model.

        Raises:
            ServiceRefusal, ServiceAway, InDoubt: as ``Line.order``.
        """
        path = f"/v1/models/{model}/predictions" if version is None else "/v1/predictions"
        body = {"input": dict(inputs)} | ({} if version is None else {"version": version})
        return self.line.accepted(self.line.order(path, json=body))

    def read(self, prediction: str) -> dict[str, Any]:
        """Return a prediction as it is now.

        Raises:
            ServiceError, ServiceAway: as ``Line.look``.
        """
        return self.line.json(self.line.look(f"/v1/predictions/{prediction}"))

    def cancel(self, prediction: str) -> dict[str, Any]:
        """End a prediction; return it as it is then: one that is done stays as it was."""
        answer = self.line.look(f"/v1/predictions/{prediction}/cancel", method="POST")
        return self.line.json(answer)

    def since(self, moment: str) -> list[dict[str, Any]]:
        """Return all predictions of the account that were created since, the newest first.

        Args:
            moment: as ISO 8601.

        Raises:
            ServiceError, ServiceAway: not all of them could be read.
        """
        found: list[dict[str, Any]] = []
        page: Any = "/v1/predictions"
        params: dict[str, str] | None = {"created_after": moment}
        for _ in range(MOST_PAGES):
            listed = self.line.json(self.line.look(page, params=params))
            results = listed.get("results")
            if not isinstance(results, list):
                raise ServiceAway("Replicate's list of orders cannot be read.", AGAIN_S)
            found += [entry for entry in results if isinstance(entry, dict)]
            page, params = listed.get("next"), None
            if not isinstance(page, str):
                return found
        raise ServiceAway(f"Replicate lists more than {MOST_PAGES} pages of orders.", AGAIN_S)
