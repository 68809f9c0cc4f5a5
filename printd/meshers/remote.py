"""What all meshers have in common whose meshes come over a line: fetching, believing.

A result is believed only as far as its own header tells, and one that is on the disk is never
fetched again. How long is waited for it is in ``services.terms``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from printd.core.clock import utc_now
from printd.core.errors import NotYet, ResultGone, ResultUnusable, ServiceFailed, ServiceModerated
from printd.core.files import sha256_of, sync_folder, write_file
from printd.core.jobs import Facts
from printd.core.service_config import Argument
from printd.meshers.magic import format_of
from printd.services.fetching import fetch
from printd.services.terms import (
    Terms,
    again_s,
    age_s,
    is_overdue,
    while_ordered,
)
from printd.services.ticket import Ticket

NOT_MESHES: Final = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".mp4", ".webm", ".ply", ".zip")
UP: Final[Mapping[str, str]] = {"glb": "y", "obj": "y", "stl": "y", "3mf": "z"}
MODERATED: Final = ("nsfw", "sensitive", "safety", "moderat", "content policy", "content_policy")


def is_moderated(words: str) -> bool:
    """Return whether these words of a service mean that it will not have such a picture.

    For services that say so in no other way (Replicate).
    """
    small = words.lower()
    return any(word in small for word in MODERATED)


def no_mesh(terms: Terms, words: str) -> ServiceModerated | ServiceFailed:
    """Return what it means that a service ended an order without a mesh.

    Args:
        terms: of the service.
        words: what it says of it, without a full stop; "": nothing.
    """
    words = words or "no reason given"
    if is_moderated(words):
        return ServiceModerated(f"{terms.label} will not have this picture: {words}.")
    return ServiceFailed(f"{terms.label} could not make a mesh: {words}.")


def merged(
    own: Mapping[str, Argument], more: Mapping[str, Argument], *taken: str
) -> dict[str, Argument]:
    """Return the arguments of a model, those of the configuration over our own.

    Args:
        own: that printd sets.
        more: that the configuration sets; only types are looked at, the model knows the rest.
        taken: names of the picture.

    Raises:
        ValueError: with the sentence for the configuration.
    """
    for name, value in more.items():
        if name in taken:
            raise ValueError(f"`arguments.{name}` is the picture, which printd sets")
        if name in own and not _is_alike(own[name], value):
            was = type(own[name]).__name__
            raise ValueError(f"`arguments.{name}`: {value!r} is no {was} such as {own[name]!r}")
    return {**own, **more}


def _is_alike(one: Argument, other: Argument) -> bool:
    """Return whether two values are of one type; numbers are, and so are numbers in words."""
    if isinstance(one, bool) or isinstance(other, bool):
        return type(one) is type(other)
    if isinstance(one, str):
        return isinstance(other, str)
    return isinstance(other, int | float) or other.isdecimal()


def bring(terms: Terms, ticket: Ticket, url: str, out: Path, **more: Any) -> Facts:
    """Fetch a finished mesh to ``out``, whole and looked at or not at all; return its facts.

    Args:
        terms: of the service.
        ticket: of the order.
        url: of the mesh.
        out: an older file is replaced.
        more: to be told besides.

    Raises:
        NotYet: it cannot be fetched now, or comes damaged; it is fetched again.
        ResultUnusable: it is no mesh, however often it is fetched.
        ResultElsewhere, ResultTooLarge: it is not to be fetched.
        ResultGone: it has not been there for too long.
        DiskFull, DiskFailed: ``out`` cannot be written.
    """
    fetched = out.with_name(f"{out.name}.fetched")
    try:
        with while_ordered():
            fetch(terms.line, url, fetched, terms.hosts, terms.most_bytes)
    except ResultGone as gone:  # the service still names it: the link may have grown old
        if is_overdue(terms, ticket):
            raise
        wait_s = again_s(age_s(ticket))
        raise NotYet(gone.code, f"{gone.problem} It is tried again.", again_s=wait_s) from gone
    except ResultUnusable:
        write_file(fetched, b"")
    before = _stood_s(_evidence(out), fetched)
    try:
        return keep(terms, ticket, fetched, out, **more)
    except ResultUnusable as error:
        # A page of something in between passes by itself; the same bytes after ``lands_s`` are
        # what the service has made.
        is_final = before is not None and before >= terms.lands_s
        if is_final or is_overdue(terms, ticket):
            raise
        wait_s = again_s(age_s(ticket))
        raise NotYet(error.code, f"{error.problem} It is fetched again.", again_s=wait_s) from error


def keep(terms: Terms, ticket: Ticket, fetched: Path, out: Path, **more: Any) -> Facts:
    """Let a file that has come be the mesh.

    Raises:
        ResultUnusable: it is none; what came lies beside ``out``.
        DiskFull, DiskFailed: ``out`` cannot be written.
    """
    try:
        kind = format_of(fetched)
    except ResultUnusable:
        if _stood_s(_evidence(out), fetched) is None:
            fetched.replace(_evidence(out))
        else:
            fetched.unlink()  # what lies there tells by its age how long it has been so
        raise
    facts = {
        "foreign": True,
        "format": kind,
        "up": UP[kind],
        "bytes": fetched.stat().st_size,
        "sha256": sha256_of(fetched),
        "source": terms.label,
        "order": ticket.order,
        **more,
    }
    write_file(_note(out), json.dumps(facts).encode())
    fetched.replace(out)
    sync_folder(out.parent)
    _evidence(out).unlink(missing_ok=True)
    return facts


def brought(ticket: Ticket, out: Path) -> Facts | None:
    """Return the facts of a mesh that is there already, as after a crash; None: it is not."""
    try:
        facts: dict[str, Any] = json.loads(_note(out).read_bytes())
    except (OSError, ValueError):  # none yet: it has to be fetched
        return None
    is_ours = facts.get("order") == ticket.order and out.is_file()
    return facts if is_ours and sha256_of(out) == facts["sha256"] else None


def pick(output: Any, formats: Sequence[str]) -> str | None:
    """Return which address of an answer is the mesh.

    Args:
        output: an address, or lists and objects that hold some, however deep.
        formats: what was asked for, the best first.

    Returns:
        The first that ends like the best format; else one that may be a mesh; None: there is none.
    """
    found = list(_addresses(output))
    for kind in formats:
        for url in found:
            if _ending(url) == f".{kind}":
                return url
    return next((url for url in found if _ending(url) not in NOT_MESHES), None)


def _addresses(output: Any) -> Iterator[str]:
    if isinstance(output, str) and output.startswith(("http://", "https://")):
        yield output
    elif isinstance(output, list):
        for part in output:
            yield from _addresses(part)
    elif isinstance(output, dict):
        for part in output.values():
            yield from _addresses(part)


def _ending(url: str) -> str:
    path = url.partition("?")[0].partition("#")[0]
    return Path(path.rpartition("/")[2]).suffix.lower()


def _note(out: Path) -> Path:
    return out.with_name(f"{out.name}.json")


def _evidence(out: Path) -> Path:
    return out.with_name(f"{out.name}.unusable")


def _stood_s(evidence: Path, fetched: Path) -> float | None:
    """Return for how long these very bytes have been known; None: they are new."""
    if not evidence.is_file() or sha256_of(evidence) != sha256_of(fetched):
        return None
    return utc_now().timestamp() - evidence.stat().st_mtime
