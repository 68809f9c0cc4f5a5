"""What prints have taken, added up: how many, how long, how much; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from printd.core.jobs import Job, State
from printd.core.prices import PRICE, Money
from printd.core.signing import Word

KEYS: Final = ("month", "day", "printer", "recipe", "owner", "material", "reason")


@dataclass(frozen=True, slots=True)
class Total:
    """What the prints of one month, printer … have taken."""

    printed: int = 0
    bad: int = 0  # of those, as people have signed them off
    failed: int = 0
    cancelled: int = 0
    hours: float = 0.0  # of printing, as the files say
    grams: float = 0.0
    money: tuple[Money, ...] = ()  # that was asked for, in each currency that prices have had

    def with_job(self, job: Job) -> Total:
        """Return the total with one more job, which is over.

        One that never came to a printer has taken nothing.
        """
        counts: dict[str, Any] = {}
        if job.state is State.PRINTED:
            is_bad = job.sign_off is not None and job.sign_off.word is Word.BAD
            counts = {"printed": self.printed + 1, "bad": self.bad + is_bad}
        elif job.state is State.FAILED:
            counts = {"failed": self.failed + 1}
        else:
            counts = {"cancelled": self.cancelled + 1}
        if job.state is not State.PRINTED:
            return replace(self, **counts)
        gcode: Mapping[str, Any] = job.facts.get("gcode", {})
        return replace(
            self,
            **counts,
            hours=self.hours + (gcode.get("print_time_s") or 0.0) / 3600,
            grams=self.grams + (gcode.get("filament_g") or 0.0),
            money=_with(self.money, job.facts.get(PRICE, {})),
        )

    def as_values(self) -> dict[str, object]:
        """Return it as plain values."""
        return {
            "printed": self.printed,
            "bad": self.bad,
            "failed": self.failed,
            "cancelled": self.cancelled,
            "hours": round(self.hours, 2),
            "grams": round(self.grams, 1),
            "money": [money.facts() for money in self.money],
        }


def _with(sums: tuple[Money, ...], price: Mapping[str, Any]) -> tuple[Money, ...]:
    """Return sums of money with one price more."""
    amounts = {money.currency: money.amount for money in sums}
    if price:
        currency, amount = str(price["currency"]), Decimal(str(price["amount"]))
        amounts[currency] = amounts.get(currency, Decimal(0)) + amount
    return tuple(Money(amount, currency) for currency, amount in amounts.items())


def totals_by(key: str, jobs: Iterable[Job]) -> dict[str, Total]:
    """Return the totals of jobs that are over, by one of ``KEYS``, in the order of its words."""
    found: dict[str, Total] = {}
    for job in jobs:
        if job.is_final:
            word = _word(key, job)
            found[word] = found.get(word, Total()).with_job(job)
    return dict(sorted(found.items()))


def _word(key: str, job: Job) -> str:
    """Return under which word a job counts; days are those of the clock here."""
    here = job.moved_at.astimezone()
    words = {
        "month": f"{here:%Y-%m}",
        "day": f"{here:%Y-%m-%d}",
        "printer": job.printer or "",
        "recipe": job.recipe,
        "owner": job.owner,
        "material": str(job.facts.get("gcode", {}).get("material") or ""),
        "reason": _reason(job),
    }
    return words[key] or "-"


def _reason(job: Job) -> str:
    """Return why a piece is not good, or was never made; "": it is good, or nobody has said."""
    if job.state is not State.PRINTED:
        return job.because.code if job.because else ""
    if job.sign_off is None or job.sign_off.word is Word.GOOD:
        return ""
    return job.sign_off.reason or job.sign_off.word
