"""The loop that moves jobs: which are due, on which lane each step runs, what a person asked.

What is under way is a set in memory: states are facts, so a crash needs no cleaning up. ``cpu``
steps wait for a calculation, ``net`` steps for a printer, ``far`` steps for a service; each lane is
a small pool of threads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor

from printd.core.clock import utc_now
from printd.core.errors import CannotWriteNow
from printd.core.jobs import AT_PRINTER, State
from printd.core.log import about
from printd.core.store import StaleJob, Store
from printd.pipeline.at_printer import PARKED_S
from printd.pipeline.record import write_record
from printd.pipeline.table import STEP_FROM, Step, run_step
from printd.pipeline.tools import Tools

log = logging.getLogger(__name__)
TICK_S = 0.1  # a request from another program is seen within this
ROOM_AGAIN_S = 10.0
FAR_LANES = 8  # orders and downloads at the same time: a service that stalls delays no printer
NEED_PRINTER = AT_PRINTER | {State.SLICED}
MOST_NET_LANES = 1000  # a thread is made only when a step finds none that waits


class Worker:
    """Moves the jobs of one store."""

    def __init__(
        self,
        store: Store,
        tools: Tools,
        *,
        cpu_lanes: int,
        net_lanes: int,
        asked: Callable[[], None],
        moved: Callable[[str | None], None],
        failed: Callable[[BaseException], None],
        beat: Callable[[], None],
    ) -> None:
        self._store = store
        self._tools = tools
        self._asked = asked  # another program has written: somebody may ask for something
        self._moved = moved  # told the printer of a job that has moved
        self._failed = failed
        self._beat = beat
        self._lanes = {
            "cpu": ThreadPoolExecutor(cpu_lanes, thread_name_prefix="cpu"),
            "net": ThreadPoolExecutor(MOST_NET_LANES, thread_name_prefix="net"),
            "far": ThreadPoolExecutor(FAR_LANES, thread_name_prefix="far"),
        }
        self._net_lanes = net_lanes
        # Below 0: there were more before.
        self._free = {"cpu": cpu_lanes, "net": net_lanes, "far": FAR_LANES}
        self._lock = threading.Lock()
        self._under_way: dict[int, int] = {}  # job -> the shop that its step has seen
        self._not_before: dict[int, float] = {}  # job -> time.monotonic()
        self._changed = True
        self._shop_changed = False
        self._shop_version = 0
        self._woken = threading.Event()
        self._seen_version = -1
        self._ask_again_s = 0.0

    def wake(self) -> None:
        """Look at the jobs soon: one of them has changed."""
        self._changed = True
        self._woken.set()

    def ask_soon(self) -> None:
        """Look soon for what is asked, although no other program has written."""
        self._seen_version = -1
        self._woken.set()

    def wake_waiting(self) -> None:
        """Look at the jobs that need a printer: a printer, a bed or a wish has changed."""
        with self._lock:
            self._shop_changed = True
            self._shop_version += 1
        self.wake()

    def use_net_lanes(self, count: int) -> None:
        """Let so many steps wait for printers at once from now on; none under way is ended."""
        with self._lock:
            self._free["net"] += count - self._net_lanes
            self._net_lanes = count
        self.wake()

    def is_idle(self) -> bool:
        """Return whether no step is under way."""
        with self._lock:
            return not self._under_way

    def run(self, stop: threading.Event) -> None:
        """Move jobs until ``stop`` is set, then wait for the steps under way."""
        try:
            while not stop.is_set():
                self._woken.clear()
                self.tick(time.monotonic())
                self._beat()
                self._woken.wait(TICK_S)
        finally:
            for lane in self._lanes.values():
                lane.shutdown(wait=True, cancel_futures=True)

    def tick(self, now_s: float) -> None:
        """Do what was asked and hand due steps to their lanes.

        Args:
            now_s: ``time.monotonic()``.
        """
        version = self._store.database.changed_by_others()
        if version != self._seen_version and now_s >= self._ask_again_s:
            self._ask(version, now_s)
            self._changed = True
        with self._lock:
            timer = any(due <= now_s for due in self._not_before.values())
        if self._changed or timer:
            self._changed = False
            self._hand_out(now_s)

    def _ask(self, version: int, now_s: float) -> None:
        try:
            self._asked()
        except CannotWriteNow as error:
            log.warning("%s", error)
            self._ask_again_s = now_s + ROOM_AGAIN_S
        else:
            self._seen_version = version

    def _hand_out(self, now_s: float) -> None:
        jobs = self._store.under_way()
        here = {job.number for job in jobs}
        now = utc_now()
        with self._lock:
            if self._shop_changed:
                self._shop_changed = False
                for job in jobs:
                    if job.state in NEED_PRINTER:
                        self._not_before.pop(job.number, None)
            for number in self._not_before.keys() - here:
                del self._not_before[number]
        turns: frozenset[int] | None = None
        # Jobs at a printer first: what prints is looked at whatever else waits.
        for job in sorted(jobs, key=lambda job: (-_nearness(job.state), job.number)):
            if job.due_at is not None and job.due_at > now:
                wait_s = (job.due_at - now).total_seconds()
                with self._lock:
                    self._not_before.setdefault(job.number, now_s + wait_s)
                continue
            step = STEP_FROM[job.state, job.given, job.away]
            if job.state is State.SLICED and self._may_begin(job.number, step, now_s):
                turns = self._tools.line.look() if turns is None else turns
                if job.number not in turns:
                    self._park(job.number, now_s)
                    continue
            self._hand_over(job.number, step, now_s)

    def _may_begin(self, number: int, step: Step, now_s: float) -> bool:
        with self._lock:
            busy = number in self._under_way or self._free[step.lane] <= 0
            return not busy and self._not_before.get(number, 0.0) <= now_s

    def _park(self, number: int, now_s: float) -> None:
        """Let a job wait whose turn it is not; a change at a printer wakes it before."""
        with self._lock:
            self._not_before[number] = now_s + PARKED_S

    def _hand_over(self, number: int, step: Step, now_s: float) -> None:
        if not self._may_begin(number, step, now_s):
            return
        with self._lock:
            self._not_before.pop(number, None)
            self._under_way[number] = self._shop_version
            self._free[step.lane] -= 1
        self._lanes[step.lane].submit(self._step, number, step)

    def _step(self, number: int, step: Step) -> None:
        again_s: float | None = None
        try:
            with about(job=number, step=step.gives), self._tools.compute.owned_by(number):
                again_s = self._run(number, step)
        except CannotWriteNow as error:
            log.warning("%s", error)
            again_s = ROOM_AGAIN_S
        except BaseException as error:  # noqa: BLE001  a fault outside a step ends the daemon
            self._failed(error)
        finally:
            with self._lock:
                looked_at = self._under_way.pop(number)
                self._free[step.lane] += 1
                if again_s is not None:
                    # What changed while the step looked may have been seen or not: look again.
                    wait_s = again_s if looked_at == self._shop_version else 0.0
                    self._not_before[number] = time.monotonic() + wait_s
        self.wake()

    def _run(self, number: int, step: Step) -> float | None:
        job = self._store.job(number)
        if job.state is not step.takes:
            return None
        try:
            again_s = run_step(step, job, self._tools, self._store)
        except StaleJob:
            log.info("result dropped: the job was moved meanwhile")
            return None
        except CancelledError:
            return TICK_S  # the daemon is stopping: the step did not happen
        after = self._store.job(number)
        if after.revision != job.revision:
            log.info("%s", after.state)
            self._moved(after.printer or job.printer)
            if step.takes is State.SLICED:  # who stood behind it in line may have its turn now
                self.wake_waiting()
            write_record(self._store, self._tools.folders, number)
        return again_s


def _nearness(state: State) -> int:
    """Rank the states at a printer before all others, which keep the order they came in."""
    order = (State.ASSIGNED, State.UPLOADED, State.PRINTING)
    return order.index(state) + 1 if state in order else 0
