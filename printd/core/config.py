"""The configuration: one YAML file, checked whole before anything starts.

An unknown key is an error that names the nearest known one; units are in the names; paths are
relative to the file. ``config.example.yaml`` shows every key. Reading is in ``configfile.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    Field,
    field_validator,
    model_validator,
)

from printd.core.config_types import (
    MOST_DAYS,
    Days,
    Model,
    Name,
    RelativePath,
    Seconds,
    place_of,
)
from printd.core.doors import Times
from printd.core.errors import SettingInvalid
from printd.core.house_config import (
    KeyQuota,
    OpeningConfig,
    QuietConfig,
    VisitQuota,
    times_of,
)
from printd.core.kiosk_config import KioskConfig
from printd.core.limits import Quota
from printd.core.mesher_config import (
    BuiltinDepthConfig,
    DepthConfig,
    MesherConfig,
    PictureDepthConfig,
    ReliefMesherConfig,
)
from printd.core.prices import Rates
from printd.core.printer_config import BambuPrinterConfig, OctoPrintPrinterConfig, PrinterConfig
from printd.core.recipe_config import CHANGEABLE, CUT, KEEP, RecipeConfig
from printd.core.relief_presets import PRESETS
from printd.core.relief_settings import ReliefSettings
from printd.core.service_config import (
    GeminiPicturesConfig,
)
from printd.core.spending import BudgetConfig
from printd.core.web_config import WebConfig

ANY_PRINTER: Final = "any"  # in the addresses that slicers send to


class DropConfig(Model):
    """The drop folder: when a file is taken, and what happens to it."""

    path: RelativePath = Path("drop")
    settle_s: Seconds = 2.0  # quiet for so long before a file is taken
    settle_network_s: Seconds = 10.0  # the same on network and FUSE mounts
    scan_s: Seconds = 60.0  # look at everything so often, whatever the watcher says
    scan_network_s: Seconds = 5.0
    incomplete_after_s: Seconds = 600.0  # quiet but cut off for so long: refused
    empty_after_s: Seconds = 60.0
    keep_done: bool = False  # keep taken files in _done/
    gcode: bool = False  # take G-code files too, and print them as they are
    on_duplicate: Literal["hold", "print", "skip"] = "hold"
    duplicate_days: Annotated[int, Field(ge=0, le=MOST_DAYS)] = 30


class SlicerConfig(Model):
    """Where a slicer program is, and how long it may take."""

    program: RelativePath | None = None  # default: found on PATH
    timeout_s: Seconds | None = None  # default: 120 s + 1 s per 1000 triangles, at most 30 min


class LimitsConfig(Model):
    """What printd takes, how much it keeps free, and how often it looks."""

    photo_max_mb: Annotated[float, Field(gt=0, le=60)] = 60.0
    free_mb: Annotated[float, Field(ge=0)] = 1024.0  # below: no new photos
    free_pct: Annotated[float, Field(ge=0, lt=100)] = 5.0
    keep_photos_days: Days | None = 30.0  # of jobs that are over
    slices_mb: Annotated[float, Field(ge=0)] = 2000.0  # kept, so that nothing is sliced twice
    decode_timeout_s: Seconds = 30.0
    workers: Annotated[int, Field(ge=1, le=64)] = 2  # calculations at the same time
    idle_workers_s: Seconds = 60.0  # helpers that have nothing to do end after this
    waiting: Annotated[int, Field(ge=0)] | None = 500  # jobs; more are not taken from others
    per_visit: VisitQuota = VisitQuota()
    per_person: Quota = Quota()
    per_key: KeyQuota = KeyQuota()
    bed_confirmed_h: Annotated[float, Field(gt=0, le=12)] = 12.0
    reconfirm_h: Annotated[float, Field(gt=0, le=720)] = 24.0  # older jobs are asked for again
    stagger: Annotated[int, Field(ge=1)] | None = None  # starts on one circuit in five minutes
    start_evidence_s: Seconds = 120.0  # an unanswered start is asked for so long
    poll_active_s: Seconds = 2.0
    poll_idle_s: Seconds = 10.0
    poll_unreachable_s: Seconds = 30.0


class LogConfig(Model):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"


def _relief_faults(where: str, *layers: Mapping[str, Any]) -> Iterator[str]:
    try:
        ReliefSettings.of(*layers)
    except SettingInvalid as error:
        yield f"{where}: {error.problem}"


class Config(Model):
    """The whole configuration."""

    data_dir: RelativePath = Path("data")
    drop: DropConfig = DropConfig()
    recipes: dict[Name, RecipeConfig] = {}
    presets: dict[Name, dict[str, Any]] = {}
    printers: dict[Name, PrinterConfig] = {}
    slicers: dict[Literal["prusa", "orca"], SlicerConfig] = {}
    meshers: dict[Name, MesherConfig] = {}
    depth: dict[Name, DepthConfig] = {}
    pictures: dict[Name, GeminiPicturesConfig] = {}
    opening_hours: OpeningConfig = OpeningConfig()
    quiet_hours: QuietConfig = QuietConfig()
    price: Rates = Rates()
    budget: BudgetConfig = BudgetConfig()
    limits: LimitsConfig = LimitsConfig()
    web: WebConfig = WebConfig()
    kiosk: KioskConfig = KioskConfig()
    log: LogConfig = LogConfig()

    @field_validator("recipes")
    @classmethod
    def _default_recipe(cls, value: Mapping[str, RecipeConfig]) -> dict[str, RecipeConfig]:
        for name in value:
            if name in ("again", "readme"):
                raise ValueError(f"{name!r} is a word of the drop folder; choose another name")
        return {"default": RecipeConfig(), **value}

    @field_validator("meshers")
    @classmethod
    def _default_mesher(cls, value: Mapping[str, MesherConfig]) -> dict[str, MesherConfig]:
        if "relief" in value and not isinstance(value["relief"], ReliefMesherConfig):
            raise ValueError("'relief' is always of the kind relief; choose another name")
        return {"relief": ReliefMesherConfig(), **value}

    @field_validator("depth")
    @classmethod
    def _default_depth(cls, value: Mapping[str, DepthConfig]) -> dict[str, DepthConfig]:
        always: dict[str, DepthConfig] = {
            "builtin": BuiltinDepthConfig(kind="builtin"),
            "picture": PictureDepthConfig(kind="picture"),
        }
        for name in always:
            if name in value and value[name].kind != name:
                raise ValueError(f"{name!r} is always of the kind {name}; choose another name")
        return {**always, **value}

    @field_validator("pictures")
    @classmethod
    def _no_word_of_backgrounds(
        cls, value: Mapping[str, GeminiPicturesConfig]
    ) -> dict[str, GeminiPicturesConfig]:
        for name in (KEEP, CUT):
            if name in value:
                raise ValueError(f"{name!r} is a word of `background`; choose another name")
        return dict(value)

    @model_validator(mode="after")
    def _words_are_known(self) -> Config:
        faults = [
            *self._preset_faults(),
            *self._mesher_faults(),
            *self._recipe_faults(),
            *self._printer_faults(),
            *self._kiosk_faults(),
        ]
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _preset_faults(self) -> Iterator[str]:
        for name, preset in self.presets.items():
            yield from _relief_faults(f"presets.{name}", preset)

    def _mesher_faults(self) -> Iterator[str]:
        for name, mesher in self.meshers.items():
            if isinstance(mesher, ReliefMesherConfig) and mesher.depth not in self.depth:
                known = ", ".join(self.depth)
                yield f"meshers.{name}.depth: {mesher.depth!r}; known: {known}."

    def _recipe_faults(self) -> Iterator[str]:
        presets = self.all_presets()
        for name, recipe in self.recipes.items():
            route = [("route" if recipe.route else "mesher", one) for one in recipe.meshers()]
            for key, mesher in (*route, *([("draft", recipe.draft)] if recipe.draft else [])):
                if mesher not in self.meshers:
                    known = ", ".join(self.meshers)
                    yield f"recipes.{name}.{key}: {mesher!r}; known: {known}."
            yield from self._picture_faults(name, recipe)
            if recipe.preset is not None and recipe.preset not in presets:
                known = ", ".join(presets)
                yield f"recipes.{name}.preset: {recipe.preset!r}; known: {known}."
            if recipe.price and recipe.price.currency != self.price.currency:
                ours = self.price.currency
                yield f"recipes.{name}.price.currency: {recipe.price.currency}; `price` has {ours}."
            yield from self._wish_faults(name, recipe)
            start = presets.get(recipe.preset or "", {})
            yield from _relief_faults(f"recipes.{name}", start, recipe.overrides())

    def _picture_faults(self, name: str, recipe: RecipeConfig) -> Iterator[str]:
        known = ", ".join(self.pictures) or "none is configured"
        if recipe.pictures is not None and recipe.pictures not in self.pictures:
            yield f"recipes.{name}.pictures: {recipe.pictures!r}; known: {known}."
        if recipe.background not in (KEEP, CUT, *self.pictures):
            yield (
                f"recipes.{name}.background: {recipe.background!r}; "
                f"{KEEP}, {CUT} or one of `pictures`: {known}."
            )

    def _wish_faults(self, name: str, recipe: RecipeConfig) -> Iterator[str]:
        for printer in recipe.printers:
            if printer not in self.printers:
                known = ", ".join(self.printers) or "none is configured"
                yield f"recipes.{name}.printers: {printer!r}; known: {known}."
        for key in recipe.may_change if recipe.may_change != "all" else ():
            if key not in CHANGEABLE:
                yield f"recipes.{name}.may_change: {key!r}; known: {', '.join(CHANGEABLE)}."

    def _printer_faults(self) -> Iterator[str]:
        """Name printers that are one printer: each would start its own job on it."""
        if ANY_PRINTER in self.printers:
            yield f"printers.{ANY_PRINTER}: the word means every printer; choose another name."
        seen: dict[str, str] = {}
        for name, printer in self.printers.items():
            if isinstance(printer, OctoPrintPrinterConfig):
                key, place = "url", place_of(printer.url)
            elif isinstance(printer, BambuPrinterConfig):
                key, place = "serial", printer.serial
            else:
                continue
            other = seen.setdefault(place, name)
            if other != name:
                yield f"printers.{name}.{key}: that is the printer {other} already."

    def _kiosk_faults(self) -> Iterator[str]:
        for name in self.kiosk.recipes:
            if name not in self.recipes:
                yield f"kiosk.recipes: {name!r}; known: {', '.join(self.recipes)}."

    def relief_mesher(self) -> ReliefMesherConfig:
        """Return the mesher that is always there."""
        relief = self.meshers["relief"]
        assert isinstance(relief, ReliefMesherConfig)  # noqa: S101  a validator has seen to it
        return relief

    def times(self) -> dict[str, Times]:
        """Return when each printer may be started; those without own hours share the house's."""
        house = times_of(self.opening_hours, self.quiet_hours)
        return {
            name: times_of(
                printer.opening_hours or self.opening_hours, printer.quiet_hours or self.quiet_hours
            )
            if printer.opening_hours or printer.quiet_hours
            else house
            for name, printer in self.printers.items()
        }

    def rates(self, recipe: str) -> Rates:
        """Return what is asked for a print of a recipe; "": of what has none."""
        said = self.recipes[recipe].price if recipe in self.recipes else None
        return said or self.price

    def slicer(self, kind: str) -> SlicerConfig:
        """Return what is said of a slicer; without a word it is looked for on PATH.

        Resin is sliced by PrusaSlicer, too.
        """
        wanted = "prusa" if kind == "resin" else kind
        return next((said for name, said in self.slicers.items() if name == wanted), SlicerConfig())

    def all_presets(self) -> dict[str, Mapping[str, Any]]:
        """Return the presets that are built in and those of the file, which win."""
        return {**PRESETS, **self.presets}
