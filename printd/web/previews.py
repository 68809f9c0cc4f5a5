"""What a screen is shown of a draft: heights to bend and light, figures, pictures.

Settings are those of a job, read in the same way: what is previewed is what is made of the draft.
Each answer has a word for all that it was made of, so that a browser which has it is told so, and
pictures are kept beside the photo under that word. Python that serves other pages, as the kiosk's
do, asks the same functions.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from printd import __version__, depth
from printd.core.compute import Limits
from printd.core.config import Config
from printd.core.errors import RecipeUnknown, SettingInvalid
from printd.core.mesher_config import ReliefMesherConfig
from printd.core.prices import price_of
from printd.core.print_estimate import estimate_of, layers_of, skin_mm
from printd.core.recipes import Order, order_for
from printd.core.relief_settings import ReliefSettings
from printd.core.route import MESHER
from printd.depth.base import DepthSource
from printd.depth.builtin import BuiltinDepth
from printd.meshers.preview.draft import Views, Wanted, limits_for
from printd.pipeline import tasks
from printd.web.drafts import Draft, Drafts
from printd.web.gone import Gone

PICTURE: Final = Limits(memory_bytes=1 << 30, wall_s=60.0, is_watched=True)
KEPT: Final = 8  # pictures of one draft
LEAST_CELLS, MOST_CELLS, USUAL_CELLS = 32, 512, 256


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be seen of a draft, settled by the configuration of now."""

    order: Order
    settings: ReliefSettings
    source: DepthSource
    final: str  # the source of heights that the job will have

    def word(self, draft: Draft, *more: object) -> str:
        """Return a word for all that an answer is made of."""
        said = [
            __version__,
            draft.id,
            draft.sha256,
            repr(self.source),
            self.settings.model_dump(mode="json"),
            [str(one) for one in more],
        ]
        text = json.dumps(said, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class Heights:
    """A surface for a browser."""

    content: bytes
    facts: Mapping[str, Any]  # see ``meshers.preview.seen.heights_of``


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, encoded."""

    content: bytes

    @property
    def media_type(self) -> str:
        """Return what it is, by its bytes."""
        return "image/png" if self.content.startswith(b"\x89PNG") else "image/jpeg"


def overrides_of(
    config: Config, recipe: str, preset: str | None, said: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a person's values over those of a recipe.

    Args:
        config: of now.
        recipe: its name.
        preset: in place of the recipe's own; None: that one.
        said: settings by their names, as ``order_for`` takes them.

    Raises:
        RecipeUnknown, SettingInvalid: there is no such recipe, preset or setting.
    """
    chosen = config.recipes.get(recipe)
    if preset is None or chosen is None:
        return dict(said)
    presets = config.all_presets()
    if preset not in presets:
        raise SettingInvalid(f"There is no preset {preset!r}; there are: {', '.join(presets)}.")
    of_relief = {key: said[key] for key in said if key in ReliefSettings.model_fields}
    others = {key: said[key] for key in said if key not in of_relief}
    # Every setting is named, so that nothing of the recipe's own preset stays.
    relief = ReliefSettings.of(presets[preset], chosen.overrides(), of_relief)
    return {**relief.model_dump(mode="json"), **others}


class Previews:
    """Answers to what is asked of drafts."""

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts

    def asked(
        self, config: Config, recipe: str, preset: str | None, said: Mapping[str, Any]
    ) -> Asked:
        """Settle what is asked; arguments and errors as ``overrides_of``."""
        if recipe not in config.recipes:
            raise RecipeUnknown(
                f"There is no recipe {recipe!r}; there are: {', '.join(config.recipes)}."
            )
        order = order_for(config, recipe, overrides_of(config, recipe, preset, said))
        mesher = config.meshers[order.settings[MESHER]]
        if not isinstance(mesher, ReliefMesherConfig):
            raise SettingInvalid(
                f"What recipe {recipe} makes comes from a service, and cannot be seen before.",
                action="Choose a recipe that makes a relief.",
            )
        entry = config.depth[mesher.depth]
        source: DepthSource = BuiltinDepth()  # of a service that is paid, this shows the rest
        if entry.kind in depth.KINDS:
            source = depth.KINDS[entry.kind](mesher.depth, entry)
        settings = ReliefSettings.of(order.settings["relief"])
        return Asked(order, settings, source, mesher.depth)

    def heights(
        self, draft: Draft, asked: Asked, cells: int = USUAL_CELLS, gone: Gone | None = None
    ) -> Heights:
        """Return the finished surface for a browser.

        Args:
            draft: whose photo it is made of.
            asked: with which settings.
            cells: along its longest side, about.
            gone: whether who asked has gone.

        Raises:
            NoSuchDraft, StillBusy, PhotoRefused, SettingInvalid: it cannot be made.
        """
        wanted = _wanted(draft, asked)
        found = self._drafts.run(
            draft, gone, limits_for(asked.source), tasks.preview_heights, wanted, cells
        )
        content = found["content"]
        return Heights(content, {key: found[key] for key in found if key != "content"})

    def figures(
        self, config: Config, draft: Draft, asked: Asked, gone: Gone | None = None
    ) -> dict[str, Any]:
        """Return sizes, hints, and what a print will take, as plain values.

        Raises:
            NoSuchDraft, StillBusy, PhotoRefused, SettingInvalid: as ``heights``.
        """
        printed = asked.order.settings["print"]
        stands = asked.settings.standing or asked.settings.bend != "none"
        known = self._drafts.run(
            draft,
            gone,
            limits_for(asked.source),
            tasks.preview_figures,
            _wanted(draft, asked),
            skin_mm(printed, stands=stands),
        )
        found = dict(known)
        plastic = found.pop("plastic")
        height_mm = found["size_mm"][2]
        material = asked.order.settings["material"]
        about = estimate_of(plastic, printed, material, height_mm=height_mm, stands=stands)
        layer_mm, layers = layers_of(printed, height_mm)
        rates = config.rates(asked.order.recipe)
        price = None
        if not rates.is_free:
            price = price_of(rates, about.grams.about, about.seconds.about)
        return {
            **found,
            "layer_mm": layer_mm,
            "layers": layers,
            "base_layers": found["base_mm"] / layer_mm,
            "relief_layers": found["relief_mm"] / layer_mm,
            "grams": about.grams,
            "seconds": about.seconds,
            "price": price,
        }

    def picture(self, draft: Draft, longest_px: int, gone: Gone | None = None) -> Picture:
        """Return the photo as a screen shows it: upright, small, nothing but its pixels.

        Raises:
            NoSuchDraft, StillBusy, PhotoRefused: it cannot be made.
        """
        out = draft.folder / f"{longest_px}.seen"
        if not out.is_file():
            self._drafts.run(
                draft, gone, PICTURE, tasks.small_picture, draft.photo, out, longest_px
            )
        return self._kept(draft, out)

    def drawn(
        self,
        draft: Draft,
        asked: Asked,
        view: Views,
        size_px: tuple[int, int],
        material: str,
        gone: Gone | None = None,
    ) -> Picture:
        """Return a picture of the piece, for browsers that cannot draw it.

        Args:
            draft: whose photo it is made of.
            asked: with which settings.
            view: where it is seen from.
            size_px: width and height.
            material: what it looks made of.
            gone: whether who asked has gone.

        Raises:
            NoSuchDraft, StillBusy, PhotoRefused, SettingInvalid: it cannot be made.
        """
        out = draft.folder / f"{asked.word(draft, view, size_px, material)}.seen"
        if not out.is_file():
            wanted = _wanted(draft, asked)
            self._drafts.run(
                draft,
                gone,
                limits_for(asked.source),
                tasks.preview_picture,
                wanted,
                out,
                view,
                *size_px,
                material,
            )
        return self._kept(draft, out)

    def _kept(self, draft: Draft, out: Path) -> Picture:
        """Return a picture that was made; the oldest others go."""
        try:
            content = out.read_bytes()
            os.utime(out)
            seen = sorted(draft.folder.glob("*.seen"), key=lambda one: one.stat().st_mtime_ns)
        except FileNotFoundError:  # erased, or pushed out by others, at this very moment
            self._drafts.of(draft.id, draft.owner)
            raise
        for old in seen[:-KEPT]:
            old.unlink(missing_ok=True)
        return Picture(content)


def _wanted(draft: Draft, asked: Asked) -> Wanted:
    return Wanted(draft.folder, draft.facts, asked.settings, asked.source)
