"""What makes meshes: every kind and model that printd knows, in words for people.

One table for ``printd meshers``, ``docs/meshers.md`` and the price of an order. What a model is
sent stands in its adapter.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

HUNYUAN_LICENCE: Final = (
    "The licence of the weights does not apply in the European Union, the United Kingdom and "
    "South Korea."
)

DOUBLE_SKINS: Final = "Hollow double skins, which printd makes solid."


@dataclass(frozen=True, slots=True)
class MesherModel:
    """One model that can be configured.

    Attributes:
        kind: of the configuration; ``model``: likewise, "" when the kind has no choice.
        label: what people call it, and where it runs.
        good_for: what to choose it for, a few words.
        price_usd: of one run, at most; 0: nothing.
        formats: that it returns, the one that printd asks for first.
        is_price_seen: the provider says so (2026-11-22); False: an estimate.
        at_home: it runs on this machine or one of your own; no photo leaves the house.
        note: what else must be known.
    """

    kind: str
    model: str
    label: str
    good_for: str
    price_usd: Decimal
    formats: tuple[str, ...]
    is_price_seen: bool = True
    at_home: bool = False
    note: str = ""

    @property
    def returns_stl(self) -> bool:
        """Whether it can be asked for an STL."""
        return "stl" in self.formats


MODELS: Final[tuple[MesherModel, ...]] = (
    MesherModel(
        kind="relief",
        model="",
        label="Relief",
        good_for="reliefs and lithophanes of any photo; the default",
        price_usd=Decimal(0),
        formats=("stl",),
        at_home=True,
    ),
    MesherModel(
        kind="replicate",
        model="trellis",
        label="TRELLIS at Replicate",
        good_for="a cheap first shape of one thing before a plain background",
        price_usd=Decimal("0.10"),
        is_price_seen=False,
        formats=("glb",),
    ),
    MesherModel(
        kind="replicate",
        model="hunyuan3d-3.1",
        label="Hunyuan3D 3.1 at Replicate",
        good_for="figures and faces with fine detail, white",
        price_usd=Decimal("0.40"),
        is_price_seen=False,
        formats=("glb",),
    ),
    MesherModel(
        kind="replicate",
        model="rodin-2",
        label="Rodin Gen-2 at Replicate",
        good_for="smooth closed bodies, ready for printing",
        price_usd=Decimal("0.50"),
        is_price_seen=False,
        formats=("stl", "glb", "obj"),
    ),
    MesherModel(
        kind="fal",
        model="trellis-2-512",
        label="TRELLIS 2 at fal, 512",
        good_for="a draft in less than a minute",
        price_usd=Decimal("0.25"),
        formats=("glb",),
        note=DOUBLE_SKINS,
    ),
    MesherModel(
        kind="fal",
        model="trellis-2-1024",
        label="TRELLIS 2 at fal, 1024",
        good_for="open and thin shapes: plants, chairs, cloth",
        price_usd=Decimal("0.30"),
        formats=("glb",),
        note=DOUBLE_SKINS,
    ),
    MesherModel(
        kind="fal",
        model="trellis-2-1536",
        label="TRELLIS 2 at fal, 1536",
        good_for="the same with the finest detail",
        price_usd=Decimal("0.35"),
        is_price_seen=False,
        formats=("glb",),
        note=DOUBLE_SKINS,
    ),
    MesherModel(
        kind="fal",
        model="hunyuan3d-3.1",
        label="Hunyuan3D 3.1 Pro at fal",
        good_for="figures and faces with fine detail, white",
        price_usd=Decimal("0.45"),
        is_price_seen=False,
        formats=("glb",),
    ),
    MesherModel(
        kind="fal",
        model="hunyuan3d-3.1-rapid",
        label="Hunyuan3D 3.1 Rapid at fal",
        good_for="the same, quicker and coarser",
        price_usd=Decimal("0.225"),
        formats=("glb",),
    ),
    MesherModel(
        kind="meshy",
        model="meshy-6",
        label="Meshy 6",
        good_for="figures, animals and toys with much detail",
        price_usd=Decimal("0.40"),
        is_price_seen=False,
        formats=("glb", "stl"),
    ),
    MesherModel(
        kind="meshy",
        model="meshy-5",
        label="Meshy 5",
        good_for="the same, simpler and cheap",
        price_usd=Decimal("0.10"),
        is_price_seen=False,
        formats=("glb", "stl"),
    ),
    MesherModel(
        kind="tripo",
        model="v3.1-20260211",
        label="Tripo v3.1",
        good_for="clean shapes of things and figures, quickly",
        price_usd=Decimal("0.20"),
        formats=("glb",),
    ),
    MesherModel(
        kind="rodin",
        model="Gen-2",
        label="Rodin 2.0",
        good_for="smooth closed bodies, as an STL from the service",
        price_usd=Decimal("0.75"),
        is_price_seen=False,
        formats=("stl",),
    ),
    MesherModel(
        kind="hunyuan-server",
        model="2.0",
        label="Hunyuan3D-2 at home",
        good_for="shapes without a service; 6 GB of video memory",
        price_usd=Decimal(0),
        formats=("stl", "glb"),
        at_home=True,
        note=HUNYUAN_LICENCE,
    ),
    MesherModel(
        kind="hunyuan-server",
        model="2.1",
        label="Hunyuan3D-2.1 at home",
        good_for="the same, finer; 10 GB of video memory",
        price_usd=Decimal(0),
        formats=("glb",),
        at_home=True,
        note=HUNYUAN_LICENCE,
    ),
    MesherModel(
        kind="localai",
        model="trellis2-4b-geometry",
        label="TRELLIS 2 in LocalAI at home",
        good_for="the best shapes for prints without a service; closed by its own remeshing",
        price_usd=Decimal(0),
        formats=("glb",),
        at_home=True,
    ),
)


def model_of(kind: str, model: str) -> MesherModel:
    """Return the row of a configured model; of a LocalAI's own names, that of the kind."""
    rows = [row for row in MODELS if row.kind == kind]
    return next((row for row in rows if row.model == model), rows[0])
