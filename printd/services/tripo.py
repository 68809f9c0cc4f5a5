"""Tripo's API, version 3: pictures are uploaded, tasks make a mesh or a depth picture of them.

Every answer is an envelope: ``{"code": 0, "data": ...}``, or another code, also with status 200.
A task shows what it was given: the token of the upload, by which a lost order is known again.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from printd.core.errors import (
    PrintdError,
    ServiceAway,
    ServiceCredit,
    ServiceKey,
    ServiceModerated,
    ServiceRejected,
    ServiceRetired,
)
from printd.services.line import AGAIN_S, THROTTLED_S, Line, said

URL: Final = "https://openapi.tripo3d.ai"
ASSETS: Final = (".tripo3d.ai", ".tripo3d.com")
TO_MODEL: Final = "/v3/generation/image-to-model"
TO_DEPTH: Final = "/v3/generation/image-to-depth"
FILES: Final = "/v3/files"
TASKS: Final = "/v3/tasks"
USAGE: Final = "/v3/account/usage"
A_PAGE: Final = 50
MOST_PAGES: Final = 10
TASK_NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,79}")

BUSY: Final = 2000
REFUSED: Final[Mapping[int, type[PrintdError]]] = {
    1002: ServiceKey,
    1003: ServiceRejected,
    1004: ServiceRejected,
    1005: ServiceKey,
    2008: ServiceModerated,
    2010: ServiceCredit,
}
SUCCESS: Final = "success"
BANNED: Final = "banned"
FAILED: Final = frozenset({"failed", "cancelled"})
EXPIRED: Final = "expired"
MESHES: Final = ("model_url", "pbr_model_url", "model", "pbr_model")  # the first that is there
DEPTH: Final = ("depth_image_url",)


@dataclass(frozen=True, slots=True)
class Task:
    """What Tripo says of an order."""

    name: str
    status: str  # unknown words mean that it is still being worked on
    progress: int  # 0 to 100
    given: Mapping[str, Any]  # what was ordered, as far as it is shown
    output: Mapping[str, Any]
    said: str  # of a failure
    code: int = 0  # of a failure

    def url(self, names: tuple[str, ...]) -> str | None:
        """Return the address of what it made: the first of these that is there."""
        for name in names:
            value = self.output.get(name)
            if isinstance(value, dict):
                value = value.get("url")
            if isinstance(value, str) and value:
                return value
        return None


@dataclass(frozen=True, slots=True)
class Used:
    """One line of what the account was used for."""

    name: str  # of the task
    made_at: datetime | None


def explained(answer: httpx.Response) -> PrintdError | None:
    """Return what the code of an envelope means, whatever the status is.

    Raises:
        ServiceAway: it is busy; nothing was accepted.
    """
    code = _code(_object(answer))
    if code == BUSY:
        raise ServiceAway("Tripo is busy with other orders of this account.", THROTTLED_S)
    kind = REFUSED.get(code or 0)
    return None if kind is None else kind(f"Tripo refused: {said(answer)}.")


def upload(line: Line, name: str, content: bytes, mime: str) -> str:
    """Hand in a picture, which costs nothing; returns its token.

    Raises:
        ServiceError, ServiceAway: as ``Line.look``.
    """
    answer = line.look(FILES, "POST", files={"file": (name, content, mime)}, headers=_trace())
    token = _looked(line, answer).get("file_token")
    if not isinstance(token, str) or not token:
        raise ServiceAway(f"{line.name} names no token of the picture.", AGAIN_S)
    return token


def create(line: Line, path: str, fields: Mapping[str, Any]) -> str:
    """Order something, once; returns the name of the task.

    Raises:
        ServiceRefusal, ServiceModerated, ServiceAway, InDoubt: as ``Line.order``.
    """
    answer = line.order(path, json=dict(fields), headers=_trace())
    values = line.accepted(answer)
    if _code(values) != 0:
        raise explained(answer) or line.in_doubt(f"it answered {said(answer)}")
    data = values.get("data")
    name = data.get("task_id") if isinstance(data, dict) else None
    if not isinstance(name, str) or TASK_NAME.fullmatch(name) is None:
        raise line.in_doubt("its answer names no task")
    return name


def task(line: Line, name: str) -> Task | None:
    """Return a task; None: Tripo does not have it (any more).

    Raises:
        ServiceError, ServiceAway: as ``Line.look``.
    """
    try:
        values = _looked(line, line.look(f"{TASKS}/{name}", headers=_trace()))
    except ServiceRetired:
        return None
    status = values.get("status")
    if not isinstance(status, str):
        raise ServiceAway(f"{line.name} answered with something that is no task.", AGAIN_S)
    given, output = values.get("input"), values.get("output")
    code, words = _failure(values)
    return Task(
        name=name,
        status=status,
        progress=_whole(values.get("progress")),
        given=given if isinstance(given, dict) else {},
        output=output if isinstance(output, dict) else {},
        said=words,
        code=code,
    )


def used_since(line: Line, since: datetime) -> list[Used]:
    """Return what the account was used for since a moment, in the order of the service.

    An entry whose moment cannot be read is among it.

    Raises:
        ServiceError, ServiceAway: as ``Line.look``.
    """
    found: list[Used] = []
    for page in range(MOST_PAGES):
        asked = {"limit": A_PAGE, "offset": page * A_PAGE}
        entries = _looked(line, line.look(USAGE, params=asked, headers=_trace())).get("items")
        if not isinstance(entries, list):
            raise ServiceAway(f"{line.name} answered with something that is no list.", AGAIN_S)
        used = list(_used(entries))
        found += [one for one in used if one.made_at is None or one.made_at >= since]
        if len(entries) < A_PAGE or any(one.made_at and one.made_at < since for one in used):
            return found
    return found


def _used(entries: list[Any]) -> Iterator[Used]:
    for entry in entries:
        name = entry.get("task_id") if isinstance(entry, dict) else None
        if isinstance(name, str):
            yield Used(name, _moment(entry.get("created_at", entry.get("create_time"))))


def _moment(value: object) -> datetime | None:
    """Return a moment as it is written since version 3, or in the seconds of before."""
    if isinstance(value, int | float) and 0 < value < 1e11:
        return datetime.fromtimestamp(value, UTC)
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _looked(line: Line, answer: httpx.Response) -> dict[str, Any]:
    """Return the data of an envelope."""
    values = line.json(answer)
    data = values.get("data")
    if _code(values) == 0 and isinstance(data, dict):
        return data
    raise explained(answer) or ServiceAway(f"{line.name} answered {said(answer)}.", AGAIN_S)


def _failure(values: Mapping[str, Any]) -> tuple[int, str]:
    error = values.get("error")
    code, words = values.get("error_code"), values.get("error_msg")
    if isinstance(error, dict):
        code, words = error.get("code"), error.get("message")
    return _whole(code), str(words or "")


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        values = answer.json()
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _code(values: Mapping[str, Any]) -> int | None:
    code = values.get("code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0


def _trace() -> dict[str, str]:
    """Return the header by which Tripo finds a request in its logs."""
    return {"X-Tripo-Trace-ID": str(uuid.uuid4())}
