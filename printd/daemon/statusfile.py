"""``_status.txt`` of the drop folder: what is waiting and why, what prints, what finished today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from printd.core.clock import utc_now
from printd.core.dropnames import STATUS
from printd.core.job_words import label_of
from printd.core.jobs import Because, Job, State
from printd.core.matching import Offer
from printd.core.moments import is_same_day
from printd.core.shop import why_they_wait
from printd.daemon.books import Books

S = State
RECENT = 20


def status_text(
    jobs: Sequence[tuple[Job, Because | None]], notes: Iterable[str], now: datetime
) -> str:
    """Return the text.

    Args:
        jobs: each with why it waits.
        notes: lines about files that are left lying.
        now: the wall clock; "today" is the day of this moment.
    """
    groups = {
        "Needs a person": [(job, why) for job, why in jobs if job.state is S.HELD],
        "Printing": [(job, why) for job, why in jobs if job.state is S.PRINTING],
        "Under way": [
            (job, why)
            for job, why in jobs
            if not job.is_final and job.state not in (S.HELD, S.PRINTING)
        ],
        "Finished today": [
            (job, why) for job, why in jobs if job.is_final and is_same_day(job.moved_at, now)
        ][-RECENT:],
    }
    lines = []
    for title, members in groups.items():
        if members:
            lines += [title, *(f"  {_line(job, why)}" for job, why in members), ""]
    left = list(notes)
    if left:
        lines += ["Left lying", *(f"  {note}" for note in left), ""]
    return "\n".join(lines or ["Nothing is waiting.", ""])


def _line(job: Job, why: Because | None) -> str:
    name, label = f"#{job.number} {job.name}", label_of(job)
    if why is None:
        return f"{name}: {label}"
    said = f"{why.problem} {why.action}".rstrip()
    is_said = said.lower().startswith(label)  # such as: Cancelled by ana.
    return f"{name}: {said}" if is_said else f"{name}: {label}. {said}"


class StatusFile:
    """Rewrites the file when its text has changed."""

    def __init__(self, drop: Path) -> None:
        self._path = drop / STATUS
        self._text = ""

    def write(self, text: str) -> None:
        """Write ``text`` whole, by a rename; a folder that cannot be written has no such file."""
        part = self._path.with_name(STATUS + ".part")
        with suppress(OSError):  # the inbox has said already that it cannot write there
            if text == self._text and self._path.exists():
                return
            part.unlink(missing_ok=True)
            with part.open("x", encoding="utf-8") as stream:  # never through a link
                stream.write(text)
            part.replace(self._path)
            self._text = text


class LiveStatus:
    """Keeps the file true: what it says is looked up when anything has changed.

    Args:
        drop: the folder.
        books: of the shop.
        notes: lines about files that are left lying.
        offers: the printers as they are now.
    """

    def __init__(
        self,
        drop: Path,
        books: Books,
        notes: Callable[[], Sequence[str]],
        offers: Callable[[], list[Offer]],
    ) -> None:
        self._file = StatusFile(drop)
        self._books = books
        self._notes = notes
        self._offers = offers
        self._seen: object = None  # what the file was last written for

    def look(self) -> None:
        """Rewrite the file if anything has changed since the last time."""
        now, notes = utc_now(), self._notes()
        today = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        seen = (self._books.database.changes(), tuple(notes), today)
        if seen == self._seen:
            return
        self._seen = seen
        jobs = self._books.store.current(today)
        reasons = why_they_wait(jobs, self._offers(), now)
        shown = [(job, reasons.get(job.number)) for job in jobs]
        self._file.write(status_text(shown, notes, now))
