"""A person's word on what is loaded in a printer, as the store keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from printd.core.filaments import Filament, colour_of
from printd.core.printer_config import AnyPrinterConfig


@dataclass(frozen=True, slots=True)
class Configured:
    """What the configuration says of what is loaded in a printer."""

    profile: str
    material: str | None  # None: the profile's first
    colour: str

    @classmethod
    def of(cls, printer: AnyPrinterConfig) -> Configured:
        """Return what a printer's part of the configuration says."""
        return cls(printer.profile, printer.material, printer.colour)

    @classmethod
    def of_text(cls, text: str) -> Configured:
        """Read what ``as_text`` has written."""
        return cls(**json.loads(text))

    def as_text(self) -> str:
        """Return it for a column of the store."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Loaded:
    """A person's word on what is loaded in one printer."""

    material: str  # one of the profile's
    colour: str  # as the configuration would name it; "": not said, taken for any
    by: str
    at: datetime
    over: Configured  # what the configuration said then

    def __str__(self) -> str:
        return str(Filament(self.material, colour_of(self.colour)))

    def holds_over(self, printer: AnyPrinterConfig | None) -> bool:
        """Say whether the configuration says of the printer what it said then."""
        return printer is not None and self.over == Configured.of(printer)
