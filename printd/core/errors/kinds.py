"""What can go wrong, as a person is told it: a code, the problem, the action.

    PrintdError                 code, problem, action
    ├── UserError               a person can put it right   -> job HELD (a drop: refused)
    │   ├── NotTaken            a file cannot be used        -> the drop goes to ``_failed/``
    │   │   └── PhotoRefused    a picture cannot be used
    │   ├── ServiceError        an order came to nothing     -> the next service, or job HELD
    │   │   ├── ServiceRefusal  it was not accepted
    │   │   └── ServiceFailure  it was accepted              (``services.py``)
    │   └── InDoubtError        nobody but a person knows    -> job HELD, its mark stays
    ├── TransientError          it may pass by itself        -> tried again; HELD after a day
    │   └── CannotWriteNow      nothing can be recorded      -> as if it had not been looked at
    ├── PermanentError          neither helps                -> job FAILED
    ├── StartupError            the daemon or command cannot begin, or cannot go on
    │   └── DatabaseUnusable    nothing can be kept           -> the daemon goes on in safe mode
    ├── RequestRefused          the API cannot do what is asked   -> who asked is told
    └── InternalError           a fault in printd            -> job FAILED, traceback in the log
    NotYet                      not an error                 -> looked at again later
    └── InDoubt                 it may have happened         -> recovered, never simply repeated
    GoBack                      not from here, and nothing left -> an earlier state
    NotHappened                 proof that a step that runs once did not happen
    PrintCancelled              the print was cancelled      -> job CANCELLED

``code`` is stable: pages, logs and tests rely on it. ``problem`` holds the values. ``action`` is
one sentence in the imperative. Errors are translated into these at the edge, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

RETRY = "then run `printd retry JOB`."


class PrintdError(Exception):
    """Something went wrong, and a person can be told what and what to do."""

    code: ClassVar[str] = "error"
    action: str = ""
    exit_code: ClassVar[int] = 1

    def __init__(self, problem: str, *, action: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        if action is not None:
            self.action = action

    def __str__(self) -> str:
        return f"{self.problem} {self.action}".strip()

    @property
    def advice(self) -> str:
        """What to do where there is no job that could be retried."""
        return self.action.replace(RETRY, "then try again.")

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross from compute children to the daemon: keep the action on the way.
        return (_rebuild, (type(self), self.problem, self.action))


def _rebuild(kind: type[PrintdError], problem: str, action: str) -> PrintdError:
    return kind(problem, action=action)


class UserError(PrintdError):
    """A person can put it right; the job is HELD until then."""


class NotTaken(UserError):
    """What was handed in cannot be used: a drop goes to ``_failed/``, an upload gets 422."""


class PhotoRefused(NotTaken):
    """The picture cannot be used."""


class InDoubtError(UserError):
    """Nobody but a person knows what happened; the mark of the step stays."""


class TransientError(PrintdError):
    """It may pass by itself; the step is tried again with growing waits."""


class PermanentError(PrintdError):
    """Neither a person nor time can mend it; the job is FAILED."""


class StartupError(PrintdError):
    """The daemon or the command cannot begin, or cannot go on."""


class RequestRefused(PrintdError):
    """A request to the API cannot be answered as it was meant; no job is touched."""

    status: ClassVar[int] = 400  # that the answer has


class InternalError(PrintdError):
    """A fault in printd itself."""

    code = "internal_error"
    action = "Report the job number; the log has the details."

    @classmethod
    def of(cls, fault: BaseException) -> Self:
        """Wrap an unexpected exception; its words may help in a report."""
        return cls(f"printd has a fault: {type(fault).__name__}: {fault}")


class NotYet(Exception):
    """The step has to wait; says why and when to look again.

    Args:
        code: stable reason, one of ``core/matching`` or of an adapter.
        problem: the sentence that every display shows.
        again_s: seconds until the step is looked at again.
        action: what a person can do about it, if anything.
        quiet: nothing to write down: displays find their own words for it.
    """

    def __init__(
        self,
        code: str,
        problem: str,
        *,
        again_s: float = 2.0,
        action: str = "",
        quiet: bool = False,
    ) -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.again_s = again_s
        self.action = action
        self.quiet = quiet


class InDoubt(NotYet):
    """The step that runs once may have happened; its evidence is asked for again."""


class NotHappened(Exception):
    """Proof that the step that runs once did not happen; its mark is cleared."""


class GoBack(Exception):
    """The step cannot be done from here, and nothing has left: the job goes back to ``to``.

    Args:
        to: a state.
        problem: why, as a sentence.
        facts: what the step has found out all the same.
    """

    def __init__(self, to: str, problem: str, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(problem)
        self.to = to
        self.problem = problem
        self.facts = facts or {}


class PrintCancelled(Exception):
    """The printer says that this print was cancelled."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
