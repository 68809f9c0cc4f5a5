"""A program that computes, to be killed by a test: ``python -m tests.peers.compute_parent FOLDER``.

It has no ``__main__`` guard on purpose: a worker that ran it again would print its line twice.
"""

import sys
from concurrent.futures import Future, wait
from typing import Any

from printd.core.compute import Compute, Limits
from tests.peers import tasks

folder = sys.argv[1]
limits = Limits(memory_bytes=1 << 30, wall_s=100.0)
sys.stdout.write("begins\n")
sys.stdout.flush()
with Compute() as compute:
    futures: list[Future[Any]] = [
        compute.submit(tasks.numpy_for_ever, f"{folder}/numpy", limits=limits),
        compute.submit(tasks.start_programs, f"{folder}/programs", 1000.0, limits=limits),
    ]
    wait(futures)
