"""The browser that the pages are tried in: the machine's Chromium, drawing without a GPU."""

import os
import shutil
from pathlib import Path
from typing import Final

PROGRAM: Final = (
    os.environ.get("PRINTD_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
)
IS_INSTALLED: Final = PROGRAM is not None and Path(PROGRAM).exists()
FLAGS: Final = (
    # WebGL in software, the same picture on every machine.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",  # all else is put together without it: that is half the work
    # Nothing but the daemon under test can be reached, by no name.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # containers have little of it
)
