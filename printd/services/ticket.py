"""What an order leaves behind, and what a service takes as a picture; plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from printd.core.jobs import Facts


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is needed to collect an order, also after a restart; plain values, kept as JSON."""

    mesher: str
    order: str  # the name that the service gave it
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_facts(self) -> dict[str, Any]:
        """Return what the store keeps."""
        return {"mesher": self.mesher, "order": self.order, "details": dict(self.details)}

    @classmethod
    def from_facts(cls, facts: Facts) -> Ticket:
        """Return the ticket that the store kept."""
        return cls(mesher=facts["mesher"], order=facts["order"], details=facts["details"])


@dataclass(frozen=True, slots=True)
class PictureWanted:
    """What a service takes as a picture; a photo is made into such a one before it is ordered."""

    format: Literal["jpeg", "png"] = "jpeg"
    longest_px: int = 1536  # larger ones are made smaller, never larger
    least_px: int = 128  # of the shorter side; a smaller photo is refused before the order
    most_bytes: int = 6_000_000
