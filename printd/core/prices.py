"""What a print costs: grams, hours and what a service has charged, at rates that are configured.

Money is ``Decimal``, never a float. A sum is rounded once, at its end, half up, to the smallest
step of the rates; less than the minimum it never is. Rates are kept with the job as they were when
it was taken, its price as a fact when it is sliced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from printd.core.jobs import Facts

RATES: Final = "rates"  # in the settings of a job
PRICE: Final = "price"  # in its facts
HOUR_S: Final = Decimal(3600)
EXACT: Final = Decimal("0.001")  # of a gram, of a second: more no slicer knows
WHOLE: Final = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"})
SIGNS: Final = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}  # others are named by their code

Amount = Annotated[Decimal, Field(ge=0, le=100_000, decimal_places=4)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]


class Rates(BaseModel):
    """What is asked for a print; nothing, when nothing is said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_gram: Amount = Decimal(0)
    per_hour: Amount = Decimal(0)
    minimum: Amount = Decimal(0)
    round_to: Annotated[Decimal, Field(gt=0, le=100, decimal_places=2)] = Decimal("0.01")
    currency: Currency = "EUR"

    @property
    def is_free(self) -> bool:
        """Nothing is asked for anything."""
        return not (self.per_gram or self.per_hour or self.minimum)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency, already rounded."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{digits_of(self.amount, self.currency)} {SIGNS.get(self.currency, self.currency)}"

    def facts(self) -> Facts:
        """Return it as it is kept with a job."""
        return {"amount": f"{self.amount:f}", "currency": self.currency, "text": str(self)}


def digits_of(amount: Decimal, currency: str) -> str:
    """Return an amount as it is read: with its cents, where a currency has some."""
    is_whole = currency in WHOLE and amount == amount.to_integral_value()
    return f"{amount:.0f}" if is_whole else f"{amount:.2f}"


def price_of(
    rates: Rates, grams: float | None, lasting_s: float | None, service: Decimal = Decimal(0)
) -> Money | None:
    """Return the price of a print; None: what it hangs on is not known.

    Args:
        rates: what is asked.
        grams: of filament; None: not known.
        lasting_s: how long it prints, in seconds; None: not known.
        service: what others have charged for its mesh, in the currency of the rates.
    """
    if (rates.per_gram and grams is None) or (rates.per_hour and lasting_s is None):
        return None
    weight, hours = _exact(grams), _exact(lasting_s) / HOUR_S
    total = weight * rates.per_gram + hours * rates.per_hour + service
    asked = _rounded(total, rates.round_to, ROUND_HALF_UP)
    least = _rounded(rates.minimum, rates.round_to, ROUND_CEILING)
    return Money(max(asked, least), rates.currency)


def counted(gcode: Facts) -> tuple[float | None, float | None]:
    """Return grams and seconds of a print as they count; None: not known.

    What a file of a stranger claims, but never less than what it was measured to do.
    """
    grams = (gcode.get("filament_g"), gcode.get("least_g"))
    times_s = (gcode.get("print_time_s"), gcode.get("least_time_s"))
    return _largest(grams), _largest(times_s)


def _largest(values: tuple[float | None, float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def price_facts(
    settings: Mapping[str, Any], gcode: Facts | None, service: Decimal = Decimal(0)
) -> Facts:
    """Return the price of a sliced job as a fact; nothing where none is asked or known.

    Args:
        settings: of the job, with the rates as they were when it was taken.
        gcode: what is known of its file, see ``counted``; None: no file yet.
        service: what its orders at services have cost.
    """
    if RATES not in settings or gcode is None:
        return {}
    rates = Rates.model_validate(settings[RATES])
    price = price_of(rates, *counted(gcode), service)
    return {} if price is None else {PRICE: price.facts()}


def rates_settings(rates: Rates) -> Mapping[str, Any]:
    """Return rates as the settings of a job keep them; nothing where nothing is asked."""
    return {} if rates.is_free else {RATES: rates.model_dump(mode="json")}


def _exact(measured: float | None) -> Decimal:
    return Decimal(str(measured or 0)).quantize(EXACT)


def _rounded(amount: Decimal, step: Decimal, rounding: str) -> Decimal:
    """Return a multiple of ``step``, with its digits."""
    return (amount / step).quantize(Decimal(1), rounding) * step
