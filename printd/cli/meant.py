"""What cannot be taken back is asked about first, where somebody is at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from printd.cli.dialogue import YES_NO, is_somebody_there
from printd.cli.output import say
from printd.core.errors import NoSuchJob, PrintdError
from printd.core.holds import NEEDS_PRICE
from printd.core.jobs import AT_PRINTER, Job
from printd.core.store import Store

NOT_DONE: Final = {
    "cancel": "Nothing was cancelled.",
    "forget": "Nothing was deleted.",
    "pay": "Nothing was paid.",
}


class NotMeant(PrintdError):
    """A person has not said that something is to be lost, or paid."""

    code = "not_meant"
    exit_code = 64
    action = "Say yes, or add `--yes`, if it is meant."


def check_meant(question: str, not_done: str) -> None:
    """Ask whether something is meant.

    Args:
        question: whether it is.
        not_done: said if not.

    Raises:
        NotMeant: it is not.
    """
    say(f"{question} Type yes or no:")
    if not YES_NO.get(sys.stdin.readline().strip().lower(), False):
        raise NotMeant(not_done)


def check_jobs_meant(
    store: Store, verb: str, words: Sequence[str], most: str | None = None
) -> None:
    """Ask about each job before anything is done to one; a script means what it says.

    Args:
        store: where they are looked up.
        verb: what is to be done; most verbs can be taken back, and are not asked about.
        words: which name the jobs.
        most: so much is agreed to, of ``pay``.

    Raises:
        NotMeant: one of them is not.
    """
    if verb not in NOT_DONE or not is_somebody_there():
        return
    for word in dict.fromkeys(words):
        with suppress(NoSuchJob):  # is told when the daemon is asked
            job = store.find(word)
            if question := question_of(verb, job, most):
                check_meant(f"#{job.number} {job.name}: {question}", NOT_DONE[verb])


def question_of(verb: str, job: Job, most: str | None) -> str:
    """Return what is asked about a job; "": the daemon will refuse it anyway."""
    if verb == "pay":
        if job.because is None or job.because.code != NEEDS_PRICE:
            return ""
        return f"{job.because.problem} Agree{f' to up to {most}' if most else ''}?"
    if job.is_final is not (verb == "forget"):
        return ""
    if verb == "forget":
        return "delete its pictures and files? Nobody can bring them back."
    lost = " What is printed so far is lost." if job.state in AT_PRINTER else ""
    return f"cancel it?{lost}"
