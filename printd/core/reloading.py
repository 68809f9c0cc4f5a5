"""What a changed configuration means for a daemon that runs; pure.

Printers, recipes, presets, hours and prices are taken over at once; what threads, sockets and
folders were made of stays as it is until the next start, and is named. A change that would pull
a printer out from under a job is refused, and with it everything; what is loaded may change at any
time, and counts for the next print.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from printd.core.config import Config
from printd.core.errors import NotPossibleNow
from printd.core.printer_config import PrinterConfig

AT_ONCE: Final = ("printers", "recipes", "presets", "opening_hours", "quiet_hours", "price")
LOADED: Final = ("material", "colour")  # of a printer: no connection to it hangs on them


@dataclass(frozen=True, slots=True)
class Change:
    """What a reload does."""

    config: Config  # as it holds from now on
    changed: tuple[str, ...]  # keys taken over: "printers.mk4", "recipes.coin", "price"
    later: tuple[str, ...]  # keys that need a restart
    printers: frozenset[str]  # those that are new, gone or others now, not by what is loaded alone


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
    changed = tuple(_changed(now, new))
    later = tuple(
        key for key in Config.model_fields if key not in AT_ONCE and _differs(now, new, key)
    )
    config = now.model_copy(update={key: getattr(new, key) for key in AT_ONCE})
    change = Change(config, changed, later, frozenset(_others(now.printers, new.printers)))
    for name in sorted(change.printers & busy.keys()):
        what = "would go" if name not in new.printers else "would change"
        raise NotPossibleNow(
            f"printers.{name} {what} while it has #{busy[name]}.",
            action="Wait until that is printed, or cancel it; then reload again.",
        )
    for name, recipe in config.recipes.items():
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
    return change


def _differs(now: Config, new: Config, key: str) -> bool:
    return bool(getattr(now, key) != getattr(new, key))


def _others(now: Mapping[str, PrinterConfig], new: Mapping[str, PrinterConfig]) -> Iterator[str]:
    for name in now.keys() | new.keys():
        before, after = now.get(name), new.get(name)
        if before is None or after is None:
            yield name
            continue
        as_before = {key: getattr(before, key) for key in LOADED}
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
