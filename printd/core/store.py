"""The store of jobs: guarded moves, marks of steps that run once, and the history.

A move names the state and revision that its caller saw; a stale caller changes nothing. The
event of a move is written in the transaction that makes it. Nothing here knows how a step is done.
How a change is written stands in ``moves.py``, how it is read again in ``lookup.py``.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from printd.core import beds
from printd.core.clock import boot_id, boottime_s, from_text, to_text, utc_now
from printd.core.errors import EndUnknown, InDoubt, InDoubtError, NotYet, PrintdError, ServiceError
from printd.core.failpoints import hit
from printd.core.jobs import Because, Facts, Job, Mark, State, after_hold
from printd.core.lookup import Lookup
from printd.core.moves import (
    NewJob,
    StaleJob,
    clear_mark,
    insert_job,
    insert_mark,
    known_job,
    settle_mark,
    still,
    take_bed,
    write_because,
    write_event,
    write_move,
)
from printd.core.route import before_order, is_to_be_drawn
from printd.core.spending import Paid, give_up, is_accepted, is_sent, settle

__all__ = ["NewJob", "StaleJob", "Store"]

RETRY_FIRST_S = 5.0
RETRY_LONGEST_S = 600.0
RETRY_FOR = timedelta(days=1)
# An attempt is one order or one start: the next one has a mark of its own.
BEGINS_ATTEMPT = frozenset({State.RECEIVED, State.DRAWN, State.ASSIGNED})


class Store(Lookup):
    """The jobs of one data folder, to be read and moved."""

    # Accepting.

    def accept(self, new: NewJob) -> Job:
        """Make a job of what lies in its folder, synced.

        A fingerprint or key that is known returns the job made of it before: one drop, one job.
        """
        with self.database.write() as connection:
            number = known_job(connection, new) or insert_job(connection, new)
        return self.job(number)

    def refuse_drop(self, fingerprint: str, name: str, error: PrintdError) -> bool:
        """Remember that this drop was refused; it is never a job.

        Returns:
            Whether this is news; a drop that may not be moved is refused again after a restart.
        """
        with self.database.write() as connection:
            is_news = connection.execute(
                "INSERT OR IGNORE INTO drop_taken(fingerprint, at, code, problem)"
                " VALUES (?, ?, ?, ?)",
                (fingerprint, to_text(utc_now()), error.code, error.problem),
            ).rowcount
            if is_news:
                text = f"{name}: {error.problem}"
                write_event(connection, None, "drop.rejected", code=error.code, text=text)
        return bool(is_news)

    # Moving.

    def advance(
        self,
        job: Job,
        to: State,
        facts: Facts,
        *,
        who: str = "printd",
        why: str = "",
        check: Callable[[], None] | None = None,
    ) -> Job:
        """Move ``job`` on, with what the step has found out; its mark is settled with it.

        Args:
            job: as its caller saw it.
            to: the state that it has then.
            facts: that were found out.
            who: moves it.
            why: said in its history, where that has to be said.
            check: raises when it may not be moved after all; called in the transaction, so that
                nobody changes what it reads before the job has moved.

        Raises:
            InternalError: ``TRANSITIONS`` has no such arrow; a fault in printd.
            StaleJob: somebody moved the job meanwhile. The caller drops its result.
            sqlite3.IntegrityError: another job has this printer.
        """
        hit("move.before")
        columns = {key: facts[key] for key in ("printer", "print_name") if key in facts}
        kept = {key: value for key, value in facts.items() if key not in columns}
        with self.database.write() as connection:
            if check is not None:
                check()
            settle_mark(connection, job, to, kept.pop("evidence", "the step returned"))
            _settle_order(connection, job, to, kept)
            if kept.get("ejected") and job.printer:
                beds.ejected(connection, job.printer, job.number)
            write_move(
                connection,
                job,
                to,
                **columns,
                attempt=job.attempt + (to in BEGINS_ATTEMPT),
                facts=json.dumps({**job.facts, **kept}),
                who=who,
                text=why,
            )
            hit("move.in")
        hit("move.after")
        return self.job(job.number)

    def stop(self, job: Job, state: State, error: PrintdError, *, who: str = "printd") -> Job:
        """Stop ``job`` with the error that a person is shown.

        An error in doubt keeps the mark, the printer and the bed; any other is a statement that
        the step did not happen.

        Raises:
            StaleJob: somebody moved the job meanwhile.
        """
        hit("move.before")
        doubt = isinstance(error, InDoubtError)
        with self.database.write() as connection:
            if not doubt:
                clear_mark(connection, job)
            write_move(
                connection,
                job,
                state,
                held_from=job.state if state is State.HELD else None,
                in_doubt=int(doubt),
                because=Because(error.code, error.problem, error.action),
                who=who,
            )
            hit("move.in")
        hit("move.after")
        return self.job(job.number)

    def order_failed(self, job: Job, error: ServiceError, facts: Facts, *, ask_next: bool) -> Job:
        """Note that an order has come to nothing; what it costs is the error's to say.

        Args:
            job: whose order it was.
            error: what a person is told.
            facts: of the job, all of them, from now on.
            ask_next: another service of the route is asked; otherwise a person.

        Raises:
            StaleJob: somebody moved the job meanwhile.
        """
        again = State.RECEIVED if is_to_be_drawn(job) else before_order(job)
        to = again if ask_next else State.HELD
        with self.database.write() as connection:
            clear_mark(connection, job)
            if job.state is State.ORDERED or error.is_owed:
                settle(connection, job, Paid.LOST if error.is_owed else Paid.REFUNDED)
            write_move(
                connection,
                job,
                to,
                held_from=None if ask_next else again,
                because=None if ask_next else Because(error.code, error.problem, error.action),
                attempt=job.attempt + 1,
                facts=json.dumps(dict(facts)),
                who="printd",
            )
            if ask_next:
                text = f"{error.problem} The next of the route is asked."
                write_event(connection, job.number, "order.failed", code=error.code, text=text)
        return self.job(job.number)

    def cancelled(self, job: Job, problem: str, *, who: str, code: str = "cancelled") -> Job:
        """Move ``job`` to CANCELLED; what the bed holds stays on it, what was ordered is owed.

        Raises:
            StaleJob: somebody moved the job meanwhile.
        """
        with self.database.write() as connection:
            give_up(connection, job)
            write_move(
                connection,
                job,
                State.CANCELLED,
                in_doubt=0,
                because=Because(code, problem),
                who=who,
            )
        return self.job(job.number)

    def resume(
        self, job: Job, *, who: str, to: State | None = None, facts: Facts | None = None
    ) -> Job:
        """Let a HELD job go on where it was, or at SLICED if a printer was assigned.

        A cancel that was asked before is overruled by this later word.

        Args:
            job: as its caller saw it.
            who: lets it go on.
            to: a state before, from which it is made anew.
            facts: all that is known of it then; None: what was.
        """
        to = to or after_hold(job.held_from or State.RECEIVED)
        anew = facts is not None and to in BEGINS_ATTEMPT
        with self.database.write() as connection:
            write_move(
                connection,
                job,
                to,
                printer=None,
                held_from=None,
                cancel_by=None,
                confirmed_at=to_text(utc_now()),
                attempt=job.attempt + anew,
                facts=json.dumps(dict(job.facts if facts is None else facts)),
                who=who,
            )
        return self.job(job.number)

    def approve(self, job: Job, *, who: str) -> Job:
        """Let a job go on that has waited for a person's approval; it stands in the history."""
        with self.database.write() as connection:
            write_event(connection, job.number, "job.approved", who=who)
            return self.resume(job, who=who)

    def resolve(self, job: Job, to: State, *, who: str) -> Job:
        """Do what a person says of a job in doubt: PRINTING, PRINTED, or SLICED (not started).

        The bed stays as it is: the person clears it.
        """
        with self.database.write() as connection:
            if to is State.SLICED:
                connection.execute(
                    "DELETE FROM mark WHERE job = ? AND outcome IS NULL", (job.number,)
                )
            else:
                settle_mark(connection, job, State.PRINTING, f"{who} says so")
            wanted_at = to_text(utc_now())
            write_move(
                connection, job, to, in_doubt=0, held_from=None, confirmed_at=wanted_at, who=who
            )
        return self.job(job.number)

    def failed_at_printer(self, job: Job, error: PrintdError, *, who: str) -> Job:
        """Turn a doubt into a failed print, as a person says; the bed stays occupied."""
        with self.database.write() as connection:
            still(connection, job)
            settle_mark(connection, job, State.PRINTING, f"{who} says so")
            connection.execute(
                "UPDATE job SET in_doubt = 0, held_from = 'printing', code = ?, problem = ?,"
                " action = ?, revision = revision + 1 WHERE number = ?",
                (error.code, error.problem, error.action, job.number),
            )
            text = error.problem
            write_event(connection, job.number, "job.resolved", code=error.code, text=text, who=who)
        return self.job(job.number)

    def confirm(self, job: Job, *, who: str) -> Job:
        """Note that a person wants a job that waits; it is not asked for again for a while.

        Raises:
            StaleJob: somebody moved the job meanwhile.
        """
        with self.database.write() as connection:
            still(connection, job)
            connection.execute(
                "UPDATE job SET confirmed_at = ?, revision = revision + 1 WHERE number = ?",
                (to_text(utc_now()), job.number),
            )
            write_event(connection, job.number, "job.confirmed", text="still wanted", who=who)
        return self.job(job.number)

    # Steps that run once.

    def begin(
        self, job: Job, step: State, *, takes_bed: bool, check: Callable[[], None] | None = None
    ) -> Job | None:
        """Set the synced mark that ``step`` has begun; None: it has begun before.

        Args:
            job: as its caller saw it.
            step: the state that it gives.
            takes_bed: the bed of the job's printer becomes occupied in the same transaction.
            check: raises ``NotYet`` when it may not begin after all; called in the transaction,
                so that nobody changes what it reads before the mark is set.

        Returns:
            The job with its mark.

        Raises:
            NotYet: the bed is not clear, or ``check`` says so.
            StaleJob: somebody moved or cancelled the job meanwhile.
        """
        hit("mark.before")
        key = f"{job.id}/{step}/{job.attempt}"
        mark = Mark(step, job.attempt, key, utc_now(), boottime_s(), boot_id())
        with self.database.write() as connection:
            still(connection, job)
            if self.job(job.number).cancel_by is not None:
                raise StaleJob
            if self.open_mark(job) is not None:
                return None
            if check is not None:
                check()
            before = take_bed(connection, job) if takes_bed else None
            insert_mark(connection, job, mark, before)
            if step is State.PRINTING:
                beds.note_start(connection, job.printer or "", mark.began_at)
            hit("mark.in")
        hit("mark.after")
        return replace(job, mark=mark)

    def not_happened(self, job: Job, why: str) -> None:
        """Clear the mark of a step that is proved not to have happened; its bed goes back.

        Raises:
            StaleJob: somebody moved the job meanwhile.
        """
        with self.database.write() as connection:
            still(connection, job)
            clear_mark(connection, job)
            write_event(connection, job.number, "step.not_happened", text=why)

    # Waiting.

    def wait(self, job: Job, pause: NotYet) -> None:
        """Keep why ``job`` waits; written only when the reason is another one.

        A quiet pause has no reason of its own: it only ends the one before.

        Raises:
            StaleJob: somebody moved the job meanwhile.
        """
        said = Because(pause.code, pause.problem, pause.action).of(job.number)
        because = None if pause.quiet else said
        news = job.because != because or job.tries > 0
        over = not isinstance(pause, InDoubt) and self.open_mark(job) is not None
        if not news and not over:
            return
        with self.database.write() as connection:
            still(connection, job)
            if over:
                clear_mark(connection, job)
            if news:
                write_because(connection, job, because, text=pause.problem)

    def retry(self, job: Job, error: PrintdError, now: datetime) -> Job:
        """Try the step again later: 5 s, doubling to 10 min; after a day a person is asked.

        Raises:
            StaleJob: somebody moved the job meanwhile.
        """
        row = self.database.row("SELECT tried_at FROM job WHERE number = ?", job.number)
        first = from_text(row["tried_at"]) if row and row["tried_at"] and job.tries else now
        if now - first > RETRY_FOR:
            lost = job.state is State.PRINTING  # what prints may go on: only a person knows
            return self.stop(job, State.HELD, EndUnknown(error.problem) if lost else error)
        wait_s = min(RETRY_FIRST_S * 2.0**job.tries, RETRY_LONGEST_S)
        due = now + timedelta(seconds=wait_s * random.uniform(0.8, 1.2))  # noqa: S311  jitter
        because = Because(error.code, error.problem, error.action)
        with self.database.write() as connection:
            still(connection, job)
            clear_mark(connection, job)
            write_because(
                connection,
                job,
                because,
                text=error.problem,
                tries=job.tries + 1,
                due_at=to_text(due),
                tried_at=to_text(first),
            )
        return self.job(job.number)

    def want_cancel(self, job: Job, who: str) -> None:
        """Note that a person wants this job cancelled at the printer; no retry delays that.

        Raises:
            StaleJob: somebody moved the job meanwhile.
        """
        with self.database.write() as connection:
            still(connection, job)
            connection.execute(
                "UPDATE job SET cancel_by = ?, due_at = NULL WHERE number = ?", (who, job.number)
            )
            write_event(connection, job.number, "job.cancel_asked", text="cancel asked", who=who)

    def is_paying(self, job: Job) -> bool:
        """Return whether an order that costs something may be on its way."""
        return is_sent(self.database, job)

    def is_accepted(self, job: Job) -> bool:
        """Return whether an order that costs something has been accepted, and not come yet."""
        return is_accepted(self.database, job)


def _settle_order(connection: sqlite3.Connection, job: Job, to: State, facts: Facts) -> None:
    """Note that an order was accepted, or has brought what it was for; a picture comes at once."""
    if to is State.ORDERED:
        settle(connection, job, Paid.ACCEPTED, str(facts.get("ticket", {}).get("order", "")))
    elif to is State.DRAWN or (job.state is State.ORDERED and to in (State.MESHED, State.RECEIVED)):
        settle(connection, job, Paid.DELIVERED)
