"""Where the files lie that travel with the program: profiles, units, the example configuration.

In a checkout they are beside the package; in an installed wheel, inside it. Nobody else knows
the difference.
"""

from __future__ import annotations

from pathlib import Path

from printd.core.errors import InternalError

PACKAGE = Path(__file__).resolve().parents[1]
PLACES = (PACKAGE / "_shipped", PACKAGE.parent)


def shipped(name: str) -> Path:
    """Return the path of ``"profiles"``, ``"systemd"`` or ``"config.example.yaml"``.

    Raises:
        InternalError: this copy of the program lacks it.
    """
    for place in PLACES:
        if (place / name).exists():
            return place / name
    raise InternalError(f"this copy of printd was installed without {name}")
