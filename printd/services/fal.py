"""fal: requests are put into a queue, looked at, fetched, cancelled; nothing lists them.

Source: docs.fal.ai, queue API (seen 2026-11-22). The addresses of a request hold owner and app
only, not the rest of the endpoint's path, so those of the answer are used, and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from printd.core.errors import (
    PrintdError,
    ResultGone,
    ServiceCredit,
    ServiceFailed,
    ServiceModerated,
    ServiceRejected,
    ServiceRetired,
)
from printd.services.line import Line, said

LOCKED = ("locked", "exhausted", "balance")


def explain(answer: httpx.Response) -> PrintdError | None:
    """Return what a refusal of fal means, where its status alone says less."""
    if "content_policy_violation" in types_of(answer):
        return ServiceModerated(f"fal will not have this picture: {said(answer)}.")
    words = said(answer)
    if answer.status_code == httpx.codes.FORBIDDEN and any(
        word in words.lower() for word in LOCKED
    ):
        return ServiceCredit(f"The account at fal is locked or empty: {words}.")
    return None


def types_of(answer: httpx.Response) -> frozenset[str]:
    """Return the types of the errors of an answer, in either of the shapes that fal has."""
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return frozenset()
    if not isinstance(body, dict):
        return frozenset()
    detail = body.get("detail")
    entries = [body.get("error_type"), *(detail if isinstance(detail, list) else ())]
    found = (entry.get("type") if isinstance(entry, dict) else entry for entry in entries)
    return frozenset(kind for kind in found if isinstance(kind, str))


@dataclass(frozen=True, slots=True)
class Queued:
    """A request in the queue, and where it is looked at."""

    request_id: str
    status_url: str
    response_url: str
    cancel_url: str

    def as_details(self) -> dict[str, Any]:
        """Return what a ticket keeps."""
        return {
            "status_url": self.status_url,
            "response_url": self.response_url,
            "cancel_url": self.cancel_url,
        }


@dataclass(frozen=True, slots=True)
class Fal:
    """What fal is asked, as far as printd needs it."""

    line: Line

    def submit(self, endpoint: str, arguments: Mapping[str, Any]) -> Queued:
        """Order a mesh, once.

        Args:
            endpoint: ``owner/app/path``.
            arguments: of the model, the picture among them.

        Raises:
            ServiceRefusal, ServiceAway, InDoubt: as ``Line.order``.
        """
        answer = self.line.accepted(self.line.order(f"/{endpoint}", json=dict(arguments)))
        request_id = answer.get("request_id")
        if not isinstance(request_id, str) or not request_id:
            raise self.line.in_doubt("it named no request")
        usual = self.queued(endpoint, request_id)
        return Queued(
            request_id,
            self._own(answer.get("status_url"), usual.status_url),
            self._own(answer.get("response_url"), usual.response_url),
            self._own(answer.get("cancel_url"), usual.cancel_url),
        )

    def queued(self, endpoint: str, request_id: str) -> Queued:
        """Return where a request of this endpoint is looked at."""
        owner, app = endpoint.split("/")[:2]
        base = f"{self.line.base_url}/{owner}/{app}/requests/{request_id}"
        return Queued(request_id, f"{base}/status", base, f"{base}/cancel")

    def _own(self, named: object, usual: str) -> str:
        """Return an address of the answer; the key goes to no other host."""
        try:
            return self.line.own_address(named) if isinstance(named, str) else usual
        except ServiceRejected:
            return usual

    def status(self, url: str) -> dict[str, Any]:
        """Return how far a request is; raises as ``Line.look``."""
        return self.line.json(self.line.look(url))

    def result(self, url: str) -> dict[str, Any]:
        """Return what the model gave for a request that is completed.

        Raises:
            ResultGone: fal keeps it no longer.
            ServiceModerated, ServiceFailed: the model gave nothing.
            ServiceError, ServiceAway: as ``Line.look``.
        """
        try:
            return self.line.json(self.line.look(url))
        except ServiceRetired as error:
            raise ResultGone(
                "fal has deleted the result, as it does after an hour at most."
            ) from error
        except ServiceRejected as error:  # the model's own answer, not that of the queue
            raise ServiceFailed(f"The model gave no mesh: {error.problem}") from error

    def cancel(self, url: str) -> None:
        """Take a request out of the queue; raises as ``Line.look`` when it is completed."""
        self.line.look(url, method="PUT")
