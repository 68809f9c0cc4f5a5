"""How long the daemon's own pass takes: store, printers and line, with years of jobs behind."""

import json
import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from printd.core.beds import Beds
from printd.core.clock import to_text, utc_now
from printd.core.config import Config
from printd.core.fleet import Fleet
from printd.core.matching import Offer, PrinterClass
from printd.core.shipped import shipped
from printd.core.shop import offers_of
from printd.core.store import Store
from printd.pipeline.turns import Line
from printd.slicers.profiles import load_profile
from tests.bench.figures import Timed, best_s, pace
from tests.peers.stores import clear_bed, open_store

BEHIND, WAITING, PRINTERS = 10_000, 500, 50
ALLOWED_S = 0.05
COLOURS = ("white", "black", "red", "blue")
GCODE = {"verdict": {"sha256": "0" * 64, "lines": "x" * 2000}}


class Farm:
    """A store with its printers, and the line before them."""

    def __init__(self, store: Store, *, open_beds: bool) -> None:
        names = [f"p{number}" for number in range(PRINTERS)]
        config = {
            name: {"kind": "virtual", "colour": COLOURS[at % 4]} for at, name in enumerate(names)
        }
        self.store = store
        self.config = Config.model_validate(
            {
                "data_dir": str(store.database.path.parent),
                "printers": config,
                "limits": {"stagger": 4, "free_mb": 0, "free_pct": 0},
            }
        )
        Beds(store.database).ensure(names)
        self.fleet = Fleet(store.database)
        profile = load_profile("generic", [shipped("profiles")]).printer_class
        self.classes: dict[str, PrinterClass] = dict.fromkeys(names, profile)
        with store.database.write() as connection:
            connection.execute("UPDATE printer SET condition = 'idle', seen_at = bed_at")
        for name in names if open_beds else ():
            clear_bed(store, name)
        self.line = Line(store, self.offers)
        self._fill()

    def offers(self) -> Sequence[Offer]:
        """Read the printers as they are."""
        trusted = timedelta(hours=12)
        return offers_of(self.config, self.fleet, self.classes, utc_now(), trusted)

    def _fill(self) -> None:
        dice, now = random.Random(7), utc_now()  # noqa: S311  the same every time
        rows = []
        for number in range(BEHIND + WAITING):
            waits = number >= BEHIND
            state = "sliced" if waits else ("printed", "failed", "cancelled")[number % 3]
            size = [dice.uniform(30, 170), dice.uniform(30, 170), dice.uniform(5, 40)]
            settings = {"material": "PLA", "colour": dice.choice(COLOURS), "print": {}}
            gcode = {**GCODE, "profile": "generic", "print_time_s": dice.uniform(1800, 20_000)}
            at = to_text(now - timedelta(minutes=number % 600))
            facts = json.dumps({"model": {"size_mm": size}, "gcode": gcode})
            rows.append(
                (f"id-{number}", state, "a.png", "r", json.dumps(settings), "aa", at, at, facts)
            )
        with self.store.database.write() as connection:
            connection.executemany(
                "INSERT INTO job(id, state, name, recipe, settings, sha256, created_at, moved_at,"
                " facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )


@pytest.fixture(params=[True, False], ids=["beds clear", "beds not clear"])
def farm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Farm]:
    with open_store(tmp_path) as store:
        yield Farm(store, open_beds=request.param)


def test_a_pass_of_the_daemon(farm: Farm, request: pytest.FixtureRequest) -> None:
    def work() -> int:
        return len(farm.line.look())

    # One circuit lets four start at once; before closed beds nobody's turn comes.
    assert work() == (4 if "beds clear" in request.node.name else 0)
    timed = Timed(request.node.name, best_s(work), ALLOWED_S, pace())
    print(f"\n{timed}")
    assert timed.is_held
