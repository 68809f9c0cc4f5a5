"""What a Bambu printer says of itself, as far as printd uses it, in our words. Pure.

``Snapshot.of`` takes a merged state (``merge``). Unknown fields are passed over, wild values
are None or empty. What people are shown of it is made in ``status``.
Source: OpenBambuAPI mqtt.md; ha-bambulab, its recorded payloads too; bambuddy. Read, not measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from printd.core.spools import Spools
from printd.printers.bambu.errors import LOCKED_HMS, Hms, Meaning, Trouble, hms_of, trouble_of
from printd.printers.bambu.trays import spools_of
from printd.printers.bambu.values import (
    bits,
    identity,
    number,
    record,
    records,
    text,
    whole,
)

SIGNED_ONLY: Final = 0x2000_0000  # of ``fun``: commands need the vendor's signature
CARD_PRESENT: Final = 1 << 8  # of ``home_flag``
CARD_ABNORMAL: Final = 1 << 9
AMS_MODULES: Final = frozenset({"ams", "ams_f1", "n3f", "n3s"})
NO_SENSOR_C: Final = 5.0  # what a P1 shows that has no sensor in its chamber
UPGRADE_RESTS: Final = frozenset({"", "IDLE", "UPGRADE_SUCCESS", "UPGRADE_FAIL"})
CARDS: Final = {"HAS_SDCARD_NORMAL": True, "NO_SDCARD": False, "true": True, "false": False}


class Phase(StrEnum):
    """``gcode_state``."""

    IDLE = "IDLE"
    PREPARE = "PREPARE"
    SLICING = "SLICING"
    RUNNING = "RUNNING"
    PAUSE = "PAUSE"
    FINISH = "FINISH"
    FAILED = "FAILED"
    INIT = "INIT"
    OFFLINE = "OFFLINE"
    UNKNOWN = "UNKNOWN"  # also every word of a later version


ACTIVE: Final = frozenset({Phase.PREPARE, Phase.SLICING, Phase.RUNNING, Phase.PAUSE})
STARTABLE: Final = frozenset({Phase.IDLE, Phase.FINISH, Phase.FAILED})
# The same as a number, on newer models; the meaning of others is not certain.
NUMBERED: Final[Mapping[int, Phase]] = {
    0: Phase.IDLE,
    4: Phase.RUNNING,
    6: Phase.FINISH,
    7: Phase.FAILED,
}


class Heat(NamedTuple):
    """A heater."""

    now_c: float | None
    target_c: float | None


class Nozzle(NamedTuple):
    """A nozzle."""

    diameter_mm: float | None
    kind: str


class Version(NamedTuple):
    """What ``get_version`` says of the printer."""

    firmware: str
    product: str  # "Bambu Lab P1S"; "": it does not say
    units: tuple[str, ...]  # AMS units, as the printer names them


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A printer at one moment; None and "" mean that it does not say."""

    phase: Phase
    subtask_id: str  # no id is "", never "0"
    task_id: str
    project_id: str
    job_id: str
    subtask_name: str
    gcode_file: str
    print_error: int  # 0: none
    fail_reason: int
    hms: tuple[Hms, ...]
    percent: float | None  # 0..100; of the job before until a new one moves
    remaining_s: float | None
    layer: int | None
    layers: int | None
    stage: int | None
    speed_level: int | None  # 1 silent to 4 ludicrous
    nozzle: Heat
    bed: Heat
    chamber_c: float | None
    nozzles: tuple[Nozzle, ...]
    spools: Spools
    has_card: bool | None
    is_card_abnormal: bool
    upgrade: str
    is_locked: bool | None  # commands need the vendor's signature; None: the model does not say

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Snapshot:
        """Read a merged state, whatever is in it."""
        flags = whole(state.get("home_flag"))
        hms = hms_of(state.get("hms"))
        upgrade = record(state.get("upgrade_state"))
        return cls(
            phase=_phase(state),
            subtask_id=identity(state.get("subtask_id")),
            task_id=identity(state.get("task_id")),
            project_id=identity(state.get("project_id")),
            job_id=identity(state.get("job_id")),
            subtask_name=text(state.get("subtask_name")),
            gcode_file=text(state.get("gcode_file")),
            print_error=_print_error(state),
            fail_reason=whole(state.get("fail_reason")) or 0,
            hms=hms,
            percent=_within(number(state.get("mc_percent")), 0.0, 100.0),
            remaining_s=_seconds(number(state.get("mc_remaining_time"))),
            layer=_count(state.get("layer_num")),
            layers=_count(state.get("total_layer_num")) or None,
            stage=whole(state.get("stg_cur")),
            speed_level=whole(state.get("spd_lvl")),
            nozzle=_nozzle_heat(state),
            bed=Heat(number(state.get("bed_temper")), number(state.get("bed_target_temper"))),
            chamber_c=_chamber(number(state.get("chamber_temper"))),
            nozzles=_nozzles(state),
            spools=spools_of(state),
            has_card=_card(state.get("sdcard"), flags),
            is_card_abnormal=_flag(flags, CARD_ABNORMAL) is True,
            upgrade=text(upgrade.get("status")),
            is_locked=_locked(state, hms),
        )

    @property
    def is_active(self) -> bool:
        """Something is printed, or about to be."""
        return self.phase in ACTIVE

    @property
    def is_upgrading(self) -> bool:
        """The firmware is being replaced."""
        return self.upgrade.upper() not in UPGRADE_RESTS

    @property
    def trouble(self) -> Trouble | None:
        """What it complains of, the worst first."""
        found = trouble_of(self.print_error)
        if found is not None:
            return found
        worst = sorted((one for one in self.hms if one.severity in (1, 2)), key=_badness)
        return worst[0].trouble if worst else None

    @property
    def was_cancelled(self) -> bool:
        """A person has ended the last print; the code for it goes away after seconds."""
        codes = (trouble_of(self.print_error), trouble_of(self.fail_reason))
        return any(code is not None and code.meaning is Meaning.CANCELLED for code in codes)


def version_of(message: object) -> Version | None:
    """Read the answer to ``get_version``; None: it is something else."""
    info = record(record(message).get("info"))
    modules = records(info.get("module"))
    if info.get("command") != "get_version" or not modules:
        return None
    named = {text(module.get("name")): module for module in modules}
    printer = named.get("ota", {})
    products = [text(module.get("product_name")) for module in (printer, *modules)]
    return Version(
        firmware=text(printer.get("sw_ver")),
        product=next(filter(None, products), ""),
        units=tuple(name for name in named if name.split("/")[0] in AMS_MODULES),
    )


def _badness(hms: Hms) -> tuple[bool, int]:
    return hms.code != LOCKED_HMS, hms.severity


def _phase(state: Mapping[str, Any]) -> Phase:
    said = text(state.get("gcode_state")).upper()
    numbered = whole(state.get("state"))
    if not said and numbered is not None:
        return NUMBERED.get(numbered, Phase.UNKNOWN)
    try:
        return Phase(said)
    except ValueError:
        return Phase.UNKNOWN


def _print_error(state: Mapping[str, Any]) -> int:
    """Read ``print_error``; its twins are text, and stand in for it where it is missing."""
    found = whole(state.get("print_error"))
    if found is None:
        found = whole(state.get("mc_print_error_code")) or whole(state.get("err"))
    return found if found and found > 0 else 0


def _within(value: float | None, least: float, most: float) -> float | None:
    return None if value is None else min(max(value, least), most)


def _seconds(minutes: float | None) -> float | None:
    return None if minutes is None or minutes < 0 else minutes * 60.0


def _count(value: object) -> int | None:
    found = whole(value)
    return None if found is None or found < 0 else found


def _chamber(celsius: float | None) -> float | None:
    return None if celsius == NO_SENSOR_C else celsius


def _nozzle_heat(state: Mapping[str, Any]) -> Heat:
    """Read the nozzle; of two the one that is to be hotter, which is the one that works."""
    told = Heat(number(state.get("nozzle_temper")), number(state.get("nozzle_target_temper")))
    extruders = records(record(record(state.get("device")).get("extruder")).get("info"))
    packed = [whole(extruder.get("temp")) for extruder in extruders]
    # The target stands in the upper half of a number. Source: a payload recorded of an H2D.
    both = [Heat(float(one & 0xFFFF), float(one >> 16)) for one in packed if one and one > 0]
    if len(both) < 2:
        return told
    return max(both, key=lambda heat: (heat.target_c or 0.0, heat.now_c or 0.0))


def _nozzles(state: Mapping[str, Any]) -> tuple[Nozzle, ...]:
    listed = records(record(record(state.get("device")).get("nozzle")).get("info"))
    found = [Nozzle(number(one.get("diameter")), text(one.get("type"))) for one in listed]
    if not found:
        found = [Nozzle(number(state.get("nozzle_diameter")), text(state.get("nozzle_type")))]
    return tuple(one for one in found if one.diameter_mm is not None)


def _flag(flags: int | None, mask: int) -> bool | None:
    return None if flags is None else bool(flags & mask)


def _card(said: object, flags: int | None) -> bool | None:
    if isinstance(said, bool):
        return said
    if (word := text(said)) and word in CARDS:
        return CARDS[word]
    return _flag(flags, CARD_PRESENT)


def _locked(state: Mapping[str, Any], hms: tuple[Hms, ...]) -> bool | None:
    if any(one.code == LOCKED_HMS for one in hms):
        return True
    fun = bits(state.get("fun"))
    return None if fun is None else bool(fun & SIGNED_ONLY)
