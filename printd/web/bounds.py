"""How long a client may say nothing, and how many connections an address may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of one server; times in seconds."""

    headers_s: float = 30.0  # for all headers of a request, from when it could begin
    small_body_s: float = 30.0  # for a whole body that is no upload
    upload_idle_s: float = 30.0  # of an upload, without a byte
    upload_base_s: float = 300.0  # for a whole upload; a large one has more
    stream_quiet_s: float = 15.0  # a comment so often keeps the way open, finds out who has gone
    stream_stuck_s: float = 30.0  # a reader that takes nothing for so long is dropped
    per_address: int = 100  # connections; a school is behind one address, each page has a stream


USUAL: Final = Bounds()
