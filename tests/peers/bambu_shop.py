"""A daemon whose only printer is a scripted Bambu printer, and what it prints there."""

from collections import Counter
from pathlib import Path
from typing import Any

from tests.peers.bambu import BambuLan
from tests.peers.bambu_files import sliced
from tests.peers.orca_presets import write_profile
from tests.peers.slicer_benches import STAND_IN


def settings_for(peer: BambuLan, folder: Path, profile: str = "") -> dict[str, Any]:
    """Return the settings of a daemon that takes G-code for the printer ``p1``.

    Args:
        peer: the printer.
        folder: for its access code and its profile.
        profile: a shipped one, for PrusaSlicer; "": presets of OrcaSlicer.
    """
    folder.mkdir(exist_ok=True)
    code = folder / "p1.code"
    code.write_text(peer.code)
    code.chmod(0o600)
    product = peer.model.product
    spool = "external" if profile else "auto"
    profile = profile or str(write_profile(folder / "profiles" / "lab", model=product))
    printer = {
        "kind": "bambu",
        "speed": None,
        "profile": profile,
        "host": peer.host,
        "serial": peer.serial,
        "access_code_file": str(code),
        "fingerprint": peer.certificate.fingerprint,
        "mqtt_port": peer.mqtt_port,
        "ftps_port": peer.ftps_port,
        "spool": spool,
        "lands_s": 2,
    }
    return {
        "drop": {"gcode": True},
        "printers": {"p1": printer},
        "slicers": {"orca": {"program": str(STAND_IN)}},
        "limits": {"start_evidence_s": 1.0},
    }


def part(folder: Path, seconds: int) -> bytes:
    """Return a file that prints for so many of the printer's seconds."""
    return sliced(folder / "part.gcode.3mf", seconds).read_bytes()


def starts_by_job(peer: BambuLan) -> Counter[str]:
    """Count what physically started, by the number of the job."""
    assert peer.hands.state  # what is due begins when somebody looks
    return Counter(line.name.split("-")[1] for line in peer.journal.starts())
