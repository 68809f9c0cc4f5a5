"""The configuration of the house: when prints are started, and how much one person may have."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from printd.core.doors import Times
from printd.core.hours import DAILY, Hours, Range, Ranges, check_apart, week_of, zone_of
from printd.core.limits import Quota, Window


def _is_range(value: str) -> str:
    Range.of(value)
    return value


def _is_zone(value: str) -> str:
    zone_of(value)
    return value


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


RangeTexts = Annotated[
    tuple[Annotated[str, AfterValidator(_is_range)], ...], BeforeValidator(_one_or_more)
]


class HoursConfig(BaseModel):
    """Ranges of the wall clock by weekday, and other ones on single dates."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zone: Annotated[str, AfterValidator(_is_zone)] | None = None  # default: that of the machine
    days: dict[str, RangeTexts] = {}  # mon, mon-fri, daily; a day that is not named has none
    dates: dict[date, RangeTexts] = {}  # instead of those of its weekday
    runs_over: Literal["start", "wait"] = "start"  # a print that would last beyond them

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        self.hours()
        for day, texts in self.dates.items():
            check_apart(str(day), _ranges(texts))
        return self

    def hours(self) -> Hours:
        """Return what is written, to be asked.

        Raises:
            ValueError: it contradicts itself.
        """
        week = week_of({day: _ranges(texts) for day, texts in self.days.items()})
        dates = {day: _ranges(texts) for day, texts in self.dates.items()}
        return Hours(zone_of(self.zone), week, dates)


class OpeningConfig(HoursConfig):
    """When prints are started; always, when nothing is said."""

    days: dict[str, RangeTexts] = {DAILY: ("00:00-24:00",)}


class QuietConfig(HoursConfig):
    """When no print is started, because of its noise; never, when nothing is said."""


def times_of(opening: OpeningConfig, quiet: QuietConfig) -> Times:
    """Return when a printer with these hours may be started."""
    open_hours, quiet_hours = opening.hours(), quiet.hours()
    return Times(
        opening=None if open_hours.is_always else open_hours,
        quiet=None if quiet_hours.is_never else quiet_hours,
        may_outlast=opening.runs_over == "start",
        may_disturb=quiet.runs_over == "start",
    )


def _ranges(texts: tuple[str, ...]) -> Ranges:
    return tuple(sorted(Range.of(text) for text in texts))


class VisitQuota(Quota):
    """What one visit at the kiosk may have."""

    waiting: Annotated[int, Field(ge=0)] | None = 5
    within_h: Window | None = None  # None: the whole visit


class KeyQuota(Quota):
    """What one key that may only hand in may have."""

    waiting: Annotated[int, Field(ge=0)] | None = 50
