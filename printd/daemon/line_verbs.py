"""What people ask of the line: another place, another printer; the queue paused and resumed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from printd.core.clock import utc_now
from printd.core.errors import NoSuchPrinter, NotPossibleNow
from printd.core.holds import IN_LINE
from printd.core.jobs import Job, State
from printd.core.names import display_name
from printd.core.order import RISES_EVERY
from printd.core.pausing import Pausing
from printd.core.requests import Request
from printd.core.store import Store
from printd.core.wishes import give_places, move_to, places_before
from printd.daemon.asking import Values, Verb, answer, arg, job_of, words

NOTE_CHARACTERS: Final = 200
FIRST: Final = "first"
LAST: Final = "last"


class LineVerbs:
    """Does what was asked of the line of jobs."""

    def __init__(self, store: Store, printers: Collection[str]) -> None:
        self._store = store
        self._printers = printers
        self._pausing = Pausing(store.database)
        self.verbs: Final[Mapping[str, Verb]] = {
            "move": self._move,
            "reorder": self._reorder,
            "queue-pause": self._pause,
            "queue-resume": self._resume,
        }

    def _move(self, request: Request) -> Values:
        """Let only one printer take a job; without one, any that its recipe allows."""
        job = job_of(self._store, request, "move")
        printer = arg(request, "to")
        if printer is not None and printer not in self._printers:
            known = ", ".join(self._printers) or "none is configured"
            raise NoSuchPrinter(
                f"No printer is called {display_name(str(printer))!r}; there are: {known}."
            )
        with self._store.database.write() as connection:
            move_to(connection, job, printer, who=request.who)
        return {**answer(job), "to": printer}

    def _reorder(self, request: Request) -> Values:
        """Put a job before another one, or at the beginning or the end of the line."""
        job = job_of(self._store, request, "reorder")
        line = self._line()
        before = self._before(arg(request, "before"), job, [number for number, _ in line])
        if before == job.number:
            return {**answer(job), "place": self._place([*dict(line)], job.number)}
        risen = places_before(line, job.number, before)
        priorities = {number: self._store.job(number).priority + by for number, by in risen.items()}
        with self._store.database.write() as connection:
            give_places(connection, priorities, who=request.who)
        order = [number for number, _ in line if number != job.number]
        order.insert(len(order) if before is None else order.index(before), job.number)
        return {**answer(job), "place": self._place(order, job.number)}

    def _place(self, order: list[int], number: int) -> int:
        """Return which one of those that wait a job is; held ones let others pass."""
        held = {job.number for job in self._store.jobs({State.HELD})}
        return 1 + sum(other not in held for other in order[: order.index(number)])

    def _line(self) -> list[tuple[int, int]]:
        now = utc_now()
        waiting = self._store.jobs(IN_LINE)
        ranks = {
            job.number: job.priority + (now - job.created_at) // RISES_EVERY for job in waiting
        }
        return sorted(ranks.items(), key=lambda one: (-one[1], one[0]))

    def _before(self, word: object, job: Job, line: list[int]) -> int | None:
        if word == LAST:
            return None
        if word == FIRST:
            return line[0]
        if not isinstance(word, int) or word not in line:
            raise NotPossibleNow(
                f"#{job.number} cannot be put before {display_name(str(word))!r}: "
                "that does not wait in line.",
                action="Name a job that waits, `first` or `last`.",
            )
        return word

    def _pause(self, request: Request) -> Values:
        note = display_name(words(request, "note").strip(), NOTE_CHARACTERS)
        pause = self._pausing.pause(by=request.who, note=note)
        return {"queue": "paused", "by": pause.by, "note": pause.note}

    def _resume(self, request: Request) -> Values:
        was = self._pausing.resume(by=request.who)
        return {"queue": "running", "was_paused": was}
