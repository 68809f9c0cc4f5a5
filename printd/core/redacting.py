"""What leaves the house to be looked at by others: without secrets, addresses, serials and names.

Known words are replaced by what they stand for; after that, whatever looks like an address or the
name of somebody's picture.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any, Final

from printd.core.masking import masked

ADDRESS: Final = "[address]"
_IP4: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
# Also addresses of network cards, and certificates' fingerprints.
_COLONS: Final = re.compile(
    r"(?i)(?<![\w:])(?:(?:[0-9a-f]{1,4}:){3,}[0-9a-f]{1,4}|[0-9a-f]{1,4}::[0-9a-f:]*)(?![\w:])"
)
_HEX: Final = re.compile(r"(?i)\b[0-9a-f]{64}\b")
_PRINT_NAME: Final = re.compile(r"\b(pd-\d+-\d+-[a-z2-7]{8})-[a-z0-9-]+")
_FILE: Final = re.compile(
    r"(?i)[^\s/\\'\"“”()\[\]=]+(\.(?:jpe?g|png|webp|hei[cf]|gif|tiff?|avif|bmp|stl|obj|glb|3mf|"
    r"gcode|sl1|prompt\.txt))\b"
)
# What people have typed, as the log shows what they asked for.
_TYPED: Final = re.compile(
    r"('(?:reason|note|name|words|label)': )(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
)


class Redactor:
    """Takes out of texts what is nobody's business.

    Args:
        words: word to what stands for it, such as ``192.168.1.40`` to ``[host of p1]``.
    """

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = {word: stands for word, stands in words.items() if word.strip()}
        longest_first = sorted(self._words, key=len, reverse=True)  # one may be part of another
        any_of = "|".join(re.escape(word) for word in longest_first)
        self._any = re.compile(rf"(?<!\w)(?:{any_of})(?!\w)") if any_of else None

    def text(self, text: str) -> str:
        """Return a text that may be shown to others."""
        text = masked(text)
        if self._any is not None:
            text = self._any.sub(lambda found: self._words[found[0]], text)
        text = _TYPED.sub(r"\1'[words]'", text)
        text = _PRINT_NAME.sub(r"\1", text)
        text = _FILE.sub(r"[file]\1", text)
        text = _HEX.sub("[sha256]", text)
        text = _COLONS.sub(ADDRESS, text)
        return _IP4.sub(_address, text)

    def value(self, value: Any) -> Any:
        """Return plain values with every text in them redacted; keys stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.value(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(one) for one in value]
        return value


def _address(found: re.Match[str]) -> str:
    try:
        address = ipaddress.IPv4Address(found[0])
    except ValueError:
        return found[0]  # a version such as 01.09.00.00
    return found[0] if address.is_loopback or address.is_unspecified else ADDRESS
