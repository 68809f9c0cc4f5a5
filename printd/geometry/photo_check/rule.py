"""A rule for photos, and what came of it on one photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Verdict = Literal["good", "poor", "bad"]
WORSE: Final[tuple[Verdict, ...]] = ("good", "poor", "bad")


@dataclass(frozen=True, slots=True)
class Check:
    """One rule, measured on one photo."""

    code: str
    value: float
    unit: str
    verdict: Verdict
    advice: str = ""  # in the imperative; nothing where all is well
    fault: str = ""  # in words that follow "it"; likewise


@dataclass(frozen=True, slots=True)
class Rule:
    """What is wanted of a value, and what to do about it.

    A value may be so large, or where ``poor`` lies above ``bad``, must be so large.
    """

    code: str
    unit: str
    poor: float  # the last value that is good
    bad: float | None  # the last one that is poor; None: it is never worse than that
    fault: str
    advice: str

    def judged(self, value: float) -> Check:
        """Return what the rule says of a value."""
        verdict, shown = self._verdict(value), round(value, 1)
        if verdict == "good":
            return Check(self.code, shown, self.unit, verdict)
        return Check(self.code, shown, self.unit, verdict, self.advice, self.fault)

    def _verdict(self, value: float) -> Verdict:
        is_least = self.bad is not None and self.bad < self.poor
        sign = -1 if is_least else 1
        if sign * value <= sign * self.poor:
            return "good"
        return "poor" if self.bad is None or sign * value <= sign * self.bad else "bad"


def worst(checks: Sequence[Check]) -> Verdict:
    """Return the verdict on a photo: that of its worst check."""
    return max((check.verdict for check in checks), key=WORSE.index, default="good")


def sentence(checks: Sequence[Check]) -> str:
    """Return the verdict in words, the gravest faults alone."""
    verdict = worst(checks)
    if verdict == "good":
        return "Nothing that can be measured speaks against this photo."
    *first, last = (check.fault for check in checks if check.verdict == verdict)
    faults = f"{', '.join(first)} and {last}" if first else last
    if verdict == "poor":
        return f"This photo can do, but it {faults}."
    return f"A service would make little of this photo: it {faults}."
