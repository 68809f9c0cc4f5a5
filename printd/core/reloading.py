"""What a changed configuration means for a daemon that runs; pure.

Printers, recipes, presets, hours, prices, budgets, how much people may have and what the kiosk
offers are taken over at once; what threads, sockets and folders were made of stays as it is until
the next start, and is named. A change that would pull a printer out from under a job is refused,
and with it everything; what is loaded, and its hours, may change at any time, and count for the
next print.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import BaseModel

from printd.core.config import Config
from printd.core.errors import NotPossibleNow
from printd.core.kiosk_config import KioskConfig
from printd.core.printer_config import PrinterConfig

M = TypeVar("M", bound=BaseModel)
AT_ONCE: Final = (
    *("printers", "recipes", "presets", "opening_hours", "quiet_hours", "price", "budget"),
)
# Of two parts only some keys are.
OF_LIMITS: Final = frozenset(
    {"waiting", "per_visit", "per_person", "per_key", "keep_photos_days"}
    | {"bed_confirmed_h", "reconfirm_h", "stagger"}
)
PARTLY: Final = ("limits", "kiosk")
OF_KIOSK: Final = KioskConfig.model_fields.keys() - {"enabled", "phone_url"}  # who is let in
# Of a printer: no connection to it hangs on these, and no print that goes on.
AT_ANY_TIME: Final = ("material", "colour", "opening_hours", "quiet_hours", "circuit")


@dataclass(frozen=True, slots=True)
class Change:
    """What a reload does."""

    config: Config  # as it holds from now on
    changed: tuple[str, ...]  # keys taken over: "printers.mk4", "recipes.coin", "price"
    later: tuple[str, ...]  # keys that need a restart
    printers: frozenset[str]  # those that are new, gone or others now, see ``AT_ANY_TIME``


def change_of(now: Config, new: Config, busy: Mapping[str, int]) -> Change:
    """Return what becomes of the running configuration.

    Args:
        now: as it holds.
        new: as the file says, checked.
        busy: the job that has each printer.

    Raises:
        NotPossibleNow: a printer that has a job would go or change, or a recipe asks for what only
            a restart brings.
    """
    config = now.model_copy(
        update={
            **{key: getattr(new, key) for key in AT_ONCE},
            "limits": _with(now.limits, new.limits, OF_LIMITS),
            "kiosk": _with(now.kiosk, new.kiosk, OF_KIOSK),
        }
    )
    changed = tuple(_changed(now, config))
    later = tuple(_later(config, new))
    change = Change(config, changed, later, frozenset(_others(now.printers, new.printers)))
    _check_printers(change, busy)
    _check_recipes(now, new)
    return change


def _check_printers(change: Change, busy: Mapping[str, int]) -> None:
    for name in sorted(change.printers & busy.keys()):
        what = "would go" if name not in change.config.printers else "would change"
        raise NotPossibleNow(
            f"printers.{name} {what} while it has #{busy[name]}.",
            action="Wait until that is printed, or cancel it; then reload again.",
        )


def _check_recipes(now: Config, new: Config) -> None:
    for name, recipe in new.recipes.items():
        for mesher in (*recipe.meshers(), *([recipe.draft] if recipe.draft else [])):
            if mesher not in now.meshers:
                raise NotPossibleNow(
                    f"recipes.{name}: the mesher {mesher!r} is there after a restart.",
                    action="Restart printd.",
                )
        for key in ("pictures", "background"):
            artist = getattr(recipe, key)
            if artist in new.pictures and artist not in now.pictures:
                raise NotPossibleNow(
                    f"recipes.{name}.{key}: {artist!r} is there after a restart.",
                    action="Restart printd.",
                )


def _with(now: M, new: M, keys: Collection[str]) -> M:
    """Return a part of the configuration with these keys as they are new."""
    return now.model_copy(update={key: getattr(new, key) for key in keys})


def _later(config: Config, new: Config) -> Iterator[str]:
    """Return the keys that are not as the file has them yet."""
    for key in Config.model_fields:
        if key in PARTLY:
            yield from (f"{key}.{name}" for name in _differing(config, new, key))
        elif getattr(config, key) != getattr(new, key):
            yield key


def _differing(one: Config, other: Config, key: str) -> Iterator[str]:
    """Return the keys in which a part of two configurations differs, in their order."""
    before, after = getattr(one, key), getattr(other, key)
    for name in type(before).model_fields:
        if getattr(before, name) != getattr(after, name):
            yield name


def _others(now: Mapping[str, PrinterConfig], new: Mapping[str, PrinterConfig]) -> Iterator[str]:
    for name in now.keys() | new.keys():
        before, after = now.get(name), new.get(name)
        if before is None or after is None:
            yield name
            continue
        as_before = {key: getattr(before, key) for key in AT_ANY_TIME}
        if after.model_copy(update=as_before) != before:
            yield name


def _changed(now: Config, new: Config) -> Iterator[str]:
    for key in AT_ONCE:
        before, after = getattr(now, key), getattr(new, key)
        if isinstance(before, dict):
            for name in sorted(before.keys() | after.keys()):
                if before.get(name) != after.get(name):
                    yield f"{key}.{name}"
        elif before != after:
            yield key
    for key in PARTLY:
        yield from (f"{key}.{name}" for name in _differing(now, new, key))
