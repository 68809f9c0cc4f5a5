"""``printd meshers``: what makes meshes here, what else could, and what a run costs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_UP, Decimal
from typing import Any, Final

from printd.cli.output import say, show_json, table
from printd.cli.session import configuration
from printd.core.config import Config, ReliefMesherConfig
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


def meshers(args: argparse.Namespace) -> int:
    """List the meshers of the configuration, then every model that could be configured."""
    config = configuration(args).config
    ours, others = list(_configured(config)), list(_others(config))
    if args.json:
        show_json([listed.as_json() for listed in (*ours, *others)])
        return 0
    head = ("NAME", "MODEL", "A RUN COSTS", "GIVES", "STL", "AT HOME", "GOOD FOR")
    table([head, *(_words(listed) for listed in ours)])
    if others:
        print("\nnot configured (docs/meshers.md):")
        table(_words(listed) for listed in others)
    for note in dict.fromkeys(listed.row.note for listed in (*ours, *others) if listed.row.note):
        about = [listed.row.label for listed in (*ours, *others) if listed.row.note == note]
        say(f"note: {', '.join(dict.fromkeys(about))}: {note}")
    return 0


def _configured(config: Config) -> Iterator[Listed]:
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


def _others(config: Config) -> Iterator[Listed]:
    ours = {(listed.row.kind, listed.row.model) for listed in _configured(config)}
    for row in MODELS:
        if (row.kind, row.model) not in ours:
            yield Listed(None, row, row.model, row.price_usd, not row.is_price_seen)


def _words(listed: Listed) -> tuple[str, ...]:
    row = listed.row
    return (
        listed.name or f"{row.kind} {row.model}",
        row.label,
        listed.price_words,
        ", ".join(row.formats),
        "STL" if row.returns_stl else "-",
        "yes" if row.at_home else "no",
        row.good_for,
    )
