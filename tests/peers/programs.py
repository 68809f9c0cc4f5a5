"""Small programs that behave as bad slicers do; each is a real file that a test runs."""

import os
import time
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


def is_gone(pid: int) -> bool:
    """Wait a moment for the kernel; a zombie counts as gone."""
    deadline_s = time.monotonic() + 5
    while time.monotonic() < deadline_s:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    os.kill(pid, 9)
    return False
