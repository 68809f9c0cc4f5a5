"""What is asked of the daemon once for each key of a client, however often it is sent.

The request is written together with the key, and both outlive the daemon: an answer that got lost
is given again. What was refused may be asked again by the same key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from printd.core.clock import to_text, utc_now
from printd.web.problems import KeyReused
from printd.web.tools import WebTools

KEPT: Final = timedelta(days=30)  # an older key of an upload is the same job still


def hash_of(value: Any) -> str:
    """Return what stands for a plain value."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def key_of(who: str, client_key: str) -> str:
    """Return what a client's key is kept as: those of others are others."""
    return hash_of([who, client_key])


def posted_once(
    tools: WebTools, key: str, said: str, verb: str, args: Mapping[str, Any], *, who: str
) -> tuple[int, bool]:
    """Write a request, or find the one of the same key.

    Args:
        tools: the store.
        key: as ``key_of`` returns it.
        said: what stands for everything that the client has said.
        verb: of the request.
        args: of the request.
        who: asks.

    Returns:
        The number of the request, and whether it is a new one.

    Raises:
        KeyReused: the key came with something else before.
    """
    with tools.asking.write() as connection:
        row = connection.execute("SELECT * FROM upload WHERE add_key = ?", (key,)).fetchone()
        if row is not None and _may_stand(tools, int(row["request"])):
            if row["sha256"] != said:
                raise KeyReused("This Idempotency-Key came with something else before.")
            return int(row["request"]), False
        seq = tools.requests.post(verb, args, who=who)
        now = utc_now()
        connection.execute("DELETE FROM upload WHERE at < ?", (to_text(now - KEPT),))
        connection.execute(
            "INSERT OR REPLACE INTO upload(add_key, sha256, request, at) VALUES (?, ?, ?, ?)",
            (key, said, seq, to_text(now)),
        )
    return seq, True


def request_of(tools: WebTools, key: str) -> int | None:
    """Return the request of a key, if it was not refused; None: there is none."""
    row = tools.reading.row("SELECT request FROM upload WHERE add_key = ?", key)
    return int(row[0]) if row is not None and _may_stand(tools, int(row[0])) else None


def _may_stand(tools: WebTools, request: int) -> bool:
    answer = tools.requests.answer(request)
    return answer is None or answer.code is None
