"""One place to compute for all tests of a process, so that numpy is loaded once."""

import atexit
import functools

from printd.core.compute import Compute


@functools.cache
def shared_compute() -> Compute:
    """Return it; it starts nothing before it is needed, and ends with the process."""
    made = Compute(workers=2, idle_s=600.0)
    atexit.register(made.close)
    return made
