"""Small programs that behave as bad slicers do; each is a real file that a test runs."""

from pathlib import Path

SAYS_IT_IS_PRUSA = """\
#!/usr/bin/python3
import os, signal, sys, time, resource
if "--help" in sys.argv:
    print("PrusaSlicer-2.9.2+TEST based on Slic3r")
    sys.exit(0)
out = sys.argv[sys.argv.index("--output") + 1]
model = sys.argv[-1]
"""


def program(folder: Path, behaviour: str, name: str = "prusa-slicer") -> Path:
    """Write a program that answers the probe and then behaves so."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(SAYS_IT_IS_PRUSA + behaviour)
    path.chmod(0o755)
    return path
