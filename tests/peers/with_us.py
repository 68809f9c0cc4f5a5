"""Programs that end with the test that started them, also when that is killed."""

import shutil
from typing import Final

_SETPRIV: Final = shutil.which("setpriv")
# Before the words of a program: it keeps its pid, and is killed when the thread that started it
# ends. Tests start daemons in their main thread.
WITH_US: Final = (_SETPRIV, "--pdeathsig", "KILL") if _SETPRIV else ()
