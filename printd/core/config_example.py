"""The example of a configuration as a person takes it over: what it needs of theirs is a comment.

In ``config.example.yaml`` every key stands in force, so that it is known to be right. An entry that
names a file with a secret, an address or weights of a network would be refused where these are not.
"""

from __future__ import annotations

import re
from typing import Final

TOLD: Final = """\
# What needs an address, a file or a key of yours begins with `# `, which is taken away where you
# have it: a printer, a service, a network. Everything else is in force as it stands here.
"""
NEEDS: Final = re.compile(r"^    (\w+_file|sha256|base_url): +(?!null\b)", re.MULTILINE)
_SECTION: Final = re.compile(r"^(?=[a-z_]+:)", re.MULTILINE)
_ENTRY: Final = re.compile(r"^(?=  [a-z][a-z0-9-]*:)", re.MULTILINE)
_OF_ENTRIES: Final = ("printers:", "meshers:", "depth:", "pictures:")


def to_take_over(text: str) -> str:
    """Return the example with all that needs something of a person's own as comments."""
    first, *sections = _SECTION.split(text)
    return first.rstrip("\n") + "\n" + TOLD + "\n" + "".join(map(_section, sections))


def _section(text: str) -> str:
    if not text.startswith(_OF_ENTRIES):
        return text
    head, *entries = _ENTRY.split(text)
    if all(NEEDS.search(entry) for entry in entries):
        return _commented(text)
    shown = (_commented(entry) if NEEDS.search(entry) else entry for entry in entries)
    return head + "".join(shown)


def _commented(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(f"# {line}" if line.strip() else line for line in lines)
