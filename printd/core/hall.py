"""The printers as they are now, judged once for all jobs that wait for one.

Most tests look at the printer alone, and printers of a kind judge jobs of a kind alike: so a pass
over hundreds of jobs and dozens of printers asks few questions. What it says is what ``why_not``
says of a job that has no printer yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from printd.core.feeding import Feed
from printd.core.jobs import Because
from printd.core.matching import (
    NEVER,
    NOBODY,
    OF_HOURS,
    OF_JOB,
    OF_NAME,
    OF_NEVER,
    OF_PRINTER,
    OF_WORDS,
    TESTS,
    WAIVABLE,
    Needs,
    Offer,
    Test,
    feed_of,
    is_closed,
    why_never,
)

FREE: Final = len(TESTS)  # the place of the first test that fails, when none does
_ALL: Final = tuple(enumerate(TESTS))
_PRINTERS: Final = tuple(one for one in _ALL if one[1] in OF_PRINTER)
_JOBS: Final = tuple(one for one in _ALL if one[1] in OF_JOB)
_NAMES: Final = tuple(one for one in _ALL if one[1] in OF_NAME)
_HOURS: Final = TESTS.index(OF_HOURS)
_WORDS: Final = tuple(one for one in _ALL if one[1] in OF_WORDS)
_AMOUNTS: Final = tuple(
    one for one in _ALL if one[1] not in {*OF_PRINTER, *OF_JOB, *OF_NAME, *OF_WORDS, OF_HOURS}
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is in the way of a job at each printer, in their order."""

    places: tuple[int, ...]  # of the first test in ``TESTS`` that fails, or FREE
    never: tuple[bool, ...]  # no waiting helps
    free: tuple[int, ...]  # which printers can take it now
    nearest: int | None  # which printer can take it soonest; None: none ever


class Hall:
    """The printers, in the order of the configuration."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        self.offers = tuple(offers)
        self._stops = [[*_failing(_PRINTERS, NOBODY, offer)] for offer in self.offers]
        self._stopped = [_first(stops) for stops in self._stops]
        open_ones = (at for at, offer in enumerate(self.offers) if not is_closed(NOBODY, offer))
        self.idle = tuple(at for at in open_ones if not self._stops[at])
        kinds: dict[object, int] = {}
        self._kinds = [kinds.setdefault(offer.kind, len(kinds)) for offer in self.offers]
        self._of_kind = [self.offers[self._kinds.index(kind)] for kind in kinds.values()]
        self._known: dict[object, Judged] = {}
        self._alike: dict[object, Judged] = {}
        self._by_words: dict[object, list[tuple[int, bool]]] = {}
        fed: dict[object, int] = {}
        self._fed = [fed.setdefault(_fed(offer), len(fed)) for offer in self.offers]
        self._setups: dict[object, int] = {}

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
        judged = self.judged(needs)
        if judged.nearest is None:
            return why_never(needs, self.offers)
        place = judged.places[judged.nearest]
        return None if place == FREE else TESTS[place](needs, self.offers[judged.nearest])

    def setups(self, needs: Needs, at: int) -> int:
        """Count the filaments that a printer has to bring into its nozzle for a job first."""
        offer = self.offers[at]
        asked = (needs.material, needs.colour, needs.filaments)
        key = (asked, self._fed[at])
        if key not in self._setups:
            self._setups[key] = _setups(needs, offer)
        return self._setups[key]

    def _of_job(self, needs: Needs) -> int:
        """Return the first test that fails whatever the printer is."""
        if not self.offers:
            return FREE
        return _first(_failing(_JOBS, needs, self.offers[0]))

    def _judge(self, needs: Needs, own: int) -> Judged:
        """Ask printers of each kind; jobs of many sizes find the same in their way."""
        by_words = zip(self._of_kind, self._judge_words(needs), strict=True)
        kinds = tuple(_of_both(needs, offer, found) for offer, found in by_words)
        key = (kinds, own, needs.only_on, needs.waived)
        if key not in self._alike:
            self._alike[key] = self._at_each(needs, own, kinds)
        return self._alike[key]

    def _judge_words(self, needs: Needs) -> list[tuple[int, bool]]:
        """Return the same for each kind as ``_of_both``, by the words of the job alone."""
        words = needs.words
        if words not in self._by_words:
            failing = ([*_failing(_WORDS, needs, offer)] for offer in self._of_kind)
            self._by_words[words] = [
                (_first(each), any(code in NEVER for _, code in each)) for each in failing
            ]
        return self._by_words[words]

    def _at_each(self, needs: Needs, own: int, kinds: Sequence[tuple[int, bool]]) -> Judged:
        stops = zip(self._first_stops(needs), self._kinds, strict=True)
        places = tuple(min(stop, kinds[kind][0], own) for stop, kind in stops)
        never = tuple(kinds[kind][1] for kind in self._kinds)
        free = tuple(at for at, place in enumerate(places) if place == FREE)
        possible = [at for at in self._allowed(needs) if not never[at]]
        return Judged(places, never, free, max(possible, key=places.__getitem__, default=None))

    def _allowed(self, needs: Needs) -> Sequence[int]:
        """Return the printers that a job may go to by their names; all, if none of these is."""
        named = [at for at, offer in enumerate(self.offers) if offer.name in needs.only_on]
        return named or range(len(self.offers))

    def _first_stops(self, needs: Needs) -> list[int]:
        """Return what is in the way at each printer whatever kind it is."""
        waived = needs.waived & WAIVABLE
        stops = self._stopped
        if waived:
            stops = [_first(stop for stop in each if stop[1] not in waived) for each in self._stops]
        if not needs.only_on:
            return stops
        named = [_first(_failing(_NAMES, needs, offer)) for offer in self.offers]
        return [min(pair) for pair in zip(stops, named, strict=True)]


Failing = tuple[int, str]  # the place of a test, the code of its reason


def _failing(tests: Sequence[tuple[int, Test]], needs: Needs, offer: Offer) -> Iterator[Failing]:
    for place, test in tests:
        reason = test(needs, offer)
        if reason is not None:
            yield place, reason.code


def _first(failing: Iterable[Failing]) -> int:
    return next((place for place, _ in failing), FREE)


def _fed(offer: Offer) -> tuple[object, ...]:
    """Return what it hangs on how much has to be changed at a printer."""
    spools = offer.row.status.spools if offer.row.status else None
    return spools, offer.source, offer.machine.material


def _setups(needs: Needs, offer: Offer) -> int:
    feed = feed_of(needs, offer)
    spools = offer.row.status.spools if offer.row.status else None
    if not isinstance(feed, Feed) or spools is None:
        return 0
    return sum(tray is not None and tray.number != spools.now for tray in feed.trays)


def _of_both(needs: Needs, offer: Offer, by_words: tuple[int, bool]) -> tuple[int, bool]:
    """Return the first test of job and printer together that fails, and whether that lasts."""
    first, is_never = by_words
    for place, test in _AMOUNTS:
        if first < place and test not in OF_NEVER:
            continue  # what comes later is not said
        reason = test(needs, offer)
        if reason is not None and reason.code not in needs.waived & WAIVABLE:
            first = min(first, place)
            is_never = is_never or reason.code in NEVER
    if first > _HOURS and "closed_hours" not in needs.waived and is_closed(needs, offer):
        first = _HOURS
    return first, is_never
