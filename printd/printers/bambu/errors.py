"""What a Bambu printer complains of, in words for people: ``print_error`` and HMS codes. Pure.

``print_error`` has 32 bits, shown as ``MMMM_EEEE``: the low half is a phase below 0x4000, stops at
0x4xxx, pauses at 0x8xxx, asks at 0xCxxx. An HMS entry has two numbers, shown as 16 digits; how bad
it is stands in the upper half of the second.
Source: OpenBambuAPI, bambuddy, ha-bambulab (hms_error_text), Bambu Studio; read, not measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum, auto
from typing import Any, Final

from printd.core.errors import RETRY
from printd.printers.bambu.values import records, text, whole

CODE_BITS: Final = 0xFFFF_FFFF
PHASES_BELOW: Final = 0x4000
LOCKED: Final = "0502_4007"
BADLY_SIGNED: Final = "0502_4009"
# The same complaint as an HMS entry; some firmwares of the P1 show nothing else.
LOCKED_HMS: Final = "0500_0500_0001_0007"
DEVELOPER_MODE: Final = (
    "Switch on LAN Only Mode and Developer Mode at the printer, restart it, and put its new "
    "access code into the file that the configuration names."
)
AT_THE_DISPLAY: Final = "Look at the printer's display."
CARD: Final = "Put a working memory card into the printer, " + RETRY
OTHER: Final = "Slice it for this printer and its nozzle, " + RETRY


class Meaning(StrEnum):
    """What a complaint says of the print."""

    CANCELLED = auto()  # by a person
    LOCKED = auto()  # commands are not taken at all
    BUSY = auto()  # the start was refused; something else runs
    REFUSED = auto()  # the file was refused before anything moved
    STOPS = auto()
    PAUSES = auto()
    ASKS = auto()  # a person at the display


class Severity(IntEnum):
    """How bad an HMS entry is."""

    FATAL = 1
    SERIOUS = 2
    COMMON = 3
    INFO = 4


@dataclass(frozen=True, slots=True)
class Trouble:
    """One complaint."""

    code: str  # "0500_4003"
    meaning: Meaning
    problem: str  # a sentence without its full stop
    action: str = AT_THE_DISPLAY

    def __str__(self) -> str:
        return f"{self.problem} ({self.code})"


@dataclass(frozen=True, slots=True)
class Hms:
    """One entry of the printer's health messages."""

    code: str  # all 16 digits
    severity: int  # see Severity; others exist
    module: int  # 3 motion, 5 main board, 7 AMS, 8 toolhead, 12 camera

    @property
    def trouble(self) -> Trouble:
        """What it means."""
        if self.code == LOCKED_HMS:
            return TROUBLES[LOCKED]
        part = MODULES.get(self.module, "the printer")
        stops = self.severity == Severity.FATAL
        return Trouble(
            self.code, Meaning.STOPS if stops else Meaning.ASKS, f"the printer reports on {part}"
        )


MODULES: Final[Mapping[int, str]] = {
    0x03: "its motion",
    0x05: "its main board",
    0x07: "the AMS",
    0x08: "its toolhead",
    0x0C: "its camera",
}


def _table(*rows: Trouble) -> Mapping[str, Trouble]:
    return {row.code: row for row in rows}


TROUBLES: Final[Mapping[str, Trouble]] = _table(
    Trouble("0300_400C", Meaning.CANCELLED, "the print was cancelled"),
    Trouble("0500_400E", Meaning.CANCELLED, "the print was cancelled"),
    Trouble(
        LOCKED,
        Meaning.LOCKED,
        "the printer takes no commands: Developer Mode is off",
        DEVELOPER_MODE,
    ),
    Trouble(
        BADLY_SIGNED,
        Meaning.LOCKED,
        "the printer takes no commands from printd: Developer Mode is off",
        DEVELOPER_MODE,
    ),
    Trouble(
        "0500_4004",
        Meaning.BUSY,
        "the printer was busy and did not take the start",
        "Wait until the printer is done, clear its bed, " + RETRY,
    ),
    Trouble(
        "0500_4005",
        Meaning.BUSY,
        "the printer updates its firmware",
        "Wait for the end of the update, " + RETRY,
    ),
    Trouble(
        "0500_4007",
        Meaning.REFUSED,
        "the printer wants its firmware updated or repaired first",
        "Finish the update at the printer's display, " + RETRY,
    ),
    Trouble(
        "0500_4030",
        Meaning.REFUSED,
        "the printer wants its firmware updated or repaired first",
        "Finish the update at the printer's display, " + RETRY,
    ),
    Trouble(
        "0500_4002",
        Meaning.REFUSED,
        "the printer does not find the file under this address",
        "Set another `url_form` for the printer in the configuration, " + RETRY,
    ),
    Trouble(
        "0500_4003",
        Meaning.REFUSED,
        "the printer cannot read the file",
        "Check the printer's memory card, " + RETRY,
    ),
    Trouble(
        "0500_400A",
        Meaning.REFUSED,
        "the printer does not take the name of the file",
        "Set another `folder` for the printer in the configuration, " + RETRY,
    ),
    Trouble(
        "0500_4006",
        Meaning.REFUSED,
        "the printer's storage is full",
        "Delete files from the printer's storage, " + RETRY,
    ),
    Trouble(
        "0500_4015",
        Meaning.REFUSED,
        "the printer's storage is full",
        "Delete files from the printer's storage, " + RETRY,
    ),
    # A printer that fails so has started the print, or an older one, at its next power-on.
    Trouble(
        "0500_4008",
        Meaning.STOPS,
        "the printer could not start the print",
        "Switch the printer off and on, look whether it prints, then run `printd resolve JOB`.",
    ),
    Trouble("0500_400C", Meaning.REFUSED, "the printer has no memory card", CARD),
    Trouble("0500_4016", Meaning.REFUSED, "the printer's memory card is write-protected", CARD),
    Trouble("0500_C010", Meaning.REFUSED, "the printer's memory card cannot be read", CARD),
    Trouble("0500_4037", Meaning.REFUSED, "the file was sliced for another printer", OTHER),
    Trouble("0500_4038", Meaning.REFUSED, "the file was sliced for another nozzle", OTHER),
    Trouble("0500_403C", Meaning.REFUSED, "the file was sliced for another printer", OTHER),
    Trouble(
        "0500_8013",
        Meaning.STOPS,
        "the file is not on the printer any more",
        "Check the printer's memory card, " + RETRY,
    ),
    Trouble(
        "0500_8051",
        Meaning.PAUSES,
        "another build plate lies in the printer than the file is for",
        "Put the right plate in, then choose Resume at the printer's display.",
    ),
    Trouble(
        "0500_8061",
        Meaning.PAUSES,
        "no build plate lies in the printer",
        "Put the plate in, then choose Resume at the printer's display.",
    ),
    Trouble(
        "0700_8012",
        Meaning.PAUSES,
        "the printer does not find the tray that the print asks for",
        "Load the filament into the AMS, then choose Resume at the printer's display.",
    ),
    Trouble(
        "07FF_8012",
        Meaning.PAUSES,
        "the printer does not find the spool that the print asks for",
        "Load the filament, then choose Resume at the printer's display.",
    ),
    Trouble("0300_8001", Meaning.PAUSES, "a person paused the print"),
    Trouble(
        "0300_8004",
        Meaning.PAUSES,
        "the filament has run out",
        "Load filament, then choose Resume at the printer's display.",
    ),
    Trouble(
        "0700_8011",
        Meaning.PAUSES,
        "the filament in the AMS has run out",
        "Load filament into the AMS, then choose Resume at the printer's display.",
    ),
    Trouble(
        "07FF_8011",
        Meaning.PAUSES,
        "the filament on the external spool has run out",
        "Load filament, then choose Resume at the printer's display.",
    ),
)


def code_of(print_error: int) -> str:
    """Return ``MMMM_EEEE``."""
    digits = f"{print_error & CODE_BITS:08X}"
    return f"{digits[:4]}_{digits[4:]}"


def trouble_of(print_error: int | None) -> Trouble | None:
    """Return what a ``print_error`` means; None: it is none, or only a phase."""
    if not print_error or print_error & 0xFFFF < PHASES_BELOW:
        return None
    code = code_of(print_error)
    known = TROUBLES.get(code)
    if known is not None:
        return known
    kind = (print_error & 0xFFFF) >> 12
    if kind >= 0xC:
        return Trouble(code, Meaning.ASKS, "the printer asks for something")
    if kind >= 0x8:
        return Trouble(code, Meaning.PAUSES, "the printer has paused")
    return Trouble(code, Meaning.STOPS, "the printer has stopped")


NO_REASON: Final = Trouble("no code", Meaning.REFUSED, "it gives no reason")


def refusal_in(answer: Mapping[str, Any] | None) -> Trouble | None:
    """Return why the printer did not take an order; None: it did, or has not answered."""
    if answer is None or not text(answer.get("result")).lower().startswith("fail"):
        return None
    reason = text(answer.get("reason"))
    said = replace(NO_REASON, problem=reason) if reason else NO_REASON
    return trouble_of(whole(answer.get("err_code"))) or said


def hms_of(value: object) -> tuple[Hms, ...]:
    """Read the ``hms`` of a report."""
    found = []
    for entry in records(value):
        attr, code = whole(entry.get("attr")), whole(entry.get("code"))
        if attr is None or code is None:
            continue
        digits = f"{attr & CODE_BITS:08X}{code & CODE_BITS:08X}"
        name = "_".join(digits[at : at + 4] for at in range(0, 16, 4))
        found.append(Hms(name, severity=(code & CODE_BITS) >> 16, module=(attr >> 24) & 0xFF))
    return tuple(found)
