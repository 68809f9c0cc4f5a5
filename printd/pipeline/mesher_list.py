"""What makes meshes here, what else could, and what a run costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_UP, Decimal
from typing import Any, Final

from printd.core.config import Config
from printd.core.mesher_config import ReliefMesherConfig
from printd.core.mesher_models import MODELS, MesherModel, model_of
from printd.depth import services_of

CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Listed:
    """One line: a model, and the name under which it is configured, if it is."""

    name: str | None
    row: MesherModel
    model: str
    price_usd: Decimal
    is_estimate: bool

    @property
    def price_words(self) -> str:
        """The price as people read it."""
        if not self.price_usd:
            return "nothing"
        price = self.price_usd.quantize(CENT, ROUND_UP)
        return f"{'about ' if self.is_estimate else ''}${price}"

    def as_json(self) -> dict[str, Any]:
        """Return what programs are told; ``name`` is null when it is not configured."""
        return {
            "name": self.name,
            "kind": self.row.kind,
            "model": self.model,
            "label": self.row.label,
            "good_for": self.row.good_for,
            "price_usd": f"{self.price_usd:f}",
            "is_estimate": self.is_estimate,
            "formats": list(self.row.formats),
            "returns_stl": self.row.returns_stl,
            "at_home": self.row.at_home,
            "note": self.row.note,
        }


def configured(config: Config) -> Iterator[Listed]:
    """Return the meshers of a configuration."""
    services = services_of(config.depth)
    for name, mesher in config.meshers.items():
        model = getattr(mesher, "model", "")
        row = model_of(mesher.kind, model)
        own = getattr(mesher, "price_usd", None)
        if isinstance(mesher, ReliefMesherConfig) and mesher.depth in services:
            service = services[mesher.depth]
            own = service.price_usd
            row = replace(row, label=f"Relief by {service.label}", at_home=False)
        if own is None:
            yield Listed(name, row, model, row.price_usd, not row.is_price_seen)
        else:
            yield Listed(name, row, model, own, is_estimate=False)


def others(config: Config) -> Iterator[Listed]:
    """Return every model that could be configured besides."""
    ours = {(listed.row.kind, listed.row.model) for listed in configured(config)}
    for row in MODELS:
        if (row.kind, row.model) not in ours:
            yield Listed(None, row, row.model, row.price_usd, not row.is_price_seen)
