"""The table of tests, in their order: the first that fails wins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from printd.core.jobs import Because
from printd.core.matching.of_both import (
    closed_hours,
    no_such_material,
    no_such_quality,
    reconfirm,
    too_large,
    too_little_filament,
    wrong_kind,
    wrong_material,
    wrong_nozzle,
    wrong_printer,
)
from printd.core.matching.of_printer import (
    bed_not_clear,
    busy,
    disk_full,
    fault_shown,
    offline,
    out_of_service,
    queue_paused,
    staggered,
)
from printd.core.matching.sides import NOBODY, Needs, Offer

Test = Callable[[Needs, Offer], Because | None]
# Tests that time or a person at the printer can pass come last.
TESTS: Final[Sequence[Test]] = (
    wrong_printer,
    out_of_service,
    offline,
    wrong_kind,
    no_such_quality,
    no_such_material,
    too_large,
    wrong_nozzle,
    wrong_material,
    busy,
    bed_not_clear,
    reconfirm,
    too_little_filament,
    closed_hours,
    queue_paused,
    fault_shown,
    staggered,
    disk_full,
)
# What these say is the same for every job that has no printer yet; and for every printer.
OF_PRINTER: Final = frozenset(
    {out_of_service, offline, busy, bed_not_clear, queue_paused, fault_shown, staggered, disk_full}
)
OF_ANY_JOB: Final = OF_PRINTER | {wrong_nozzle, closed_hours}
OF_HOURS: Final = closed_hours
OF_JOB: Final = frozenset({reconfirm})
OF_WORDS: Final = frozenset(
    {wrong_kind, no_such_quality, no_such_material} | {wrong_nozzle, wrong_material}
)
OF_NAME: Final = frozenset({wrong_printer})  # printers of a kind differ in it
NEVER: Final = frozenset({"too_large", "no_such_quality", "no_such_material"})  # no waiting helps
OF_NEVER: Final = frozenset({too_large, no_such_quality, no_such_material})
# A person may overrule these for one job; the others are about what would go wrong.
WAIVABLE: Final = frozenset({"too_little_filament", "closed_hours", "queue_paused"})


def is_near(place: int) -> bool:
    """Say whether the first test that fails, by its place, is one that time alone may pass."""
    return place >= TESTS.index(busy)


def why_not(needs: Needs, offer: Offer) -> Because | None:
    """Return the first reason why ``offer`` cannot take the job now; None: it can."""
    for test in TESTS:
        reason = test(needs, offer)
        if reason is not None and reason.code not in needs.waived & WAIVABLE:
            return reason
    return None


def why_stopped(offer: Offer) -> Because | None:
    """Return the first reason why a printer takes no job at all, whatever it asks."""
    reasons = (test(NOBODY, offer) for test in TESTS if test in OF_ANY_JOB)
    return next(filter(None, reasons), None)


def why_never(needs: Needs, offers: Iterable[Offer]) -> Because | None:
    """Return why no waiting helps: the ``NEVER`` reason of the first printer that has one."""
    found = list(offers)
    named = [offer for offer in found if offer.name in needs.only_on]
    reasons = (test(needs, offer) for offer in named or found for test in TESTS)
    return next((reason for reason in reasons if reason and reason.code in NEVER), None)
