"""What people ask for one job: cancel, hold, release, approve, send back, resolve, sign off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from printd.core.clock import utc_now
from printd.core.errors import HeldByPerson, NotPossibleNow, PrinterFault
from printd.core.holds import OVERRULED
from printd.core.jobs import AT_PRINTER, Because, Job, State
from printd.core.matching import WAIVABLE
from printd.core.names import display_name
from printd.core.order_end import OrderEnd
from printd.core.requests import Request
from printd.core.route import BEFORE_ORDER
from printd.core.signing import SignOff
from printd.core.store import Store
from printd.core.wishes import sign, waive
from printd.daemon.asking import Values, Verb, answer, arg, check_possible, job_of, seen_job, words
from printd.daemon.bed_word import BedWord
from printd.printers.base import Printer

REASON_CHARACTERS: Final = 200
OUTCOMES: Final = {
    "printing": State.PRINTING,
    "printed": State.PRINTED,
    "not-started": State.SLICED,
}


class JobVerbs:
    """Does what was asked for one job."""

    def __init__(self, store: Store, printers: Mapping[str, Printer], bed_word: BedWord) -> None:
        self._store = store
        self._printers = printers
        self._bed_word = bed_word
        self.verbs: Final[Mapping[str, Verb]] = {
            "cancel": self._cancel,
            "hold": self._hold,
            "release": self._release,
            "start-anyway": self._start_anyway,
            "approve": self._approve,
            "send-back": self._send_back,
            "resolve": self._resolve,
            "sign-off": self._sign_off,
        }

    def _cancel(self, request: Request) -> Values:
        job = job_of(self._store, request, "cancel")
        if job.state not in request.args.get("only", State):
            raise NotPossibleNow(
                f"#{job.number} is {job.state}; who handed it in can cancel it while it waits.",
                action="Ask the staff to stop it.",
            )
        if job.state in AT_PRINTER:
            self._store.want_cancel(job, request.who)
            return {**answer(job), "asked": True}
        said = f"Cancelled by {request.who}{_because(request)}."
        return answer(self._store.cancelled(job, said, who=request.who))

    def _hold(self, request: Request) -> Values:
        job = job_of(self._store, request)
        if self._store.open_mark(job) is not None and job.state in AT_PRINTER - {State.PRINTING}:
            raise NotPossibleNow(f"#{job.number} is just being started.")
        if self._store.is_paying(job):  # held now, it would be ordered once more afterwards
            raise NotPossibleNow(f"An order of #{job.number} is on its way; wait for its answer.")
        check_possible("hold", job)
        error = HeldByPerson(f"Held by {request.who}{_because(request)}.")
        return answer(self._store.stop(job, State.HELD, error, who=request.who))

    def _release(self, request: Request) -> Values:
        """Let a held job go on; a job that has waited for long is wanted still."""
        job = seen_job(self._store, request)
        if job.state is State.SLICED:
            return answer(self._store.confirm(job, who=request.who))
        check_possible("release", job)
        if job.because is not None and job.because.code in OVERRULED:
            with self._store.database.write() as connection:
                waive(connection, job, {job.because.code}, who=request.who)
            job = self._store.job(job.number)
        return answer(self._store.resume(job, who=request.who))

    def _start_anyway(self, request: Request) -> Values:
        """Overrule the reason that a person has read; none that is about what would go wrong."""
        job = job_of(self._store, request)
        code = str(arg(request, "code"))
        check_possible("start-anyway", job, Because(code, ""))
        with self._store.database.write() as connection:
            waive(connection, job, {code} & WAIVABLE, who=request.who)
        return answer(job)

    def _approve(self, request: Request) -> Values:
        job = seen_job(self._store, request, "approve")
        return answer(self._store.approve(job, who=request.who))

    def _send_back(self, request: Request) -> Values:
        job = seen_job(self._store, request, "send-back")
        if not words(request, "reason").strip():
            raise NotPossibleNow(
                "Whoever wants it printed has to know why it is sent back.", action="Say why."
            )
        said = f"Sent back by {request.who}{_because(request)}."
        return answer(self._store.cancelled(job, said, who=request.who, code="sent_back"))

    def _sign_off(self, request: Request) -> Values:
        """Write how a piece has turned out; who took it off may say so in the same breath."""
        job = job_of(self._store, request, "sign-off")
        pieces = int(job.settings.get("print", {}).get("copies_on_bed", 1))
        with self._store.database.write() as connection:
            sign_off = SignOff.said(request.args, pieces, request.who, utc_now())
            sign(connection, job, sign_off)
            seen = request.args.get("bed_clear")
            bed = None if seen is None else self._bed_word.clear_of(request, job, int(seen))
        said = {**answer(job), "sign_off": str(sign_off)}
        return said if bed is None else {**said, "printer": job.printer, "bed": bed.state}

    def _resolve(self, request: Request) -> Values:
        job = seen_job(self._store, request)
        word = arg(request, "outcome")
        handed_over = job.state is State.PRINTING and self._is_handed_over(job)
        if job.in_doubt and job.held_from in BEFORE_ORDER:
            raise NotPossibleNow(
                f"The order of #{job.number} is in doubt, not its print.",
                action=f"Say one of: {', '.join(OrderEnd)}.",
            )
        if not job.in_doubt and not handed_over:
            raise NotPossibleNow(f"#{job.number} is {job.state}; there is no doubt to resolve.")
        who = request.who
        if handed_over:
            return answer(self._resolve_handed_over(job, word, who))
        if word == "failed":
            error = PrinterFault(f"The print failed on {job.printer}, says {who}.")
            return answer(self._store.failed_at_printer(job, error, who=who))
        if word == "not-started" and job.held_from is State.PRINTING:
            raise NotPossibleNow(f"#{job.number} was seen printing.")
        if word not in OUTCOMES:
            raise NotPossibleNow(f"{word!r} is no outcome.", action="Ask again.")
        return answer(self._store.resolve(job, OUTCOMES[word], who=who))

    def _is_handed_over(self, job: Job) -> bool:
        printer = self._printers.get(job.printer or "")
        return printer is not None and not printer.has_bed

    def _resolve_handed_over(self, job: Job, word: str, who: str) -> Job:
        if word == "printed":
            return self._store.advance(job, State.PRINTED, {}, who=who)
        if word == "failed":
            error = PrinterFault(f"The print failed, says {who}.")
            return self._store.stop(job, State.HELD, error, who=who)
        raise NotPossibleNow(f"#{job.number} was handed over; say printed or failed.")


def _because(request: Request) -> str:
    reason = display_name(words(request, "reason").strip(), REASON_CHARACTERS).rstrip(".")
    return f": {reason}" if reason else ""
