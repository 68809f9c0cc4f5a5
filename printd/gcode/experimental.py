"""Which files are an experiment on the printer that they are for.

Bambu's printers begin with a long start code of their maker's, which calibrates, chooses a tray and
cleans the nozzle. OrcaSlicer and Bambu Studio write it; no source shows another slicer's files that
print on them day by day, so a person decides.
Source: forums and issue threads of PrusaSlicer and Cura, read 2026-10.
"""

from __future__ import annotations

from typing import Final

from printd.core.machine import Machine

MAKER: Final = "Bambu Lab"  # how the models of its printers begin
PROVEN: Final = frozenset({"OrcaSlicer", "BambuStudio"})
OUR_WORDS: Final = {"orca": "OrcaSlicer", "prusa": "PrusaSlicer"}  # in reports of our own slices


def experiment_of(slicer: str, machine: Machine) -> str | None:
    """Return why G-code of this slicer is an experiment on this machine; None: it is none.

    Args:
        slicer: as the file or the report names it; "": it does not say.
        machine: that the file is for.
    """
    maker = OUR_WORDS.get(slicer, slicer)
    if not machine.model.startswith(MAKER) or maker in PROVEN:
        return None
    made = f"G-code of {maker or 'an unknown slicer'}"
    return (
        f"{made} for {machine.model} is an experiment: it lacks the maker's own start code, which "
        "OrcaSlicer and Bambu Studio write."
    )
