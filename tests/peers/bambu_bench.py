"""The bench of a scripted Bambu printer for the contract suite.

Unplugged, its network is gone and it prints on. ``restart`` is one of printd alone: what the
printer forgets when it is switched off is in the fault tests.
"""

import hashlib
import zipfile
from pathlib import Path

from printd.core.board import STARTABLE, Condition
from printd.printers.bambu.address import Address
from printd.printers.bambu.printer import BambuPrinter, Waits
from printd.printers.bambu.talk import Pace
from printd.printers.base import Printer, PrintFile
from tests.peers.bambu import BambuLan
from tests.peers.bambu_files import plate_gcode
from tests.peers.containers import PLATE
from tests.peers.virtual_printer import wait_until

QUICK = Pace(
    answer_s=5.0,
    first_s=2.0,
    ask_again_s=0.5,
    quiet_s=5.0,
    deaf_s=5.0,
    again_s=0.05,
    longest_s=0.5,
    parse_s=0.5,
)
LANDS_S = 2.0
STRANGERS_S = 10_000


def bambu_file(
    path: Path,
    *,
    layers: int = 3,
    layer_s: float = 10.0,
    dwell_s: float = 0.0,
    mark: str = "",
) -> PrintFile:
    """Write a ``.gcode.3mf`` as ``print_file`` writes G-code; tests can change its text."""
    gcode = f"; {mark}\nM104 S200\n".encode() + plate_gcode(round(layers * layer_s), layers)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(PLATE, gcode)
        digest = hashlib.md5(gcode, usedforsecurity=False).hexdigest().upper()
        archive.writestr(f"{PLATE}.md5", digest)
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    return PrintFile(path, sha256, len(content), verdict_ok=True, judged_sha256=sha256)


def adapter(peer: BambuLan, ledger: Path, lands_s: float = LANDS_S) -> BambuPrinter:
    """Return printd's side of a scripted printer, with short waits."""
    waits = Waits(answer_s=3.0, lands_s=lands_s, settle_s=0.2, pace=QUICK)
    return BambuPrinter("left", address_of(peer), ledger, waits=waits)


def address_of(peer: BambuLan) -> Address:
    """Return where a scripted printer is."""
    return Address(
        host=peer.host,
        serial=peer.serial,
        code=peer.code,
        fingerprint=peer.certificate.fingerprint,
        mqtt_port=peer.mqtt_port,
        ftps_port=peer.ftps_port,
    )


class BambuBench:
    """A P1S."""

    file = staticmethod(bambu_file)

    def __init__(self, folder: Path) -> None:
        self.ledger = folder / "ledger"
        self.peer = BambuLan(folder / "machine")
        self.peer.quirks.heats_for_s = 0.0  # what has begun to prepare prints
        self.peer.start()
        self.hands = self.peer.hands
        self.printer: Printer = adapter(self.peer, self.ledger)

    def restart(self) -> None:
        self.printer.close()
        self.printer = adapter(self.peer, self.ledger)

    def unplug(self) -> None:
        self.peer.unplug()
        wait_until(
            lambda: self.printer.status().condition is Condition.OFFLINE, "the lost connection"
        )

    def plug_in(self) -> None:
        self.peer.plug_in()

    def refuse_next_start(self, print_name: str) -> None:
        self.hands.developer_mode(on=False)

    def lose_next_answer(self, print_name: str) -> None:
        self.peer.quirks.starts_silently = True

    def starts(self, print_name: str | None = None) -> int:
        assert self.hands.state  # what is due begins when somebody looks
        return len(self.peer.journal.starts(print_name or ""))

    def print_as_stranger(self, print_name: str) -> None:
        self.hands.start(f"{print_name}.gcode.3mf", STRANGERS_S)

    def cancel_at_display(self) -> None:
        self.hands.stop()
        wait_until(lambda: self.printer.status().condition in STARTABLE, "its report")

    def remove_print(self) -> None:
        self.hands.clear_bed()

    def close(self) -> None:
        self.printer.close()
        self.peer.kill()
