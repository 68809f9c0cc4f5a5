"""What settings of any slicer are held against: numbers of the machine, limits of heat."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from printd.core.errors import ProfileInvalid

SHOWN: Final = 60  # characters of a value
_NUMBER: Final = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)%?")


def must_be_numbers(name: str, settings: Mapping[str, str], keys: Iterable[str]) -> None:
    """Refuse words where a slicer wants numbers, shares (``15%``) or lists of them.

    A slicer takes its default instead, without a word.

    Raises:
        ProfileInvalid: naming the key.
    """
    for key in sorted(keys):
        parts = settings[key].split(",")
        if not all(_NUMBER.fullmatch(part.strip()) for part in parts):
            raise ProfileInvalid(f"{name}: {key} = {settings[key][:SHOWN]} is not a number.")


def must_be_layer(name: str, settings: Mapping[str, str], nozzle_mm: float) -> None:
    """Refuse layers that no nozzle lays.

    Raises:
        ProfileInvalid: naming the height.
    """
    for height_mm in numbers_of(name, "layer_height", settings["layer_height"]):
        if not 0 < height_mm <= nozzle_mm:
            raise ProfileInvalid(
                f"{name}: layer_height = {settings['layer_height']}; a nozzle of {nozzle_mm:g} mm "
                f"lays layers of more than 0 mm and up to {nozzle_mm:g} mm."
            )


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
