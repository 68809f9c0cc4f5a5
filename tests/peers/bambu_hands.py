"""A person at a scripted Bambu printer: at its screen, its bed, its card slot and its AMS."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers import bambu_errors
from tests.peers.bambu_card import PLENTY_BYTES
from tests.peers.bambu_files import sliced
from tests.peers.bambu_machine import ACTIVE, FILAMENT_OUT, Machine, Wish
from tests.peers.bambu_reports import ams_unit

PLATE = "Metadata/plate_1.gcode"


class BambuHands:
    """What somebody does there; what they change is reported at once.

    Args:
        machine: the printer.
        lock: whoever touches it holds this.
        changed: wakes the printer, so that it reports.
    """

    def __init__(self, machine: Machine, lock: threading.RLock, changed: threading.Event) -> None:
        self._machine = machine
        self._lock = lock
        self._changed = changed

    @contextmanager
    def _at(self) -> Iterator[Machine]:
        with self._lock:
            yield self._machine
        self._changed.set()

    # What they see.

    @property
    def state(self) -> str:
        """``gcode_state`` as the printer knows it, reported or not."""
        with self._lock:
            self._machine.advance()
            return self._machine.state

    @property
    def on_bed(self) -> str:
        """The name of what lies on the bed; empty when it is clear."""
        with self._lock:
            return self._machine.on_bed

    @property
    def prints(self) -> str:
        """The file that it prints, or is heating for; empty when it rests."""
        with self._lock:
            self._machine.advance()
            return self._machine.prints

    # The screen.

    def start(self, name: str = "theirs.gcode.3mf", seconds: int = 60) -> None:
        """Print a file from the card; one is made when there is none of this name."""
        with self._at() as machine:
            path = machine.card.folder / name
            if not path.exists():
                sliced(path, seconds)
            stem = name.removesuffix(".3mf").removesuffix(".gcode")
            machine.start_at_screen(Wish(f"ftp://{name}", PLATE, name, stem))

    def stop(self) -> None:
        """Cancel."""
        with self._at() as machine:
            machine.stop()

    def pause(self) -> None:
        """Let it rest."""
        with self._at() as machine:
            machine.pause()

    def resume(self) -> None:
        """Let it go on."""
        with self._at() as machine:
            machine.resume()

    def dismiss(self) -> None:
        """Take note of what the screen complains of, unless it prints."""
        with self._at() as machine:
            if machine.state not in ACTIVE:
                machine.clean_error()

    def developer_mode(self, *, on: bool) -> None:
        """Switch it; the access code, which real printers change with it, stays."""
        with self._at() as machine:
            machine.quirks.developer_mode = on

    # The bed.

    def clear_bed(self) -> None:
        """Take off what lies there."""
        with self._at() as machine:
            machine.clear_bed()

    # What goes wrong by itself.

    def run_out(self) -> None:
        """Let the filament end: it pauses."""
        with self._at() as machine:
            machine.pause(FILAMENT_OUT, bambu_errors.RUNOUT)

    def fail(self, code: int) -> None:
        """Let it break down with this ``print_error``."""
        with self._at() as machine:
            machine.fail(code)

    def show(self, **fields: object) -> None:
        """Let it report these fields of ``print`` from now on."""
        with self._at() as machine:
            machine.shown.update(fields)

    # The card.

    def take_card(self) -> None:
        """Pull it out."""
        with self._at() as machine:
            machine.card.is_in = False
            machine.look_at_card()

    def put_card(self) -> None:
        """Put it in."""
        with self._at() as machine:
            machine.card.is_in = True
            machine.look_at_card()

    def fill_card(self, free_bytes: int = 0) -> None:
        """Leave only so much room."""
        with self._at() as machine:
            card = machine.card
            card.space_bytes = PLENTY_BYTES - card.free_bytes + free_bytes

    def copy_to_card(self, source: Path, name: str) -> None:
        """Put a file there in a card reader."""
        with self._at() as machine:
            shutil.copyfile(source, machine.card.folder / name)

    # The AMS.

    def load_ams(self, *trays: tuple[str, str] | None) -> None:
        """Put an AMS on with these trays: material and RRGGBBAA, or None for an empty one."""
        with self._at() as machine:
            machine.load(ams_unit([*trays]))

    def take_ams(self) -> None:
        """Take it off."""
        with self._at() as machine:
            machine.load(None)
