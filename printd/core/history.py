"""What somebody looks for among all jobs, and the question to the store that it makes.

Searching looks at the words of a job only (name, recipe, printer, owner), which stand together
in an index: the rows themselves, with all that the steps have found out, are read for one page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from printd.core.clock import to_text
from printd.core.jobs import State

SEARCHED: Final = ("name", "recipe", "printer", "owner")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs are looked for; everything that is said has to hold."""

    search: str = ""  # each of its words stands in the name, recipe, printer or owner
    states: Collection[State] = field(default_factory=tuple)  # none: all
    printer: str | None = None
    owner: str | None = None
    source: str | None = None
    since: datetime | None = None  # moved at or after
    until: datetime | None = None  # moved before

    def conditions(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Return each condition in SQL, with its values."""
        for word in self.search.split():
            if word.startswith("#") and word[1:].isdecimal():
                yield "number = ?", (int(word[1:][:18]),)
                continue
            pattern = f"%{_literally(word)}%"
            tests = " OR ".join(rf"coalesce({column}, '') LIKE ? ESCAPE '\'" for column in SEARCHED)
            yield f"({tests})", (pattern,) * len(SEARCHED)
        if self.states:
            marks = ",".join("?" * len(self.states))
            yield f"state IN ({marks})", tuple(sorted(self.states))
        for column, value in (
            ("printer", self.printer),
            ("owner", self.owner),
            ("source", self.source),
        ):
            if value is not None:
                yield f"{column} = ?", (value,)
        if self.since is not None:
            yield "moved_at >= ?", (to_text(self.since),)
        if self.until is not None:
            yield "moved_at < ?", (to_text(self.until),)


def page_of(wanted: Wanted, before: int | None, limit: int | None) -> tuple[str, tuple[Any, ...]]:
    """Return the query for one page of jobs, newest first, and its values.

    Args:
        wanted: which jobs.
        before: the number of the last job of the page before; None: from the newest on.
        limit: at most so many; None: all.
    """
    conditions = [*wanted.conditions()]
    if before is not None:
        conditions.append(("number < ?", (before,)))
    where, values = _all_of(conditions)
    # The inner question is answered by the index ``job_words`` alone.
    return (
        "SELECT * FROM job WHERE number IN (SELECT number FROM job INDEXED BY job_words"  # noqa: S608  only ?
        f" WHERE {where} ORDER BY number DESC LIMIT ?) ORDER BY number DESC",
        (*values, -1 if limit is None else limit),
    )


def counts_of(wanted: Wanted) -> tuple[str, tuple[Any, ...]]:
    """Return the query for how many jobs there are in each state, and its values."""
    where, values = _all_of(wanted.conditions())
    return (
        "SELECT state, count(*) FROM job INDEXED BY job_words"  # noqa: S608  only ?
        f" WHERE {where} GROUP BY state",
        values,
    )


def _all_of(conditions: Iterable[tuple[str, tuple[Any, ...]]]) -> tuple[str, tuple[Any, ...]]:
    found = [*conditions]
    where = " AND ".join(condition for condition, _ in found) or "1"
    return where, tuple(value for _, some in found for value in some)


def _literally(word: str) -> str:
    for sign in "\\%_":
        word = word.replace(sign, f"\\{sign}")
    return word
