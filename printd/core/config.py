"""The configuration: one YAML file, checked whole before anything starts.

An unknown key is an error that names the nearest known one; units are in the names; paths are
relative to the file. ``config.example.yaml`` shows every key. Reading is in ``configfile.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from printd.core.config_types import (
    Name,
    PictureAddress,
    RelativePath,
    Seconds,
    WebAddress,
    place_of,
)
from printd.core.doors import Times
from printd.core.errors import SettingInvalid
from printd.core.filaments import colour_of
from printd.core.house_config import (
    KeyQuota,
    OpeningConfig,
    QuietConfig,
    VisitQuota,
    times_of,
)
from printd.core.kiosk_config import KioskConfig
from printd.core.limits import Quota
from printd.core.names import display_name
from printd.core.prices import Amount, Rates
from printd.core.print_settings import Material, PrintSettings
from printd.core.relief_presets import PRESETS
from printd.core.relief_settings import ReliefSettings
from printd.core.service_config import (
    FalMesherConfig,
    GeminiDepthConfig,
    GeminiPicturesConfig,
    HunyuanServerMesherConfig,
    LocalAiMesherConfig,
    MeshyMesherConfig,
    ReplicateMesherConfig,
    RodinMesherConfig,
    TripoDepthConfig,
    TripoMesherConfig,
)
from printd.core.spending import BudgetConfig
from printd.core.web_config import WebConfig

KEEP: Final = "keep"  # the background of a photo stays
CUT: Final = "cut"  # it is cut away on this machine, before a service sees the photo
ANY_PRINTER: Final = "any"  # in the addresses that slicers send to


def _is_sha256(value: str) -> str:
    if re.fullmatch(r"[0-9a-fA-F]{64}", value) is None:
        raise ValueError(f"{value!r} is no SHA-256 of 64 hexadecimal digits (`sha256sum FILE`)")
    return value.lower()


def _is_file_name(value: str) -> str:
    if "/" in value or value in ("", ".", ".."):
        raise ValueError(f"{value!r} is not the name of a file in the same folder")
    return value


def _is_host(value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9._:-]{1,253}", value) is None:
        raise ValueError(f"{value!r} is no address such as 192.168.1.23 or a name in your network")
    return value


def _is_serial(value: str) -> str:
    if re.fullmatch(r"[0-9A-Z]{8,32}", value) is None:
        raise ValueError(
            f"{value!r} is no serial number: capital letters and digits, as the display shows it"
        )
    return value


def _is_fingerprint(value: str) -> str:
    digits = value.replace(":", "").lower()
    if re.fullmatch(r"[0-9a-f]{64}", digits) is None:
        raise ValueError(f"{value!r} is no SHA-256 of a certificate: 64 hexadecimal digits")
    return digits


def _is_folder_there(value: str) -> str:
    if value and re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)*", value, re.ASCII) is None:
        raise ValueError(f"{value!r} is no folder such as cache or ours/printd")
    return value


def _is_colour(value: str) -> str:
    colour_of(value)
    return value


Sha256 = Annotated[str, AfterValidator(_is_sha256)]
FileName = Annotated[str, AfterValidator(_is_file_name)]
Host = Annotated[str, AfterValidator(_is_host)]
Serial = Annotated[str, AfterValidator(_is_serial)]
Fingerprint = Annotated[str, AfterValidator(_is_fingerprint)]
FolderThere = Annotated[str, AfterValidator(_is_folder_there)]
Colour = Annotated[str, AfterValidator(_is_colour)]
Label = Annotated[str, Field(max_length=40), AfterValidator(display_name)]
Port = Annotated[int, Field(ge=1, le=65535)]
BambuModel = Literal[
    "X1 Carbon",
    "X1",
    "X1E",
    "P1S",
    "P1P",
    "P2S",
    "A1",
    "A1 mini",
    "A2L",
    "H2S",
    "H2D",
    "H2D Pro",
    "H2C",
    "X2D",
]


class Model(BaseModel):
    """What every part of the configuration obeys."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


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
    duplicate_days: Annotated[int, Field(ge=0)] = 30


# What a person may set of one picture, beside the recipe.
CHANGEABLE: Final = (
    *("name", "copies", "material", "colour"),
    *PrintSettings.model_fields,
    *ReliefSettings.model_fields,
)


class RecipeConfig(Model, PrintSettings):
    """How a photo becomes a piece: mesher, preset and settings, size, material, how it prints."""

    mesher: Name = "relief"
    route: list[Name] = []  # instead of one mesher: the next is asked when one has failed
    draft: Name | None = None  # makes a quick shape to look at, when a person asks for a draft
    candidates: Annotated[int, Field(ge=1, le=4)] = 1  # shapes, of which a person chooses one
    depth_retries: Annotated[int, Field(ge=0, le=3)] = 0  # paid again for a depth picture of no use
    photo_check: Literal["hold", "show"] = "hold"  # a photo that a service can do little with
    consent: Amount = Decimal(0)  # so much may be paid to services for one picture, unasked
    pictures: Name | None = None  # of ``pictures``: who draws from words; None: they are refused
    background: Name = KEEP  # of a photo: ``KEEP``, ``CUT`` for services, or one of ``pictures``
    preset: str | None = None
    settings: dict[str, Any] = {}
    width_mm: float | None = None
    longest_mm: float | None = None
    label: Label = ""  # what it makes, as people call it; "": its name
    printers: list[Name] = []  # that may print it; none: any
    copies: Annotated[int, Field(ge=1, le=100)] = 1  # each a job of its own
    approval: Literal["never", "always"] = "never"  # always: a person looks at it first
    may_change: Literal["all"] | list[str] = "all"  # what a side file may set
    material: Material = "PLA"
    colour: Colour = ""  # "": any
    price: Rates | None = None  # default: that of everything

    def overrides(self) -> dict[str, Any]:
        """Return the relief settings that this recipe names itself."""
        sizes = {"width_mm": self.width_mm, "longest_mm": self.longest_mm}
        return {**self.settings, **{key: value for key, value in sizes.items() if value}}

    @model_validator(mode="after")
    def _has_one_route(self) -> Self:
        if self.route and self.mesher != "relief":
            raise ValueError("`mesher` and `route` say the same thing; keep one of them")
        return self

    def meshers(self) -> tuple[str, ...]:
        """Return who makes the mesh, in the order in which they are asked."""
        return tuple(self.route) or (self.mesher,)

    def print_settings(self) -> dict[str, Any]:
        """Return what this recipe asks of the slicing."""
        return {key: getattr(self, key) for key in PrintSettings.model_fields}


class AnyPrinterConfig(Model):
    """What every printer has."""

    takes: ClassVar[frozenset[str]] = frozenset({".gcode"})  # endings of what is made for it
    has_light: ClassVar[bool] = False  # one that can be switched from here
    profile: str = "generic"
    material: str | None = None  # what is loaded, one of the profile's; default: its first
    colour: Colour = ""  # of what is loaded; "": not said, taken for any
    circuit: str = ""  # that its heaters hang on
    camera_url: PictureAddress | None = None  # of a still picture of its bed, such as a webcam's
    opening_hours: OpeningConfig | None = None  # default: those of the house
    quiet_hours: QuietConfig | None = None  # likewise

    @property
    def has_camera(self) -> bool:
        """Whether there is a picture of its bed."""
        return self.camera_url is not None

    @property
    def page(self) -> str | None:
        """Where the printer's own page is; None: it has none."""
        return None


class VirtualPrinterConfig(AnyPrinterConfig):
    """A printer that lives in a folder: plays the G-code's own time, times ``speed``."""

    has_bed: ClassVar[bool] = True
    kind: Literal["virtual"]
    speed: Annotated[float, Field(gt=0)] = 1.0
    ejects: bool = False
    folder: RelativePath | None = None  # default: <data_dir>/printers/<name>
    socket: RelativePath | None = None  # of a virtual printer that is a program of its own


class FolderPrinterConfig(AnyPrinterConfig):
    """A folder that somebody prints from: a memory card, a share, a print server's inbox."""

    has_bed: ClassVar[bool] = False
    takes: ClassVar[frozenset[str]] = frozenset({".gcode", ".sl1"})
    kind: Literal["folder"]
    path: RelativePath
    hand_over: Literal["ask", "done"] = "ask"


class OctoPrintPrinterConfig(AnyPrinterConfig):
    """A printer behind an OctoPrint server."""

    has_bed: ClassVar[bool] = True
    kind: Literal["octoprint"]
    url: WebAddress
    key_file: RelativePath  # holds an application key, for its owner's eyes only
    ca_file: RelativePath | None = None  # who signed the server's certificate, if not a public one
    answer_s: Seconds = 15.0  # an answer may take so long

    @property
    def page(self) -> str | None:
        """OctoPrint's."""
        return self.url


class BambuPrinterConfig(AnyPrinterConfig):
    """A printer of Bambu Lab on the local network, in LAN Only Mode with Developer Mode."""

    has_bed: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({".gcode.3mf"})
    has_light: ClassVar[bool] = True
    kind: Literal["bambu"]
    host: Host
    serial: Serial
    access_code_file: RelativePath  # holds the access code, for its owner's eyes only
    fingerprint: Fingerprint | None = None  # SHA-256 of its certificate; this or ca_file
    ca_file: RelativePath | None = None  # the maker's authority, which signed the certificate
    model: BambuModel | None = None  # default: as it says itself
    url_form: Literal["ftp_path", "ftp_host", "card", "mounted_card", "stick"] | None = None
    folder: FolderThere | None = None  # of its storage; default: as is best for the model
    spool: Literal["auto", "ams", "external"] = "auto"
    bed_levelling: bool = True
    flow_calibration: bool = False
    vibration_calibration: bool = False
    layer_inspect: bool = False
    timelapse: bool = False
    lands_s: Seconds = 240.0  # a start may take so long to show
    mqtt_port: Port = 8883
    ftps_port: Port = 990
    camera: bool = False  # the one built in is shown: of P1, A1; X1 and H2 have another kind
    camera_port: Port = 6000
    clear_data: bool = False  # files travel unencrypted: some A1 stall on encrypted ones

    @property
    def has_camera(self) -> bool:
        """Whether there is a picture of its bed."""
        return self.camera or self.camera_url is not None

    @model_validator(mode="after")
    def _can_be_trusted(self) -> Self:
        if self.fingerprint is None and self.ca_file is None:
            raise ValueError(
                "without `fingerprint` or `ca_file` anything could pass for the printer; "
                "`printd printers add bambu` finds the fingerprint"
            )
        if self.url_form == "ftp_host" and self.folder != "":
            raise ValueError("`url_form: ftp_host` reaches no folder; set `folder: ''`")
        return self


PrinterConfig = Annotated[
    VirtualPrinterConfig | FolderPrinterConfig | OctoPrintPrinterConfig | BambuPrinterConfig,
    Field(discriminator="kind"),
]


class SlicerConfig(Model):
    """Where a slicer program is, and how long it may take."""

    program: RelativePath | None = None  # default: found on PATH
    timeout_s: Seconds | None = None  # default: 120 s + 1 s per 1000 triangles, at most 30 min


class ReliefMesherConfig(Model):
    """The mesher that is built in: a relief, without network, key or weights."""

    kind: Literal["relief"] = "relief"
    depth: Name = "builtin"  # of ``depth``: where its height maps come from


def _is_relief_without_a_word(value: Any) -> Any:
    """An entry that names no kind is of the built-in one."""
    if isinstance(value, Mapping) and "kind" not in value:
        return {"kind": "relief", **value}
    return value


MesherConfig = Annotated[
    Annotated[
        ReliefMesherConfig
        | ReplicateMesherConfig
        | FalMesherConfig
        | MeshyMesherConfig
        | TripoMesherConfig
        | RodinMesherConfig
        | HunyuanServerMesherConfig
        | LocalAiMesherConfig,
        Field(discriminator="kind"),
    ],
    BeforeValidator(_is_relief_without_a_word),
]


class BuiltinDepthConfig(Model):
    """Height maps from the photo itself: its subject, its slopes."""

    kind: Literal["builtin"]


class PictureDepthConfig(Model):
    """Height maps that somebody has made: a depth picture, or a photo that is one."""

    kind: Literal["picture"]
    near: Literal["white", "black", "auto"] = "white"  # auto: what stands in the middle


class OnnxDepthConfig(Model):
    """Height maps from a network on this machine, in an ONNX file of your own."""

    kind: Literal["onnx"]
    family: Literal[
        "depth-anything-v2",
        "depth-anything-v2-metric",
        "depth-anything-3",
        "midas",
        "midas-dpt",
        "depth-pro",
    ]
    path: RelativePath
    sha256: Sha256  # of the file: weights that nobody has named are not run
    data: dict[FileName, Sha256] = {}  # files beside it that hold weights
    size_px: Annotated[int, Field(ge=56, le=4096)] | None = None  # default: as the family does
    output: str | None = None  # which output is the depth; default: the one that looks like it
    larger: Literal["nearer", "farther"] | None = None  # default: as the family does
    channels: Literal["rgb", "bgr"] = "rgb"
    normalises: bool = False  # true: mean and deviation are part of the file
    detail: Annotated[float, Field(ge=0, le=1)] = 0.3  # of the photo, which networks lose
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    memory_mb: Annotated[int, Field(ge=512, le=65536)] = 4096
    timeout_s: Seconds = 300.0


DepthConfig = Annotated[
    BuiltinDepthConfig
    | PictureDepthConfig
    | OnnxDepthConfig
    | GeminiDepthConfig
    | TripoDepthConfig,
    Field(discriminator="kind"),
]


class LimitsConfig(Model):
    """What printd takes, how much it keeps free, and how often it looks."""

    photo_max_mb: Annotated[float, Field(gt=0, le=60)] = 60.0
    free_mb: Annotated[float, Field(ge=0)] = 1024.0  # below: no new photos
    free_pct: Annotated[float, Field(ge=0, lt=100)] = 5.0
    keep_photos_days: Annotated[float, Field(ge=0)] | None = 30.0  # of jobs that are over
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
