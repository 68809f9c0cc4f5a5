"""From an upload to a job: the daemon is asked to take it, once for each key of the client.

The request is synced together with the client's key, and names a file that is on the disk: from
then on the job is made whatever happens, and the same key with the same form is the same job.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from printd.core.files import JobFolders
from printd.core.given import Given
from printd.core.jobs import Job
from printd.web.access import Caller
from printd.web.once import hash_of, key_of, posted_once, request_of
from printd.web.tools import WebTools
from printd.web.uploads import Upload

VERB: Final = "add"
BESIDE: Final = {"mask": JobFolders.MASK, "depth": JobFolders.DEPTH}  # fields of a form
ANSWER_WITHIN_S: Final = 120.0  # a large file of G-code is judged in a minute


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
    answer = tools.answer_done(seq, ANSWER_WITHIN_S)
    return tools.lookup.job(int(answer.values["job"])), is_new


def job_of_key(tools: WebTools, caller: Caller, client_key: str) -> Job | None:
    """Return the job that a client's key has become; None: none yet."""
    request = request_of(tools, key_of(caller.who, client_key))
    answer = None if request is None else tools.requests.answer(request)
    return None if answer is None else tools.lookup.job(int(answer.values["job"]))


def is_replay(tools: WebTools, caller: Caller, client_key: str | None) -> bool:
    """Return whether a key has brought somebody a job before, so that it brings no other one."""
    key = None if client_key is None else key_of(caller.who, client_key)
    return key is not None and request_of(tools, key) is not None


def _posted(
    tools: WebTools, caller: Caller, upload: Upload, wish: Wish, client_key: str | None
) -> tuple[int, bool]:
    """Write the request, or find the one of the same key."""
    asked = _request(caller, upload, wish)
    if client_key is None:
        return tools.requests.post(VERB, {**asked, "key": uuid.uuid4().hex}, who=caller.who), True
    key = key_of(caller.who, client_key)
    words = {name: asked[name] for name in asked if name not in ("file", "beside")}
    beside = sorted((field, kept.sha256) for field, kept in upload.beside.items())
    form = hash_of([upload.file.sha256, words, *beside])
    return posted_once(tools, key, form, VERB, {**asked, "key": key}, who=caller.who)


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
