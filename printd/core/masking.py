"""What is never written down: secrets that were read, and what looks like one."""

from __future__ import annotations

import re
import threading
from typing import Final

MASK: Final = "***"
SHORTEST: Final = 4  # a shorter word would mask half of every line
# Behind these words stands a secret, whoever has written the line.
_NAMED: Final = re.compile(
    r"((?i:\b(?:authorization|x-api-key|api[-_]key|access[-_ ]code|password))\s*[:=]\s*|\bPASS )"
    r"(?:(?i:basic|bearer|token)\s+)?\S+"
)
_SIGNED: Final = re.compile(  # addresses whose query lets anybody in
    r"(?i)([?&](?:signature|sig|token|key|expires|x-(?:amz|goog)-[a-z-]+)=)[^&\s'\"]+"
)
_OURS: Final = re.compile(r"pd_[a-z0-9]{10}_[A-Za-z0-9_-]{43}|(?<=/login/)[A-Za-z0-9_-]{16,}")
_lock = threading.Lock()
_secrets: set[str] = set()


def hide(secret: str) -> None:
    """Let ``masked`` take this out of every text from now on."""
    if len(secret) >= SHORTEST:
        with _lock:
            _secrets.add(secret)


def masked(text: str) -> str:
    """Return a text without the secrets that are known, and without what looks like one."""
    with _lock:
        known = sorted(_secrets, key=len, reverse=True)  # one may be part of another
    for secret in known:
        text = text.replace(secret, MASK)
    text = _NAMED.sub(rf"\1{MASK}", text)
    text = _SIGNED.sub(rf"\1{MASK}", text)
    return _OURS.sub(MASK, text)
