"""A start whose line in the ledger is not on the disk is not sent, so that it is never sent twice.

The disk refuses the sync; the oracle is what the scripted printer was told.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from printd.core.board import Evidence
from printd.printers.ledger import FILE
from tests.peers.bambu import BambuLan
from tests.peers.bambu_bench import adapter, bambu_file
from tests.peers.bambu_speaker import Speaker

pytestmark = [pytest.mark.peer("strace"), pytest.mark.timeout(60)]
NAME = "pd-41-1-abcdefgh-cat"
REFUSED = "inject=fsync,fdatasync:error=EIO:when="
# What was told before it ends still leaves.
START = """
import sys
from pathlib import Path
from printd.printers.bambu.address import Address
from printd.printers.bambu.printer import BambuPrinter, Waits

host, mqtt, ftps, serial, code, fingerprint, ledger, name = sys.argv[1:]
address = Address(
    host=host, serial=serial, code=code, fingerprint=fingerprint,
    mqtt_port=int(mqtt), ftps_port=int(ftps),
)
printer = BambuPrinter("left", address, Path(ledger), waits=Waits(lands_s=1.0))
try:
    printer.start(name)
finally:
    printer.close()
"""


def start_without_a_sync(peer: BambuLan, ledger: Path, trace: Path, which: str) -> str:
    """Start in a program for which these syncs of the ledger fail; return its last words."""
    refuse = ["strace", "-o", str(trace), "-P", str(ledger / FILE), "-e", REFUSED + which]
    where = [peer.host, str(peer.mqtt_port), str(peer.ftps_port), peer.serial, peer.code]
    told = [*where, peer.certificate.fingerprint, str(ledger), NAME]
    done = subprocess.run(
        [*refuse, sys.executable, "-c", START, *told], capture_output=True, text=True, check=False
    )
    return done.stderr


@pytest.mark.parametrize(
    ("which", "why"),
    [("1", "Input/output error"), ("1+", "a line may be half written")],  # nor taken back
)
def test_a_start_whose_line_cannot_be_synced_is_not_sent(
    tmp_path: Path, which: str, why: str
) -> None:
    ledger = tmp_path / "ledger"
    with BambuLan(tmp_path / "machine", broker=Speaker()) as peer:
        peer.quirks.heats_for_s = 0.0
        printer = adapter(peer, ledger, lands_s=1.0)
        try:
            printer.upload(bambu_file(tmp_path / "a.gcode.3mf", layer_s=10_000), NAME)

            said = start_without_a_sync(peer, ledger, tmp_path / "trace", which)

            assert re.search(
                rf"PrinterOffline: The ledger of left cannot be used: .*{why}\. Free", said
            )
            assert printer.evidence(NAME) is Evidence.NOT_STARTED
            assert peer.journal.orders() == []
            printer.start(NAME)
            assert printer.evidence(NAME) is Evidence.RUNNING
        finally:
            printer.close()
        assert len(peer.journal.orders()) == 1
