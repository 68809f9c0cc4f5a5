"""Depth pictures that were paid for, beside the photo: two files for each.

The picture as it came, then a note of what it is of: the photo, who made it, in which style. A
picture without a note has come, and nobody has looked at it yet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from printd.core.errors import DiskError
from printd.core.files import JobFolders, sha256_of, write_file
from printd.core.relief_settings import ReliefSettings
from printd.depth.service_base import DepthService
from printd.services.ticket import Ticket

FORMAT: Final = 1


def answer_beside(photo: Path, service: DepthService, settings: ReliefSettings) -> Path:
    """Return where the picture of this photo is, or will be: one of ``DEPTH_SERVICE``."""
    style = f"-{settings.style}" if service.follows_style else ""
    name = f"depth-service{style}.bin"
    assert name in JobFolders.DEPTH_SERVICE  # noqa: S101  what goes along with the photo
    return photo.with_name(name)


def note_answer(answer: Path, service: DepthService, ticket: Ticket) -> None:
    """Note what a picture is of, synced.

    Raises:
        DiskFull, DiskFailed: it cannot be written.
    """
    note = {
        "format": FORMAT,
        "of": _of(answer, service),
        "order": ticket.order,
        "sha256": sha256_of(answer),
    }
    write_file(answer.with_suffix(".json"), json.dumps(note, indent=1, sort_keys=True).encode())


def order_answered(answer: Path, service: DepthService) -> str | None:
    """Return the order that gave the picture that is wanted; None: there is no such picture.

    A picture that is damaged, of another photo or of another service is none.
    """
    try:
        note = json.loads(answer.with_suffix(".json").read_bytes())
        is_it = note["of"] == _of(answer, service) and note["sha256"] == sha256_of(answer)
        return str(note["order"]) if is_it and note["format"] == FORMAT else None
    except (OSError, DiskError, ValueError, KeyError, TypeError):  # not there, or not ours
        return None


def clear(answer: Path) -> None:
    """Take away what is not wanted any more, before another one is ordered."""
    answer.with_suffix(".json").unlink(missing_ok=True)
    answer.unlink(missing_ok=True)


def _of(answer: Path, service: DepthService) -> Mapping[str, Any]:
    return {
        "photo": sha256_of(answer.with_name(JobFolders.PHOTO)),
        "service": service.label,
    }
