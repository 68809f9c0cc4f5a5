"""A bundle of PrusaSlicer: many presets in one file, which inherit from one another.

The program's command line cannot choose among them, and passes over a file with sections without
a word. So three presets, of a printer, of a print and of a filament, are put together here.
Source: measured on the bundles of 2.5.0 and 2.9.2; the rule of inheriting checked against the
program's own result.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Final

from printd.core.errors import ProfileInvalid, SettingInvalid

KINDS: Final = ("printer", "print", "filament")
OTHER_SECTIONS: Final = frozenset(
    """
    vendor printer_model sla_print sla_material presets settings physical_printer obsolete_presets
    """.split()  # noqa: SIM905 -- reads better
)
DEEPEST: Final = 32
SHOWN_NAMES: Final = 20
SHOWN_NEAR: Final = 6

Section = dict[str, str]
Bundle = Mapping[tuple[str, str], Section]
_HEAD = re.compile(r"\[([a-z_]+)(?::(.*))?\]").fullmatch


def is_bundle(text: str) -> bool:
    """Return whether a settings file has sections."""
    return any(line.startswith("[") for line in text.splitlines())


def read_bundle(text: str, name: str) -> Bundle:
    """Read a bundle.

    Raises:
        ProfileInvalid: it has a section that no bundle has, or a line that is none.
    """
    found: dict[tuple[str, str], Section] = {}
    section: Section = {}
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if not bare or bare.startswith(("#", ";")):
            continue
        if bare.startswith("["):
            head = _HEAD(bare)
            if head is None or head[1] not in (*KINDS, *OTHER_SECTIONS):
                raise ProfileInvalid(f"{name}, line {number}: {bare[:40]} is in no such bundle.")
            section = found.setdefault((head[1], (head[2] or "").strip()), {})
            continue
        key, equals, value = bare.partition("=")
        if not equals:
            raise ProfileInvalid(f"{name}, line {number}: not a `key = value` line.")
        section[key.strip()] = value.strip()
    return found


def names_of(bundle: Bundle, kind: str) -> list[str]:
    """Return the presets of a kind that can be chosen; ``*starred*`` ones are only inherited."""
    return [name for each, name in bundle if each == kind and not name.startswith("*")]


def flat(bundle: Bundle, printer: str | None, print_: str | None, filament: str | None) -> Section:
    """Return the settings of three presets as one; a printer names the others, if it is asked.

    Raises:
        SettingInvalid: a preset is not named, or not there; the sentence says which there are.
        ProfileInvalid: a preset inherits what is not there, or itself.
    """
    machine = resolved(bundle, "printer", chosen(names_of(bundle, "printer"), "printer", printer))
    print_ = print_ or _named(machine, "default_print_profile")
    filament = filament or _named(machine, "default_filament_profile")
    together: Section = {}
    for kind, name in (("filament", filament), ("print", print_)):
        together |= resolved(bundle, kind, chosen(names_of(bundle, kind), kind, name))
    return together | machine


def _named(machine: Section, key: str) -> str | None:
    """Return the first preset that a printer names; in quotes or not, alone or in a list."""
    return machine.get(key, "").split(";")[0].strip().strip('"') or None


def chosen(names: list[str], what: str, name: str | None) -> str:
    """Return the one that is meant.

    Raises:
        SettingInvalid: none is, or there are several to choose from.
    """
    if name in names:
        return name
    if name is None and len(names) == 1:
        return names[0]
    near = difflib.get_close_matches(name or "", names, n=SHOWN_NEAR, cutoff=0.4)
    shown = near or sorted(names)[:SHOWN_NAMES]
    more = "" if len(shown) == len(names) else f" and {len(names) - len(shown)} more"
    said = f"There is no {what} {name!r}" if name else f"There are several for `--{what}`"
    raise SettingInvalid(
        f"{said}; there are: {'; '.join(shown) or 'none'}{more}.",
        action=f"Name one of these with `--{what}`.",
    )


def resolved(bundle: Bundle, kind: str, name: str, above: Iterable[str] = ()) -> Section:
    """Return a preset with all that it inherits: later parents win, its own keys win over all.

    Raises:
        ProfileInvalid: a parent is not there, or is below itself.
    """
    line = [*above, name]
    if name in line[:-1] or len(line) > DEEPEST:
        raise ProfileInvalid(f"[{kind}:{name}] inherits itself.")
    section = bundle.get((kind, name))
    if section is None:
        raise ProfileInvalid(f"[{kind}:{name}] is inherited and is not in the bundle.")
    together: Section = {}
    for parent in section.get("inherits", "").split(";"):
        if parent.strip():
            together |= resolved(bundle, kind, parent.strip(), line)
    together |= section
    together.pop("inherits", None)
    return together
