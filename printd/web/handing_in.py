"""From an upload to a job: the daemon is asked to take it, once for each key of the client.

The request is synced together with the client's key, and names a file that is on the disk: from
then on the job is made whatever happens, and the same key with the same form is the same job.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from printd.core.clock import to_text, utc_now
from printd.core.files import JobFolders
from printd.core.given import Given
from printd.core.jobs import Job
from printd.web.access import Caller
from printd.web.problems import DaemonRefused, KeyReused
from printd.web.tools import WebTools
from printd.web.uploads import Upload

VERB: Final = "add"
BESIDE: Final = {"mask": JobFolders.MASK, "depth": JobFolders.DEPTH}  # fields of a form
ANSWER_WITHIN_S: Final = 120.0  # a large file of G-code is judged in a minute
KEPT: Final = timedelta(days=30)  # an older key is the same job still, and is not compared


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be made of an upload."""

    source: str  # "api", "slicer"
    recipe: str = "default"
    name: str = ""  # "": as the file is called
    settings: Mapping[str, Any] | None = None
    copies: int | None = None  # None: as the recipe says
    hold: bool = False
    more: Mapping[str, Any] | None = None  # arguments of the request, such as ``printer``


def hand_in(
    tools: WebTools, caller: Caller, upload: Upload, wish: Wish, client_key: str | None
) -> tuple[Job, bool]:
    """Ask the daemon to take an upload and wait for the job.

    Args:
        tools: the store.
        caller: whose job it is.
        upload: received, synced.
        wish: what is to be made of it.
        client_key: the same one with the same form is the same job; None: each is a new one.

    Returns:
        The job, and whether it is a new one.

    Raises:
        KeyReused: the key came with another form before.
        DaemonRefused: the daemon does not take it, and says why.
        StillBusy: it has not answered; the job is made later.
    """
    try:
        seq, is_new = _posted(tools, caller, upload, wish, client_key)
    except BaseException:
        upload.discard()
        raise
    if not is_new:
        upload.discard()
    answer = tools.answer(seq, ANSWER_WITHIN_S)
    if answer.code is not None:
        raise DaemonRefused(answer)
    return tools.lookup.job(int(answer.values["job"])), is_new


def job_of_key(tools: WebTools, caller: Caller, client_key: str) -> Job | None:
    """Return the job that a client's key has become; None: none yet."""
    key = _key(caller, client_key)
    row = tools.reading.row("SELECT request FROM upload WHERE add_key = ?", key)
    answer = None if row is None else tools.requests.answer(row[0])
    if answer is None or answer.code is not None:
        return None
    return tools.lookup.job(int(answer.values["job"]))


def is_replay(tools: WebTools, caller: Caller, client_key: str | None) -> bool:
    """Return whether a key has brought somebody a job before, so that it brings no other one."""
    if client_key is None:
        return False
    row = tools.reading.row(
        "SELECT request FROM upload WHERE add_key = ?", _key(caller, client_key)
    )
    return row is not None and _may_stand(tools, int(row["request"]))


def _key(caller: Caller, client_key: str) -> str:
    return _hash_of([caller.who, client_key])


def _may_stand(tools: WebTools, request: int) -> bool:
    """Return whether what was asked has not been refused."""
    answer = tools.requests.answer(request)
    return answer is None or answer.code is None


def _posted(
    tools: WebTools, caller: Caller, upload: Upload, wish: Wish, client_key: str | None
) -> tuple[int, bool]:
    """Write the request, or find the one of the same key."""
    asked = _request(caller, upload, wish)
    if client_key is None:
        return tools.requests.post(VERB, {**asked, "key": uuid.uuid4().hex}, who=caller.who), True
    key = _hash_of([caller.who, client_key])
    words = {name: asked[name] for name in asked if name not in ("file", "beside")}
    beside = sorted((field, kept.sha256) for field, kept in upload.beside.items())
    form = _hash_of([upload.file.sha256, words, *beside])
    with tools.asking.write() as connection:
        row = connection.execute("SELECT * FROM upload WHERE add_key = ?", (key,)).fetchone()
        if row is not None and _may_stand(tools, int(row["request"])):
            if row["sha256"] != form:
                raise KeyReused("This Idempotency-Key came with another upload before.")
            return int(row["request"]), False
        seq = tools.requests.post(VERB, {**asked, "key": key}, who=caller.who)
        now = utc_now()
        connection.execute("DELETE FROM upload WHERE at < ?", (to_text(now - KEPT),))
        connection.execute(
            "INSERT OR REPLACE INTO upload(add_key, sha256, request, at) VALUES (?, ?, ?, ?)",
            (key, form, seq, to_text(now)),
        )
    return seq, True


def _request(caller: Caller, upload: Upload, wish: Wish) -> dict[str, Any]:
    return {
        "file": upload.file.path.name,
        **({"beside": _beside(upload)} if upload.beside else {}),
        "given": Given.named(upload.name),
        "name": wish.name or upload.name or "upload",
        "recipe": wish.recipe,
        "settings": dict(wish.settings or {}),
        "hold": wish.hold,
        "source": wish.source,
        "owner": caller.who,
        **({} if wish.copies is None else {"copies": wish.copies}),
        **({} if caller.bound_as is None else {"limits": caller.bound_as}),
        **(wish.more or {}),
    }


def _beside(upload: Upload) -> dict[str, str]:
    """Return the files beside a picture, by their names in the folder of a job."""
    return {BESIDE[field]: kept.path.name for field, kept in upload.beside.items()}


def _hash_of(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
