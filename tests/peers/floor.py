"""A shop floor in memory: a real store, still printers, and jobs with the facts that steps read."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from printd.core.beds import Beds
from printd.core.board import Board
from printd.core.clock import utc_now
from printd.core.config import Config
from printd.core.files import JobFolders
from printd.core.fleet import Fleet
from printd.core.jobs import Job, State
from printd.core.loaded import Loaded
from printd.core.matching import House, Offer
from printd.core.reloading import Change
from printd.core.requests import Requests
from printd.core.route import is_to_be_drawn
from printd.core.shipped import shipped
from printd.core.shop import offers_of
from printd.core.spending import Spending
from printd.core.store import Store
from printd.daemon.reload import Reload
from printd.gcode.safety import LINTER_VERSION
from printd.pipeline.table import STEP_FROM, run_step
from printd.pipeline.tools import Programs, Tools
from printd.pipeline.turns import Line
from printd.slicers.cache import SliceCache
from printd.slicers.profiles import Profile, composed, load_profile
from tests.peers.computing import shared_compute
from tests.peers.still_printer import StillPrinter
from tests.peers.stores import PATH, PRINTERS, clear_bed, move_on, new_job, open_store

GENERIC = load_profile("generic", [shipped("profiles")])
GCODE = b"; a print\nG28\n"
START_EVIDENCE_S = 120.0


class Floor:
    """Everything a step may use, and the turns that people and printers take."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.store = store
        self.beds = Beds(store.database)
        self.fleet = Fleet(store.database)
        self.folders = JobFolders(folder)
        self.folders.prepare()
        self.board = Board()
        self.printers = {name: StillPrinter(name) for name in PRINTERS}
        self.compute = shared_compute()
        self.config = Config.model_validate(
            {"printers": {name: {"kind": "virtual"} for name in PRINTERS}}
        )
        self.tools = Tools(
            folders=self.folders,
            compute=self.compute,
            meshers={},
            programs=Programs(self.config.slicer, self.compute),
            slices=SliceCache(folder / "slices", most_bytes=10_000_000),
            profiles=dict.fromkeys(PRINTERS, GENERIC),
            printers=self.printers,
            board=self.board,
            offers=self.offers,
            line=Line(store, self.offers),
            spending=Spending(
                store.database, lambda: self.config.budget, lambda: "EUR", lambda: None
            ),
            start_evidence_s=START_EVIDENCE_S,
        )

    @property
    def left(self) -> StillPrinter:
        """The printer that most jobs of a test get."""
        return self.printers["left"]

    def offers(self) -> Sequence[Offer]:
        classes = {name: of.printer_class for name, of in self.tools.profiles.items()}
        now, trusted = utc_now(), timedelta(hours=12)
        offers = offers_of(self.config, self.fleet, classes, now, trusted, House(now))
        found = []
        for offer in offers:
            printer = self.printers[offer.name]
            found.append(replace(offer, has_bed=printer.has_bed, takes=printer.accepts))
        return found

    def load(self, printer: str, material: str | None, colour: str, *, who: str) -> Loaded:
        """Take a person's word on what is loaded, as a daemon does that reads nothing anew."""
        reload = Reload(
            *(self.store, Requests(self.store.database), self.fleet),
            read=lambda: self.config,
            as_loaded=lambda config: config,
            now=lambda: self.config,
            offers=self.offers,
            take_over=self._take_over,
        )
        return reload.load(printer, material, colour, who=who)

    def _take_over(self, change: Change) -> None:
        self.config = change.config
        profiles = {
            name: composed(GENERIC, material=of.material)
            for name, of in self.config.printers.items()
        }
        self.tools = replace(self.tools, profiles=profiles)

    def limit(self, limits: Mapping[str, object]) -> None:
        """Start with other limits, as after a change of the configuration."""
        printers = {name: {"kind": "virtual"} for name in PRINTERS}
        self.config = Config.model_validate({"printers": printers, "limits": limits})

    def change_profile(self, profile: Profile) -> None:
        """Start with another profile for all printers, as after a change of the configuration."""
        self.tools = replace(self.tools, profiles=dict.fromkeys(self.printers, profile))

    def look(self) -> None:
        """Look at every printer, as the monitors do."""
        for name, printer in self.printers.items():
            self.board.put(name, printer.status())
            self.fleet.saw(name, printer.status(), utc_now())

    def job_in(self, state: State, number: int = 1, *, printer: str = "left") -> Job:
        """Make a job with its sliced file; from UPLOADED on, the file is on the printer."""
        new = new_job(number)
        folder = self.folders.of(new.id)
        folder.mkdir()
        (folder / JobFolders.PHOTO).write_bytes(b"photo")
        gcode = GCODE + new.id.encode()
        (folder / JobFolders.GCODE).write_bytes(gcode)
        job = self.store.accept(new_job(number, facts=_facts(gcode)))
        for step in PATH[1 : PATH.index(state) + 1]:
            if step in (State.UPLOADED, State.PRINTING):
                self.look()
                if step is State.PRINTING:
                    clear_bed(self.store, printer)
                job = self.step(job)
            else:
                job = move_on(self.store, job, step, printer)
            if step is State.ASSIGNED:
                clear_bed(self.store, printer)
        return job

    def step(self, job: Job) -> Job:
        """Run the step that is due; return the job as it is afterwards."""
        job = self.store.job(job.number)
        away = job.facts.get("away") if job.state is not State.RECEIVED else is_to_be_drawn(job)
        step = STEP_FROM[job.state, job.given, bool(away)]
        run_step(step, job, self.tools, self.store)
        return self.store.job(job.number)


def _facts(gcode: bytes) -> dict[str, object]:
    digest = hashlib.sha256(gcode).hexdigest()
    return {
        "model": {"size_mm": [80.0, 60.0, 12.0]},
        "gcode": {
            "profile": GENERIC.name,
            "profile_hash": GENERIC.hash,
            "sha256": digest,
            "bytes": len(gcode),
            "verdict": {
                "level": "own",
                "refusals": [],
                "refused_lines": 0,
                "size_bytes": len(gcode),
                "max_nozzle_c": 210.0,
                "max_bed_c": 60.0,
                "bounds_mm": None,
                "extruded_mm": 1.0,
                "layers": 1,
                "sha256": digest,
                "limits_hash": GENERIC.machine.limits_hash,
                "linter_version": LINTER_VERSION,
            },
        },
    }


@contextmanager
def open_floor(folder: Path) -> Iterator[Floor]:
    """Open a floor with two idle printers that have been looked at once."""
    with open_store(folder) as store:
        floor = Floor(folder, store)
        floor.look()
        yield floor
