"""Plain numbers for people: rounded to what is true, with clock times, in their language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from babel.core import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal

Words = Callable[[str], str]
TIMES = " \u00d7 "  # the sign of multiplication
FEW_MINUTES_S = 600.0
ROUNDED_S = 300.0


class Numbers:
    """How one language writes what pages show."""

    def __init__(self, locale: Locale, words: Words) -> None:
        self._locale = locale
        self._ = words

    def number(self, value: float, digits: int = 1) -> str:
        """Return a number with up to so many digits after the point."""
        return format_decimal(value, "#,##0." + "#" * digits if digits else "#,##0", self._locale)

    def mm(self, value: float) -> str:
        """Return a length; under 10 mm with a digit after the point."""
        return f"{self.number(value, 1 if value < 10 else 0)} mm"

    def size(self, sides_mm: tuple[float, ...] | list[float]) -> str:
        """Return a size, side by side."""
        return TIMES.join(self.number(side, 1 if side < 10 else 0) for side in sides_mm) + " mm"

    def grams(self, value: float) -> str:
        """Return a weight."""
        return f"{self.number(value, 1 if value < 10 else 0)} g"

    def money(self, amount: str | Decimal, currency: str) -> str:
        """Return a price."""
        return format_currency(Decimal(amount), currency, locale=self._locale)

    def lasting(self, seconds: float) -> str:
        """Return how long something takes, to within what is known: about 1 h 50 min."""
        if seconds < FEW_MINUTES_S:
            return self._("a few minutes")
        minutes = int(round(seconds / ROUNDED_S) * ROUNDED_S // 60)
        hours, rest = divmod(minutes, 60)
        said = (
            f"{hours} h {rest} min" if hours and rest else f"{hours} h" if hours else f"{rest} min"
        )
        return self._("about %(time)s") % {"time": said}

    def clock(self, moment: datetime) -> str:
        """Return a moment as a clock time; with its day if that is not today."""
        here = moment.astimezone()
        said = format_time(here, "HH:mm", locale=self._locale)
        if here.date() == datetime.now(UTC).astimezone().date():
            return said
        return f"{format_date(here, 'd MMM', locale=self._locale)}, {said}"

    def second(self, moment: datetime) -> str:
        """Return a moment to the second, as logs have it."""
        return format_time(moment.astimezone(), "HH:mm:ss", locale=self._locale)

    def day(self, moment: datetime) -> str:
        """Return the day of a moment."""
        return format_date(moment.astimezone(), "d MMM y", locale=self._locale)

    def ago(self, moment: datetime, now: datetime) -> str:
        """Return how long ago something was, roughly."""
        past = now - moment
        if past < timedelta(minutes=1):
            return self._("just now")
        if past < timedelta(hours=1):
            return self._("%(minutes)s min ago") % {"minutes": int(past.total_seconds() // 60)}
        return self.clock(moment)
