"""``printer.yaml``, key by key: what a class of printers is, in our words, for every slicer.

The ``kind`` says which slicer reads the settings beside it, and which keys there are.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from printd.core.config_types import PLAIN_NAME
from printd.core.errors import ProfileInvalid
from printd.core.machine import Machine

DEEPEST = 8  # of the YAML; two levels are in use
EXPANDED_KEYS = 1000

Length = Annotated[float, Field(gt=0, le=10_000)]
Celsius = Annotated[float, Field(ge=0, le=500)]
Current = Annotated[float, Field(ge=0, le=5)]
MaterialName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 +_-]{0,31}$")]
QualityName = Annotated[str, Field(pattern=PLAIN_NAME)]


class Facts(BaseModel):
    """What all kinds of printers have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bed_mm: tuple[Length, Length]
    height_mm: Length
    margin_mm: Annotated[float, Field(ge=0, le=100)] = 0
    model: str = ""
    quality: QualityName = "standard"  # what the settings beside it are set for


class FilamentFacts(Facts):
    """A printer that lays down molten plastic."""

    kind: Literal["prusa", "orca"]
    flavour: Literal["marlin", "marlin2", "klipper", "reprapfirmware"]
    nozzle_mm: Annotated[float, Field(gt=0, le=5)]
    max_nozzle_c: Celsius
    max_bed_c: Celsius
    chamber: bool
    max_chamber_c: Celsius = 0.0
    material: MaterialName  # what the settings beside it are set for
    material_max_c: Celsius
    materials_max_c: dict[MaterialName, Celsius] = {}  # others, each with a file in materials/
    zones_mm: tuple[tuple[float, float, float, float], ...] = ()
    home_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    homing_command: str = "G28"
    allow: tuple[str, ...] = ()
    tools: Annotated[int, Field(ge=1, le=16)] = 1
    max_speed_mm_s: Annotated[float, Field(ge=0, le=5_000)] = 0.0
    max_acceleration_mm_s2: Annotated[float, Field(ge=0, le=200_000)] = 0.0
    max_jerk_mm_s: Annotated[float, Field(ge=0, le=500)] = 0.0
    max_print_h: Annotated[float, Field(gt=0, le=1_000)] = 100.0
    max_filament_m: Annotated[float, Field(gt=0, le=10_000)] = 400.0
    firmware: Literal["", "bambu"] = ""
    travel_mm: tuple[float, float, float, float] | None = None
    wiping_mm: tuple[tuple[float, float, float, float, float], ...] = ()
    turn_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    motor_a: tuple[Current, Current, Current, Current] = (0.0, 0.0, 0.0, 0.0)

    def machine(self, name: str) -> Machine:
        """Return the facts as the rest of the program knows them."""
        return Machine(
            name=name,
            flavour=self.flavour,
            bed_w_mm=self.bed_mm[0],
            bed_d_mm=self.bed_mm[1],
            height_mm=self.height_mm,
            nozzle_mm=self.nozzle_mm,
            max_nozzle_c=self.max_nozzle_c,
            max_bed_c=self.max_bed_c,
            has_chamber=self.chamber,
            max_chamber_c=self.max_chamber_c,
            material=self.material,
            material_max_c=self.material_max_c,
            margin_mm=self.margin_mm,
            model=self.model,
            zones=self.zones_mm,
            home_mm=self.home_mm,
            homing_command=self.homing_command.upper(),
            allow=tuple(command.upper() for command in self.allow),
            tools=self.tools,
            max_speed_mm_s=self.max_speed_mm_s,
            max_acceleration_mm_s2=self.max_acceleration_mm_s2,
            max_jerk_mm_s=self.max_jerk_mm_s,
            max_print_h=self.max_print_h,
            max_filament_m=self.max_filament_m,
            firmware=self.firmware,
            travel=self.travel_mm,
            wiping=self.wiping_mm,
            turn_mm=self.turn_mm,
            motor_a=self.motor_a,
        )


class ResinFacts(Facts):
    """A printer that hardens resin with light, layer by layer; nothing in it is moved by G-code."""

    kind: Literal["resin"]
    pixels: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]
    material: MaterialName = "resin"
    materials_max_c: dict[MaterialName, Celsius] = {}

    def machine(self, name: str) -> Machine:
        """Return the facts as the rest of the program knows them: there is no nozzle, no heat."""
        return Machine(
            name=name,
            flavour="resin",
            bed_w_mm=self.bed_mm[0],
            bed_d_mm=self.bed_mm[1],
            height_mm=self.height_mm,
            nozzle_mm=0.0,
            max_nozzle_c=0.0,
            max_bed_c=0.0,
            material=self.material,
            material_max_c=0.0,
            margin_mm=self.margin_mm,
            model=self.model,
            pixels=self.pixels,
        )


PrinterFacts = FilamentFacts | ResinFacts
_FACTS: TypeAdapter[PrinterFacts] = TypeAdapter(
    Annotated[PrinterFacts, Field(discriminator="kind")]
)


def read_facts(content: bytes, name: str) -> PrinterFacts:
    """Read ``printer.yaml``.

    Args:
        content: of the file.
        name: how to call it in a sentence.

    Raises:
        ProfileInvalid: it is not YAML, or a key is missing, unknown, or out of range.
    """
    try:
        _check_shape(content, name)
        loaded: Any = yaml.safe_load(content)
        return _FACTS.validate_python(loaded)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, ValidationError):
            raise ProfileInvalid(f"{name}: {_first(error)}.") from error
        raise ProfileInvalid(f"{name}: {error}") from error


def _check_shape(content: bytes, name: str) -> None:
    """Refuse what a few lines of YAML can grow into: aliases that multiply, endless nesting."""
    depth = 0
    for count, event in enumerate(yaml.parse(content, Loader=yaml.SafeLoader)):
        if isinstance(event, yaml.AliasEvent) or count > EXPANDED_KEYS:
            raise ProfileInvalid(f"{name} holds more than lines such as `height_mm: 250`.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ProfileInvalid(f"{name} is nested too deeply.")


def _first(error: ValidationError) -> str:
    detail = error.errors()[0]
    kinds = ("prusa", "orca", "resin")
    place = [str(part) for part in detail["loc"] if part not in kinds]
    return f"{'.'.join(place) or 'the file'}: {detail['msg']}"
