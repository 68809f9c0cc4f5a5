"""The scripted Bambu printer as a machine: what it prints, what it shows, what it remembers.

It has no socket and no thread; whoever holds it calls ``advance`` often. Times are the printer's
own seconds. Its states follow bambuddy (services/bambu_mqtt.py) and ha-bambulab (const.py), read
2026-10: a start changes the ids first, then the state; errors of the file show in PREPARE.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from tests.peers import bambu_errors
from tests.peers.bambu_card import Card
from tests.peers.bambu_journal import By, Deed, Journal, Line
from tests.peers.bambu_models import Model
from tests.peers.bambu_program import Program, Unprintable, read
from tests.peers.bambu_quirks import Quirks
from tests.peers.bambu_reports import DEVELOPER, SIGNED_ONLY, boot_state

ACTIVE: Final = frozenset({"PREPARE", "SLICING", "RUNNING", "PAUSE"})
CANCEL_SHOWS_S: Final = 10.0
HEATING, PRINTING, PAUSED_BY_USER, FILAMENT_OUT = 7, 0, 16, 6  # stg_cur
EXTERNAL: Final = (-1, 254, 255)  # trays that are no AMS slot


@dataclass(frozen=True, slots=True)
class Wish:
    """A start that was accepted: which file, under which name."""

    url: str
    plate: str
    file: str
    subtask_name: str
    id: str = "0"
    project_id: str = "0"
    task_id: str = "0"
    trays: tuple[int, ...] = ()
    by: By = By.ORDER


@dataclass(slots=True)
class _Pending:
    wish: Wish
    shows_at: float
    prepares_at: float


@dataclass(slots=True)
class _Print:
    wish: Wish
    prints_at: float
    program: Program | None = None
    done_s: float = 0.0
    last: float = 0.0


class Machine:
    """One printer.

    Args:
        model: which.
        card: its storage.
        journal: where its deeds are written.
        quirks: its faults.
        clock: the printer's seconds.

    Attributes:
        shown: the ``print`` object of a full report.
        on_bed: the name of what lies on the bed; empty when it is clear.
    """

    def __init__(
        self,
        model: Model,
        card: Card,
        journal: Journal,
        quirks: Quirks,
        clock: Callable[[], float],
    ) -> None:
        self.model = model
        self.card = card
        self.quirks = quirks
        self.on_bed = ""
        self._journal = journal
        self._clock = clock
        self._ams: dict[str, Any] | None = None
        self._pending: list[_Pending] = []
        self._print: _Print | None = None
        self._error_until: float | None = None
        self.shown = boot_state(model, card)

    @property
    def state(self) -> str:
        """``gcode_state``."""
        return str(self.shown["gcode_state"])

    @property
    def prints(self) -> str:
        """The file of what it prints, or prepares; empty when it rests."""
        return self._print.wish.file if self._print is not None else ""

    @property
    def is_busy(self) -> bool:
        """Whether time changes what it shows."""
        return bool(self._pending or self._print or self._error_until is not None)

    # Power.

    def boot(self) -> None:
        """Come up: IDLE, without memory; some models print what lies in their root."""
        self._journal.write(Line(Deed.BOOT, on_bed=self.on_bed))
        self.shown = boot_state(self.model, self.card)
        if self._ams is not None:
            self.shown["ams"] = self._ams
        if self.model.starts_from_root and self.card.is_usable:
            left = sorted(self.card.folder.glob("*.3mf"))
            if left:
                name = left[0].name
                wish = Wish(f"ftp://{name}", "Metadata/plate_1.gcode", name, _stem(name))
                self._prepare(replace(wish, by=By.POWER_ON))

    def lose_power(self) -> None:
        """End whatever there was; nothing of it is known afterwards."""
        if self._print is not None and self._print.program is not None:
            self._end_line(self._print.wish, "power")
        self._pending.clear()
        self._print = None
        self._error_until = None

    # What it is told. Each is done at once; ``advance`` does what takes time.

    def start(self, wish: Wish) -> int:
        """Take a start; returns the error that the printer shows for it, or 0."""
        self.advance()
        if self.quirks.upgrading:
            return self._shows(bambu_errors.UPGRADING)
        if self.state in ACTIVE:
            if self.model.cancels_when_busy:
                self._end("FAILED")
            return self._shows(bambu_errors.BUSY)
        if self.quirks.never_starts:
            return 0
        now = self._clock()
        wait_s = self.quirks.prepare_after_s
        lands_s = self.model.lands_after_s if wait_s is None else wait_s
        shows_s = self.quirks.identity_after_s
        self._pending.append(_Pending(wish, now + shows_s, now + max(shows_s, lands_s)))
        self.advance()
        return 0

    def start_at_screen(self, wish: Wish) -> None:
        """Start as a person does: without waiting, and with no ids."""
        self.advance()
        assert self.state not in ACTIVE, "the screen offers no start while it prints"
        self._prepare(replace(wish, by=By.SCREEN))
        self.advance()

    def stop(self) -> None:
        """Cancel what it prints, or is about to."""
        self.advance()
        self._pending.clear()
        if self._print is not None:
            self._shows(bambu_errors.CANCELLED)
            self.shown["fail_reason"] = str(bambu_errors.CANCELLED)
            self._error_until = self._clock() + CANCEL_SHOWS_S
            self._end("FAILED")

    def pause(self, stage: int = PAUSED_BY_USER, error: int = 0) -> None:
        """Rest."""
        self.advance()
        if self.state == "RUNNING":
            self.shown.update(gcode_state="PAUSE", stg_cur=stage, print_error=error)

    def resume(self) -> None:
        """Go on."""
        self.advance()
        if self.state == "PAUSE" and self._print is not None:
            self._print.last = self._clock()
            self.shown.update(gcode_state="RUNNING", stg_cur=PRINTING, print_error=0)

    def clean_error(self) -> None:
        """Forget the error that is shown."""
        self.shown["print_error"] = 0
        self._error_until = None

    def disturb(self) -> None:
        """Be connected to by somebody, which spoils a job that it is taking just now."""
        self.advance()
        if self.quirks.parses_alone and (self._pending or self.state == "PREPARE"):
            self._pending.clear()
            self._refuse(bambu_errors.UNREADABLE)

    # What a person does.

    def load(self, ams: dict[str, Any] | None) -> None:
        """Put on, or take off, an AMS with what is in it."""
        self._ams = ams
        self.shown["ams"] = boot_state(self.model, self.card)["ams"] if ams is None else ams

    def clear_bed(self) -> None:
        """Take off what lies there; dismisses the question on the screen as well."""
        self.advance()
        self._journal.write(Line(Deed.CLEAR, on_bed=self.on_bed))
        self.on_bed = ""
        if self.state in ("FINISH", "FAILED"):
            self.shown["gcode_state"] = "IDLE"
            self.clean_error()

    def look_at_card(self) -> None:
        """Show whether it is in."""
        self.shown["home_flag"] = (self.shown["home_flag"] & ~0x300) | self.card.flags
        self.shown["sdcard"] = self.card.is_in

    def fail(self, code: int) -> None:
        """Break down in the middle of a print."""
        self.advance()
        self._shows(code)
        self._end("FAILED")

    # Time.

    def advance(self) -> None:
        """Do what has come due."""
        now = self._clock()
        if self.model.sends_fun:
            self.shown["fun"] = DEVELOPER if self.quirks.developer_mode else SIGNED_ONLY
        if self._error_until is not None and now >= self._error_until:
            self.clean_error()
        for pending in [*self._pending]:
            self._land(pending, now)
        if self._print is not None:
            self._run(self._print, now)

    def _land(self, pending: _Pending, now: float) -> None:
        if now >= pending.shows_at and self.state not in ACTIVE:
            self._show_identity(pending.wish)
        if now < pending.prepares_at or self.quirks.never_active:
            return
        self._pending.remove(pending)
        if self.state not in ACTIVE:
            self._prepare(pending.wish)
            return
        if self.model.cancels_when_busy:
            self._end("FAILED")
        self._shows(bambu_errors.BUSY)

    def _show_identity(self, wish: Wish) -> None:
        ram_disk = f"/data/{wish.plate}"
        self.shown.update(
            gcode_file=wish.file if self.model.names_the_file else ram_disk,
            subtask_name=wish.subtask_name,
            **self._ids(wish),
            print_type="local" if wish.id in ("", "0") else "cloud",
        )

    def _ids(self, wish: Wish) -> dict[str, str]:
        ids = {
            "subtask_id": wish.id,
            "job_id": wish.id,
            "task_id": wish.task_id,
            "project_id": wish.project_id,
        }
        return dict.fromkeys(ids, "0") if self.quirks.hides_ids else ids

    def _prepare(self, wish: Wish) -> None:
        now = self._clock()
        self._show_identity(wish)
        self._print = _Print(wish, now + self.quirks.heats_for_s)
        self._error_until = None
        self.shown.update(
            gcode_state="PREPARE",
            stg_cur=HEATING,
            print_error=0,
            fail_reason="0",
            layer_num=0,
            mc_remaining_time=0,
            nozzle_target_temper=220.0,
            bed_target_temper=60.0,
            gcode_file_prepare_percent="0",
        )
        try:
            path = self.card.path_of(wish.url, self.model)
            program = read(path, wish.plate)
            if wish.trays and not self.shown["ams"]["ams"]:
                raise Unprintable(bambu_errors.NO_AMS)
        except Unprintable as refusal:
            self._refuse(refusal.code)
            return
        self.shown["total_layer_num"] = program.layers
        if program.has_blocks or not self.quirks.hangs_without_blocks:
            self._print.program = program
            self.shown["gcode_file_prepare_percent"] = "100"

    def _refuse(self, code: int) -> None:
        """Give up a job before anything was printed."""
        self._shows(code)
        self._print = None
        self.shown.update(gcode_state="FAILED", stg_cur=self.model.stage_at_rest)
        self._cool()

    def _has_trays(self, wish: Wish) -> bool:
        slots = [tray for tray in wish.trays if tray not in EXTERNAL]
        present = int(self.shown["ams"]["tray_exist_bits"], 16)
        return all(present >> slot & 1 for slot in slots)

    def _run(self, job: _Print, now: float) -> None:
        program = job.program
        if program is None:
            return  # hangs while it unpacks
        if self.state == "PREPARE" and now >= job.prints_at:
            self._begin(job)
        if self.state != "RUNNING":
            return
        job.done_s += now - job.last
        job.last = now
        self._show_progress(job.done_s / program.seconds, program)
        if job.done_s >= program.seconds:
            self._end("FINISH")

    def _begin(self, job: _Print) -> None:
        wish = job.wish
        self._journal.write(Line(Deed.START, wish.file, wish.id, wish.by, self.on_bed))
        self.on_bed = wish.file
        job.last = job.prints_at
        self.shown.update(
            gcode_state="RUNNING",
            stg_cur=PRINTING,
            mc_print_stage="2",
            mc_percent=0,
            nozzle_temper=220.0,
            bed_temper=60.0,
        )
        if not self._has_trays(wish):
            self.shown.update(gcode_state="PAUSE", print_error=bambu_errors.BAD_MAPPING)

    def _show_progress(self, done: float, program: Program) -> None:
        for mark in program.marks:
            if mark.at > done:
                return
            if mark.percent is not None:
                self.shown["mc_percent"] = mark.percent
            if mark.remaining_min is not None:
                self.shown["mc_remaining_time"] = mark.remaining_min
            if mark.layer is not None:
                self.shown["layer_num"] = mark.layer

    def _end(self, state: str) -> None:
        job, self._print = self._print, None
        if job is not None and self.shown["mc_print_stage"] == "2":
            self._end_line(job.wish, state)
        self.shown.update(
            gcode_state=state,
            stg_cur=self.model.stage_at_rest,
            mc_print_stage="1",
            mc_percent=100 if state == "FINISH" else 0,
            mc_remaining_time=0,
            layer_num=0,
            total_layer_num=0,
        )
        self._cool()

    def _end_line(self, wish: Wish, end: str) -> None:
        self._journal.write(Line(Deed.END, wish.file, wish.id, wish.by, self.on_bed, end))

    def _cool(self) -> None:
        self.shown.update(
            nozzle_temper=24.5, nozzle_target_temper=0.0, bed_temper=23.75, bed_target_temper=0.0
        )

    def _shows(self, code: int) -> int:
        self.shown["print_error"] = code
        return code


def _stem(name: str) -> str:
    return name.removesuffix(".3mf").removesuffix(".gcode")
