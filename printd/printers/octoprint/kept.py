"""Whether what lies in OctoPrint's storage is the file that was sent there.

OctoPrint 1 keeps a SHA-1 of each file. OctoPrint 2 keeps none: a file is read back once, after its
upload, and from then on known by its size and time.

Source: OctoPrint 1.11.8 and 2.0.0rc7, observed, November 2026.
"""

from __future__ import annotations

import re

from printd.printers.base import PrintFile
from printd.printers.octoprint.answers import FileAnswer
from printd.printers.octoprint.client import OctoPrintClient
from printd.printers.octoprint.ledger import Entry

NUMBERS = re.compile(r"pd-(\d+)-(\d+)-")  # of job and attempt, as print names begin


def userdata_of(print_name: str, file: PrintFile) -> dict[str, object]:
    """Return what a person who finds the file may want to know; printd has its ledger."""
    said: dict[str, object] = {
        "made_by": "printd",
        "print_name": print_name,
        "sha256": file.sha256,
        "bytes": file.bytes,
    }
    numbers = NUMBERS.match(print_name)
    if numbers is not None:
        said |= {"job": int(numbers[1]), "attempt": int(numbers[2])}
    return said


def is_of(entry: Entry, file: PrintFile) -> bool:
    """Say whether the ledger speaks of exactly this file."""
    return (entry.bytes, entry.sha256) == (file.bytes, file.sha256)


def is_kept(entry: Entry, kept: FileAnswer | None) -> bool:
    """Say whether what lies there is what was checked when it was uploaded."""
    if kept is None or kept.size != entry.bytes:
        return False
    if kept.hash is not None:
        return kept.hash == entry.sha1
    return kept.date == entry.date


def is_whole(
    client: OctoPrintClient, path: str, file: PrintFile, kept: FileAnswer, sha1: str
) -> bool:
    """Say whether the bytes arrived; OctoPrint 2 keeps no hash, so they are read back."""
    if kept.size != file.bytes:
        return False
    if kept.hash is not None:
        return kept.hash == sha1
    return client.sha256_of_stored(path) == file.judged_sha256
