"""Which spools hang at a Bambu printer, read from its reports. Pure.

The number of a tray is what ``tray_now`` and ``ams_mapping`` speak of.
Source: OpenBambuAPI, bambuddy, ha-bambulab; read, not measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from printd.core.spools import EXTERNAL, NONE, SINGLE_FROM, TRAYS, Spools, Tray
from printd.printers.bambu.values import bits, number, record, records, text, whole

COLOUR_DIGITS: Final = 6
REMAIN_KNOWN_BIT: Final = 7  # of ``home_flag``


def spools_of(state: Mapping[str, Any]) -> Spools:
    """Read the spools of a merged state."""
    ams = record(state.get("ams"))
    units = records(ams.get("ams"))
    exist = bits(ams.get("tray_exist_bits"))
    flags = whole(state.get("home_flag")) or 0
    tells = bool(flags >> REMAIN_KNOWN_BIT & 1)
    trays = [
        tray
        for unit in units
        for entry in records(unit.get("tray"))
        if (tray := _tray(unit, entry, exist, tells=tells)) is not None
    ]
    outside = records(state.get("vir_slot")) or [record(state.get("vt_tray"))]
    return Spools(
        trays=tuple(sorted(trays, key=lambda tray: tray.number)),
        external=tuple(_external(entry) for entry in outside if entry),
        units=len(units),
        now=_loaded(ams.get("tray_now")),
        wanted=_loaded(ams.get("tray_tar")),
    )


def _loaded(value: object) -> int | None:
    found = whole(value)
    return None if found is None or found == NONE or found < 0 else found


def _tray(
    unit: Mapping[str, Any], entry: Mapping[str, Any], exist: int | None, *, tells: bool
) -> Tray | None:
    unit_number, slot = whole(unit.get("id")), whole(entry.get("id"))
    if unit_number is None or slot is None or not 0 <= unit_number < NONE or not 0 <= slot < TRAYS:
        return None
    single = unit_number >= SINGLE_FROM
    place = unit_number if single else unit_number * TRAYS + slot
    material = text(entry.get("tray_type")).strip()
    # Without bits, and of single trays, whose bits no source tells, only the material speaks.
    is_there = bool(material) if exist is None or single else bool(exist >> place & 1)
    if not is_there:
        return Tray(place, unit_number, slot)
    return Tray(
        number=place,
        unit=unit_number,
        slot=slot,
        material=material,
        colour=_colour(entry.get("tray_color")),
        code=text(entry.get("tray_info_idx")),
        remain=_remain(entry) if tells else None,
        is_there=True,
        weight_g=_weight_g(entry),
    )


def _external(entry: Mapping[str, Any]) -> Tray:
    """Read an external spool; that none is there cannot be seen."""
    number_said = whole(entry.get("id"))
    place = number_said if number_said in (EXTERNAL, NONE) else EXTERNAL
    material = text(entry.get("tray_type")).strip()
    return Tray(
        number=place or EXTERNAL,
        unit=NONE,
        slot=0,
        material=material,
        colour=_colour(entry.get("tray_color")) if material else "",
        code=text(entry.get("tray_info_idx")),
        is_there=True,
    )


def _colour(value: object) -> str:
    """Read ``RRGGBBAA``; a colour that cannot be seen is none."""
    digits = text(value).upper().removeprefix("#")
    if bits(digits) is None or len(digits) not in (COLOUR_DIGITS, COLOUR_DIGITS + 2):
        return ""
    return "" if digits[COLOUR_DIGITS:] == "00" else digits[:COLOUR_DIGITS]


def _weight_g(entry: Mapping[str, Any]) -> float | None:
    """Read how much a full spool holds, "1000"; of one without a chip it is "0"."""
    weight = number(entry.get("tray_weight"))
    return weight if weight is not None and weight > 0.0 else None


def _remain(entry: Mapping[str, Any]) -> float | None:
    """Read what is left of a spool with a chip, 0 to 1; -1 is not known."""
    pct = number(entry.get("remain"))
    chip = text(entry.get("tag_uid")).strip("0")
    return pct / 100.0 if chip and pct is not None and 0.0 <= pct <= 100.0 else None
