"""A file as it is sent: whole, or the parts that a client asks for.

What is asked for is read here, once and strictly, and handed on in one plain form. What cannot be
understood is as if it had not been said. Source: RFC 9110, section 14.2.
"""

from __future__ import annotations

import re
from typing import Final

from fastapi.responses import FileResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Receive, Scope, Send

from printd.web.answers import problem
from printd.web.problems import NoSuchPart, words_of

MOST_PARTS: Final = 100
RANGES: Final = re.compile(r"bytes=(.+)", re.IGNORECASE)
ONE: Final = re.compile(r"\s*(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))\s*", re.ASCII)


def asked_for(said: str, size_bytes: int) -> list[tuple[int, int]] | None:
    """Return which parts a header Range asks for.

    Args:
        said: the header.
        size_bytes: of the file.

    Returns:
        First and last byte of each part that the file has; none: it has none of them. None: the
        header asks for nothing that is understood.
    """
    found = RANGES.fullmatch(said.strip())
    if found is None or found.group(1).count(",") >= MOST_PARTS:
        return None
    parts = []
    for text in found.group(1).split(","):
        if not text.strip():
            continue  # a list may have empty places
        one = ONE.fullmatch(text)
        if one is None:
            return None
        first, last, ending = one.groups()
        if ending is not None:
            parts.append((max(0, size_bytes - int(ending)), size_bytes - 1))
            continue
        if last and int(last) < int(first):
            return None
        parts.append((int(first), min(int(last or size_bytes), size_bytes - 1)))
    return [(first, last) for first, last in parts if first <= last] if parts else None


class Parts(FileResponse):
    """A file with its size and its tag in its headers."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what is asked for of it."""
        asked = Headers(scope=scope)
        is_same = asked.get("if-range") in (None, self.headers["etag"])
        size_bytes = int(self.headers["content-length"])
        parts = asked_for(asked.get("range", ""), size_bytes) if is_same else None
        if parts == []:
            words = words_of(NoSuchPart(f"The file has {size_bytes} bytes."))
            none = problem(NoSuchPart.status, words, {"Content-Range": f"bytes */{size_bytes}"})
            await none(scope, receive, send)
            return
        plain = MutableHeaders(raw=[*scope["headers"]])
        for name in ("range", "if-range"):
            del plain[name]
        if parts is not None:
            plain["range"] = "bytes=" + ",".join(f"{first}-{last}" for first, last in parts)
        await super().__call__({**scope, "headers": plain.raw}, receive, send)
