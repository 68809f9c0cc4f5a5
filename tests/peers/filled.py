"""A store with a history: thousands of jobs that are over, hundreds that wait, printers at work."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from printd.core.beds import Beds
from printd.core.board import Condition, PrinterStatus
from printd.core.clock import to_text, utc_now
from printd.core.fleet import Fleet
from printd.core.jobs import State
from printd.core.store import Store
from tests.peers.stores import new_job

START = datetime(2026, 1, 5, tzinfo=UTC)
OVER = (State.PRINTED, State.PRINTED, State.PRINTED, State.FAILED, State.CANCELLED)


def facts_of(number: int, dice: random.Random) -> dict[str, Any]:
    """Return what the steps of a printed photo have found out, as large as in life."""
    size = [dice.uniform(30, 120), dice.uniform(30, 120), dice.uniform(3, 12)]
    return {
        "photo": {"width_px": 1200, "height_px": 900, "format": "JPEG", "warnings": []},
        "raw": {"triangles": 90_000, "hints": [], "warnings": []},
        "model": {"size_mm": size, "triangles": 90_000, "turned_deg": 0.0},
        "gcode": {
            "profile": "generic",
            "material": "PLA",
            "quality": "standard",
            "print_time_s": dice.uniform(1800, 20_000),
            "filament_g": dice.uniform(4, 120),
            "layers": 60,
            "sha256": f"{number:064x}",
            "slicer": "PrusaSlicer",
            "version": "2.9",
            "warnings": [],
        },
    }


def fill(store: Store, *, over: int, waiting: int, printers: Sequence[str], seed: int = 5) -> None:
    """Fill a store that has no jobs, in one transaction."""
    dice = random.Random(seed)  # noqa: S311  the same every time
    Beds(store.database).ensure([*printers])
    with store.database.write() as connection:
        for number in range(1, over + waiting + 1):
            facts = facts_of(number, dice)
            owner = dice.choice(("ana", "key:web-shop", "drop folder"))
            store.accept(new_job(number, facts=facts, owner=owner, source="api"))
            is_over = number <= over
            state = dice.choice(OVER) if is_over else State.SLICED
            moved = START + timedelta(minutes=number) if is_over else utc_now()
            printer = dice.choice(printers) if is_over else None
            connection.execute(
                "UPDATE job SET state = ?, printer = ?, moved_at = ? WHERE number = ?",
                (state, printer, to_text(moved), number),
            )
    fleet = Fleet(store.database)
    with store.database.write():
        for name in printers:
            printing = PrinterStatus(Condition.PRINTING, "somebody's", 0.4, 20, 60, 1800.0)
            fleet.saw(name, printing, utc_now())
