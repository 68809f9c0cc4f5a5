"""Meshy's API: tasks that make a mesh of a picture.

An answer to a question says little about what was asked: a task in the list names no picture. So
an order whose answer was lost is known again by its moment alone. Assets stay for three days.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from printd.core.errors import ServiceAway, ServiceRetired
from printd.services.line import AGAIN_S, Line, named_wait_s

URL: Final = "https://api.meshy.ai"
ASSETS: Final = ("assets.meshy.ai",)
TASKS: Final = "/openapi/v1/image-to-3d"
MOST_A_PAGE: Final = 50
MOST_PAGES: Final = 20
TASK_NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")

SUCCEEDED: Final = "SUCCEEDED"
FAILED: Final = frozenset({"FAILED", "CANCELED", "EXPIRED"})


@dataclass(frozen=True, slots=True)
class Task:
    """What Meshy says of an order."""

    name: str
    status: str  # unknown words mean that it is still being worked on
    progress: int  # 0 to 100
    ahead: int  # tasks of others before it
    made_at: datetime
    urls: Mapping[str, str]  # of what it made, by format
    said: str  # of a failure
    again_s: float | None = None  # when to look again, if it says so


def create(line: Line, fields: Mapping[str, Any]) -> str:
    """Order a mesh, once; returns the name of the task.

    Raises:
        ServiceRefusal, ServiceAway, InDoubt: as ``Line.order``.
    """
    name = line.accepted(line.order(TASKS, json=dict(fields))).get("result")
    if not isinstance(name, str) or TASK_NAME.fullmatch(name) is None:
        raise line.in_doubt("its answer names no task")
    return name


def task(line: Line, name: str) -> Task | None:
    """Return a task; None: Meshy does not have it (any more).

    Raises:
        ServiceError, ServiceAway: as ``Line.look``.
    """
    try:
        answer = line.look(f"{TASKS}/{name}")
    except ServiceRetired:
        return None
    values = line.json(answer)
    return _task(line, values, named_wait_s(answer) if "retry-after" in answer.headers else None)


def tasks_since(line: Line, since: datetime) -> list[Task]:
    """Return the tasks that were made since a moment, the newest first.

    Raises:
        ServiceError, ServiceAway: as ``Line.look``.
    """
    found: list[Task] = []
    for number in range(1, MOST_PAGES + 1):
        asked = {"page_num": number, "page_size": MOST_A_PAGE, "sort_by": "-created_at"}
        entries = _list(line, line.look(TASKS, params=asked))
        tasks = [_task(line, entry) for entry in entries]
        found += [one for one in tasks if one.made_at >= since]
        if len(entries) < MOST_A_PAGE or any(one.made_at < since for one in tasks):
            return found
    return found


def _list(line: Line, answer: httpx.Response) -> list[dict[str, Any]]:
    try:
        entries = answer.json()
    except (ValueError, RecursionError):
        entries = None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ServiceAway(f"{line.name} answered with something that is no list.", AGAIN_S)
    return entries


def _task(line: Line, values: Mapping[str, Any], again_s: float | None = None) -> Task:
    name, status = values.get("id"), values.get("status")
    if not isinstance(name, str) or not isinstance(status, str):
        raise ServiceAway(f"{line.name} answered with something that is no task.", AGAIN_S)
    urls = values.get("model_urls")
    error = values.get("task_error")
    return Task(
        name=name,
        status=status,
        progress=_whole(values.get("progress")),
        ahead=_whole(values.get("preceding_tasks")),
        made_at=datetime.fromtimestamp(_whole(values.get("created_at")) / 1000, UTC),
        urls={key: url for key, url in urls.items() if isinstance(url, str) and url}
        if isinstance(urls, dict)
        else {},
        said=str(error.get("message") or "") if isinstance(error, dict) else "",
        again_s=again_s,
    )


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) and 0 <= value < 1e14 else 0
