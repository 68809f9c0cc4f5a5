"""The first configuration as a text with comments: few keys, and where the others are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from printd.core.configedit import Values, printer_lines

EVERYWHERE: Final = "0.0.0.0"  # noqa: S104  written only when a person wants phones to reach it
HEAD: Final = """\
# yaml-language-server: $schema=./config.schema.json
#
# printd's configuration, written by `printd init`. Paths are relative to this file.
#   printd config example   every key there is, with its unit: take over what you want to change
#   printd check            reads this file, and starts nothing
#   printd config reload    the daemon takes over what has changed
"""
Recipes = Mapping[str, Mapping[str, str | int]]
RECIPES: Final[Recipes] = {"default": {"width_mm": 80}}
AT_KIOSK: Final[Recipes] = {
    "relief": {"label": "Relief", "preset": "portrait", "longest_mm": 80, "approval": "always"},
    "light": {
        "label": "Light picture",
        "preset": "lithophane",
        "longest_mm": 80,
        "approval": "always",
    },
}
OF_KIND: Final = {
    "virtual": "A printer that is played, `speed` times as fast: to try printd without one.",
    "folder": "A card or a share; when a print is done say so: `printd resolve JOB printed`.",
    "octoprint": "Behind an OctoPrint; its key lies in a file that nobody else may read.",
    "bambu": "In this network; its access code lies in a file that nobody else may read.",
}


@dataclass(frozen=True, slots=True)
class First:
    """What a first configuration says."""

    data_dir: str
    drop: str
    printer: str
    values: Values
    slicer: tuple[str, Path] | None  # kind and program; None: it is found by itself
    kiosk: bool
    phones: bool  # whether other machines reach the pages


def config_text(first: First) -> str:
    """Return the whole file."""
    kind = str(first.values["kind"])
    parts = [
        HEAD,
        _section(
            "Jobs, the database and what printd remembers of printers: on a local disk.",
            {"data_dir": first.data_dir},
        ),
        _section(
            "This folder is watched: pictures put into it are taken and printed.",
            {"drop": {"path": first.drop}},
        ),
        "# What prints, by name; one more: `printd printers add --help`. `profile` says what\n"
        f"# machine it is (`printd profiles`).\n# {OF_KIND[kind]}\n"
        f"printers:\n{printer_lines(first.printer, first.values)}",
        "# A picture becomes what its recipe says; each recipe but `default` is a folder in the\n"
        "# drop folder. `approval: always`: a person looks at a job first (`printd approve`).\n"
        + _yaml({"recipes": {**RECIPES, **(AT_KIOSK if first.kiosk else {})}}),
        _section(
            "Pages and API; 127.0.0.1: this machine alone reaches them, "
            f"{EVERYWHERE}: all of your network.",
            {"web": {"host": EVERYWHERE if first.phones else "127.0.0.1", "port": 8321}},
        ),
        _section(
            "Pages for strangers at a touch screen: http://localhost:8321/kiosk",
            {
                "kiosk": {
                    "enabled": first.kiosk,
                    **({"recipes": [*AT_KIOSK]} if first.kiosk else {}),
                }
            },
        ),
    ]
    if first.slicer is not None:
        name, program = first.slicer
        parts.append(_section("What slices.", {"slicers": {name: {"program": str(program)}}}))
    return "\n".join(parts)


def _section(comment: str, values: Mapping[str, Any]) -> str:
    return f"# {comment}\n{_yaml(values)}"


def _yaml(values: Mapping[str, Any]) -> str:
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=10**6)
