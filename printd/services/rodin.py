"""Rodin's own API (Hyper3D): a form in, several jobs, links that live for ten minutes.

Every answer is 201 and holds ``error``, which is ``"OK"`` where nothing is wrong. Two names belong
to an order: that of the task, for its files, and a key, for its state. No list names lost orders.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from printd.core.errors import ServiceAway, ServiceRejected
from printd.services.line import AGAIN_S, Line, said

URL: Final = "https://api.hyper3d.com"
ASSETS: Final = (".hyper3d.com", ".hyperhuman.deemos.com", ".deemos.com")
ORDER: Final = "/api/v2/rodin"
STATUS: Final = "/api/v2/status"
DOWNLOAD: Final = "/api/v2/download"
NOTHING_WRONG: Final = frozenset({"", "ok"})
PART: Final = re.compile(r"[^\s:]{1,200}")
DONE: Final = "Done"
FAILED: Final = "Failed"


@dataclass(frozen=True, slots=True)
class Names:
    """Of one order."""

    task: str
    key: str = ""  # to its state; "": not known, its files alone tell that it is ready

    def as_text(self) -> str:
        """Return both as one name."""
        return f"{self.task}:{self.key}" if self.key else self.task

    @classmethod
    def of(cls, text: str) -> Names | None:
        """Return the names in a text; None: there are none."""
        task, colon, key = text.strip().partition(":")
        if PART.fullmatch(task) is None or (colon and PART.fullmatch(key) is None):
            return None
        return cls(task, key)


@dataclass(frozen=True, slots=True)
class File:
    """Something that was made."""

    name: str
    url: str

    @property
    def ending(self) -> str:
        """Of its name, in small letters, without the dot."""
        return self.name.rpartition(".")[2].lower()


def create(line: Line, picture: tuple[str, bytes, str], fields: Mapping[str, str]) -> Names:
    """Order a mesh, once.

    Args:
        line: to Rodin.
        picture: name, content and kind.
        fields: of the form.

    Raises:
        ServiceRefusal, ServiceAway, InDoubt: as ``Line.order``.
    """
    answer = line.order(ORDER, files=[("images", picture)], data=dict(fields))
    values = line.accepted(answer)
    jobs = values.get("jobs")
    task = values.get("uuid")
    key = jobs.get("subscription_key") if isinstance(jobs, dict) else None
    if isinstance(task, str) and isinstance(key, str) and (names := Names.of(f"{task}:{key}")):
        return names
    if _is_wrong(values) and not task and not key:
        raise ServiceRejected(f"{line.name} refused: {said(answer)}.")
    raise line.in_doubt("its answer does not name the order")


def states(line: Line, key: str) -> list[str]:
    """Return the state of each job of an order; none: nothing is known yet.

    Raises:
        ServiceError, ServiceAway: as ``Line.look``.
    """
    jobs = _asked(line, STATUS, {"subscription_key": key}).get("jobs")
    if not isinstance(jobs, list):
        raise ServiceAway(f"{line.name} names no jobs.", AGAIN_S)
    return [str(job.get("status")) for job in jobs if isinstance(job, dict)]


def files(line: Line, task: str) -> list[File]:
    """Return what an order has made, with fresh links; before its end perhaps not all of it.

    Raises:
        ServiceError, ServiceAway: as ``Line.look``.
    """
    listed = _asked(line, DOWNLOAD, {"task_uuid": task}).get("list")
    if not isinstance(listed, list):
        raise ServiceAway(f"{line.name} names no files.", AGAIN_S)
    found = [(entry.get("name"), entry.get("url")) for entry in listed if isinstance(entry, dict)]
    return [
        File(name, url) for name, url in found if isinstance(name, str) and isinstance(url, str)
    ]


def _asked(line: Line, path: str, content: Mapping[str, str]) -> dict[str, Any]:
    answer = line.look(path, "POST", json=dict(content))
    values = line.json(answer)
    if _is_wrong(values):
        raise ServiceAway(f"{line.name} answered {said(answer)}.", AGAIN_S)
    return values


def _is_wrong(values: Mapping[str, Any]) -> bool:
    """Tell whether ``error`` says that something is wrong; it is there in any case."""
    error = values.get("error")
    return error is not None and str(error).strip().lower() not in NOTHING_WRONG
