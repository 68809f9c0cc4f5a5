"""The printers as they are now, judged once for all jobs that wait for one.

Most tests look at the printer alone, and printers of a kind judge jobs of a kind alike: so a pass
over hundreds of jobs and dozens of printers asks few questions. What it says is what ``why_not``
says of a job that has no printer yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from printd.core.jobs import Because
from printd.core.matching import (
    NEVER,
    NOBODY,
    OF_JOB,
    OF_NAME,
    OF_PRINTER,
    TESTS,
    WAIVABLE,
    Needs,
    Offer,
    why_never,
    why_not,
)

FREE: Final = len(TESTS)  # the place of the first test that fails, when none does
_ALL: Final = tuple(enumerate(TESTS))
_PRINTERS: Final = tuple(one for one in _ALL if one[1] in OF_PRINTER)
_JOBS: Final = tuple(one for one in _ALL if one[1] in OF_JOB)
_NAMES: Final = tuple(one for one in _ALL if one[1] in OF_NAME)
_BOTH: Final = tuple(one for one in _ALL if one[1] not in OF_PRINTER | OF_JOB | OF_NAME)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is in the way of a job at each printer, in their order."""

    places: tuple[int, ...]  # of the first test in ``TESTS`` that fails, or FREE
    never: tuple[bool, ...]  # no waiting helps
    free: tuple[int, ...]  # which printers can take it now

    @property
    def nearest(self) -> int | None:
        """Which printer can take it soonest; None: none ever."""
        possible = [at for at, never in enumerate(self.never) if not never]
        return max(possible, key=self.places.__getitem__, default=None)


class Hall:
    """The printers, in the order of the configuration."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        self.offers = tuple(offers)
        self._stops = [_stops(offer) for offer in self.offers]
        kinds: dict[object, int] = {}
        self._kinds = [kinds.setdefault(offer.kind, len(kinds)) for offer in self.offers]
        self._of_kind = [self.offers[self._kinds.index(kind)] for kind in kinds.values()]
        self._known: dict[object, Judged] = {}

    def judged(self, needs: Needs) -> Judged:
        """Return what is in the way of a job that has no printer."""
        own = self._of_job(needs)
        key = (needs.kind, own)
        if key not in self._known:
            self._known[key] = self._judge(needs, own)
        return self._known[key]

    def free(self, needs: Needs) -> Offer | None:
        """Return the first printer that can take the job now."""
        return next((self.offers[at] for at in self.judged(needs).free), None)

    def best(self, needs: Needs) -> Offer | None:
        """Return the printer that can take the job soonest, ``NEVER`` reasons left out."""
        nearest = self.judged(needs).nearest
        return None if nearest is None else self.offers[nearest]

    def why_waiting(self, needs: Needs) -> Because | None:
        """Return why no printer takes the job now, in the words for the nearest one."""
        if not self.offers:
            return Because("no_printer", "No printer is configured.", "Name one under `printers:`.")
        best = self.best(needs)
        return why_not(needs, best) if best else why_never(needs, self.offers)

    def _of_job(self, needs: Needs) -> int:
        """Return the first test that fails whatever the printer is."""
        if not self.offers:
            return FREE
        house = self.offers[0]
        return next((place for place, test in _JOBS if test(needs, house) is not None), FREE)

    def _judge(self, needs: Needs, own: int) -> Judged:
        waived = needs.waived & WAIVABLE
        kinds = [_of_both(needs, offer) for offer in self._of_kind]
        places, never = [], []
        for offer, stops, kind in zip(self.offers, self._stops, self._kinds, strict=True):
            named = next((place for place, test in _NAMES if test(needs, offer)), FREE)
            stop = next((place for place, code in stops if code not in waived), FREE)
            of_both, is_never = kinds[kind]
            places.append(min(named, stop, of_both, own))
            never.append(is_never)
        free = tuple(at for at, place in enumerate(places) if place == FREE)
        return Judged(tuple(places), tuple(never), free)


def _stops(offer: Offer) -> list[tuple[int, str]]:
    """Return what keeps a printer from any job: places and codes."""
    reasons = ((place, test(NOBODY, offer)) for place, test in _PRINTERS)
    return [(place, reason.code) for place, reason in reasons if reason is not None]


def _of_both(needs: Needs, offer: Offer) -> tuple[int, bool]:
    """Return the first test of job and printer together that fails, and whether that lasts."""
    first, is_never = FREE, False
    for place, test in _BOTH:
        reason = test(needs, offer)
        if reason is not None and reason.code not in needs.waived & WAIVABLE:
            first = min(first, place)
            is_never = is_never or reason.code in NEVER
    return first, is_never
