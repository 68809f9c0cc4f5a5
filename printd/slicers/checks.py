"""What settings of any slicer are held against: numbers of the machine, limits of heat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from printd.core.errors import ProfileInvalid


def numbers_of(name: str, key: str, value: str) -> list[float]:
    """Return the numbers of a list such as ``0.4,0.4``.

    Raises:
        ProfileInvalid: it is none.
    """
    try:
        return [float(part) for part in value.split(",")]
    except ValueError as error:
        raise ProfileInvalid(f"{name}: {key} = {value} is not a number.") from error


def must_be(name: str, settings: Mapping[str, str], key: str, wanted: float) -> None:
    """Refuse a setting that is not what the machine is.

    Raises:
        ProfileInvalid: naming both.
    """
    if any(number != wanted for number in numbers_of(name, key, settings[key])):
        raise ProfileInvalid(f"{name}: {key} = {settings[key]}, but printer.yaml says {wanted:g}.")


def must_not_exceed(
    name: str, settings: Mapping[str, str], keys: Iterable[str], limit_c: float
) -> None:
    """Refuse a temperature above a limit, and what is no number.

    Raises:
        ProfileInvalid: naming the key.
    """
    for key in keys:
        if not max(numbers_of(name, key, settings[key])) <= limit_c:
            raise ProfileInvalid(
                f"{name}: {key} = {settings[key]} is above the limit of {limit_c:g} °C."
            )
