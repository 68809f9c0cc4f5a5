"""What all meshers have in common whose meshes come over a line: waiting, fetching, believing.

The order was paid when it was accepted. So nothing in ``collect`` may look as though nothing were
owed (a key that has expired meanwhile is waited for), a result is believed only as far as its own
header tells, and one that is on the disk is never fetched again. Nothing in ``find`` may look as
though nothing had been sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from printd.core.clock import from_text, to_text, utc_now
from printd.core.errors import InDoubt, NotYet
from printd.core.files import sha256_of, sync_folder, write_file
from printd.core.jobs import Facts
from printd.core.service_config import ServiceConfig
from printd.core.service_errors import (
    ResultGone,
    ResultUnusable,
    ServiceAway,
    ServiceError,
    ServiceRefusal,
    ServiceTooSlow,
)
from printd.meshers.magic import format_of
from printd.services.fetching import Hosts, fetch
from printd.services.line import Line
from printd.services.ticket import Ticket

FIRST_S: Final = 2.0  # until the first look, growing with the age of the order
LONGEST_S: Final = 10.0
HINDERED_S: Final = 60.0  # until a person has put a key or an account right
NOT_MESHES: Final = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".mp4", ".webm", ".ply", ".zip")
UP: Final[Mapping[str, str]] = {"glb": "y", "obj": "y", "stl": "y", "3mf": "z"}
MODERATED: Final = ("nsfw", "sensitive", "safety", "moderat", "content policy", "content_policy")


@dataclass(frozen=True, slots=True)
class Terms:
    """How results of a service are brought home, and how long is waited for them.

    Args:
        line: to the service.
        label: what people call the model, and where it runs.
        hosts: where results may lie.
        most_bytes: of a result.
        order_timeout_s: from the order on; what takes longer is given up.
        lands_s: an order whose answer was lost may take so long to show, and a result that comes
            damaged may be right within it.
    """

    line: Line
    label: str
    hosts: Hosts
    most_bytes: int
    order_timeout_s: float
    lands_s: float


def terms_of(
    line: Line,
    label: str,
    config: ServiceConfig,
    names: Sequence[str] = (),
    with_key: Sequence[str] = (),
) -> Terms:
    """Return the terms that the configuration sets.

    Args:
        line: to the service.
        label: of the model.
        config: of the mesher.
        names: hosts where the service is known to have its results.
        with_key: those of them that want the key.
    """
    return Terms(
        line,
        label,
        Hosts((*names, *config.asset_hosts), tuple(with_key), are_local=config.local),
        int(config.result_max_mb * 1e6),
        config.order_timeout_s,
        config.lands_s,
    )


def ticket_of(mesher: str, order: str, *, at: datetime | None = None, **details: Any) -> Ticket:
    """Return the ticket of an order that was accepted now, or at a moment."""
    return Ticket(mesher, order, {"ordered_at": to_text(at or utc_now()), **details})


def age_s(ticket: Ticket) -> float:
    """Return how long ago it was ordered."""
    return max(0.0, (utc_now() - from_text(ticket.details["ordered_at"])).total_seconds())


def is_overdue(terms: Terms, ticket: Ticket) -> bool:
    """Return whether the order is given up, unless it is ready."""
    return age_s(ticket) > terms.order_timeout_s


def again_s(age: float) -> float:
    """Return when to look again at an order of so many seconds: 2 s, rising to 10 s."""
    return min(LONGEST_S, max(FIRST_S, age / 10))


def still_working(terms: Terms, ticket: Ticket) -> NotYet:
    """Return that the service is not ready."""
    return NotYet(
        "service_working",
        f"{terms.label} is making the mesh.",
        again_s=again_s(age_s(ticket)),
    )


def too_slow(terms: Terms) -> ServiceTooSlow:
    """Return that an order is given up."""
    return ServiceTooSlow(
        f"{terms.label} has not finished within {terms.order_timeout_s / 60:.0f} min."
    )


def is_moderated(words: str) -> bool:
    """Return whether these words of a service mean that it will not have such a picture.

    For services that say so in no other way (Replicate).
    """
    small = words.lower()
    return any(word in small for word in MODERATED)


@contextmanager
def while_ordered() -> Iterator[None]:
    """Let refusals of looks at an accepted order be waited for; a person can put them right.

    Raises:
        NotYet: the key, the account or an address is refused now.
    """
    try:
        yield
    except ServiceRefusal as error:
        raise NotYet(error.code, error.problem, again_s=HINDERED_S, action=error.action) from error


@contextmanager
def while_in_doubt(line: Line) -> Iterator[None]:
    """Let whatever keeps a service from being asked for a lost order leave the doubt as it is.

    Raises:
        InDoubt: nothing was found out.
    """
    try:
        yield
    except ServiceAway as away:
        raise InDoubt(
            "order_sent",
            f"Whether {line.name} has accepted the order is not known yet: {away.problem}",
            again_s=away.again_s,
        ) from away
    except ServiceError as error:
        raise InDoubt(
            "order_sent", error.problem, again_s=HINDERED_S, action=error.action
        ) from error


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
        fetch(terms.line, url, fetched, terms.hosts, terms.most_bytes)
    except ResultGone as gone:  # the service still names it: the link may have grown old
        if is_overdue(terms, ticket):
            raise
        wait_s = again_s(age_s(ticket))
        raise NotYet(gone.code, f"{gone.problem} It is tried again.", again_s=wait_s) from gone
    except ResultUnusable:
        write_file(fetched, b"")
    return keep(terms, ticket, fetched, out, **more)


def keep(terms: Terms, ticket: Ticket, fetched: Path, out: Path, **more: Any) -> Facts:
    """Let a file that has come be the mesh; raises as ``bring``."""
    try:
        kind = format_of(fetched)
    except ResultUnusable as error:
        raise _damaged(terms, ticket, fetched, out, error) from error
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
    out.with_name(f"{out.name}.unusable").unlink(missing_ok=True)
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


def _damaged(
    terms: Terms, ticket: Ticket, fetched: Path, out: Path, error: ResultUnusable
) -> NotYet | ResultUnusable:
    """Return what a file means that is no mesh: it is kept, and fetched again.

    A page of something in between passes by itself; the same bytes after ``lands_s`` are what the
    service has made.
    """
    evidence = out.with_name(f"{out.name}.unusable")
    is_same = evidence.is_file() and sha256_of(evidence) == sha256_of(fetched)
    if is_same:
        fetched.unlink()
        stood_s = utc_now().timestamp() - evidence.stat().st_mtime
        if stood_s >= terms.lands_s or is_overdue(terms, ticket):
            return error
    else:
        fetched.replace(evidence)
        if is_overdue(terms, ticket):
            return error
    wait_s = again_s(age_s(ticket))
    return NotYet(error.code, f"{error.problem} It is fetched again.", again_s=wait_s)
