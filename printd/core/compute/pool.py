"""The seam through which all heavy work goes: limited child processes behind an ``Executor``.

A task is a module-level function of plain values and files; it can be repeated and keeps nothing.
Each runs in a fresh process with a deadline and a memory limit; its end, however it comes, takes
along every program that it started, and leaves its neighbour and the next task alone. Nothing
runs, and no helper process or thread exists, while there is nothing to do for ``idle_s``. This is
no queue of jobs: what waits here is lost with the process, and the store is what lasts.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from printd.core.compute.nursery import Nursery
from printd.core.compute.task import Task
from printd.core.compute.verdict import Limits

T = TypeVar("T")
_owner: ContextVar[int | None] = ContextVar("owner", default=None)
DEFAULT_LIMITS: Final = Limits(memory_bytes=2 << 30, wall_s=300.0)
WATCHED_AT_ONCE: Final = 2  # beside the others; each is short


class Closed(RuntimeError):
    """The computing is over; as ``concurrent.futures`` raises it."""


class _Lanes:
    """The threads that take tasks from some queues, the first of these first."""

    def __init__(self, most: int, *queues: deque[Task[Any]]) -> None:
        self.most = most
        self.queues = queues
        self.threads: set[threading.Thread] = set()
        self.idle = 0

    def has_work(self) -> bool:
        """Say whether one of its queues holds a task."""
        return any(self.queues)

    def is_short(self) -> bool:
        """Say whether more tasks wait than threads, and more threads may be."""
        return self.idle < sum(map(len, self.queues)) and len(self.threads) < self.most


class Compute:
    """Runs tasks in child processes, ``workers`` at a time; one per process that computes.

    Tasks that somebody watches (``Limits.is_watched``) go first, and have lanes of their own beside
    those, so that a slice of minutes keeps nobody waiting at a screen.
    """

    def __init__(self, workers: int = 2, idle_s: float = 60.0) -> None:
        self._idle_s = idle_s
        self._nursery = Nursery()
        self._changed = threading.Condition()
        self._waiting: deque[Task[Any]] = deque()
        self._running: set[Task[Any]] = set()
        self._watched: deque[Task[Any]] = deque()
        self._lanes = _Lanes(workers, self._watched, self._waiting)
        self._watched_lanes = _Lanes(WATCHED_AT_ONCE, self._watched)
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def executor(self) -> Executor:
        """The face of ``concurrent.futures``, with ``DEFAULT_LIMITS`` for every task."""
        return _Face(self)

    def submit(
        self, fn: Callable[..., T], /, *args: object, limits: Limits, **kwargs: object
    ) -> Future[T]:
        """Queue a task.

        Args:
            fn: function of an importable module; its result and arguments are plain values.
            args: its arguments.
            limits: what it may use.
            kwargs: its arguments by name; ``limits`` is not passed on.

        Returns:
            A future whose ``cancel`` also ends a running task, and returns when nothing of it
            runs any more. It raises what ``run`` raises.

        Raises:
            InternalError: function or arguments cannot be handed to another process.
            RuntimeError: after ``close``.
        """
        task = Task(fn, args, kwargs, limits)
        task.owner = _owner.get()
        with self._changed:
            if self._closed:
                raise Closed("cannot schedule new futures after close")
            (self._watched if limits.is_watched else self._waiting).append(task)
            if self._lanes.is_short():
                self._open(self._lanes)
            elif self._watched_lanes.is_short() and self._lanes.idle < len(self._watched):
                self._open(self._watched_lanes)
            self._changed.notify_all()
        return task

    def run(self, fn: Callable[..., T], /, *args: object, limits: Limits, **kwargs: object) -> T:
        """Run a task and wait for it.

        Raises:
            ComputeTimeout: it did not end within ``limits.wall_s``.
            ComputeMemory: it needed more than ``limits.memory_bytes``.
            ComputeCrashed: it was ended by a signal or an exit of its own.
            InternalError: it returned or raised what cannot be carried over.
            CancelledError: ``close`` was called before or meanwhile; nothing of it stays.
            Exception: its own otherwise.
        """
        try:
            future = self.submit(fn, *args, limits=limits, **kwargs)
        except Closed as error:
            raise CancelledError from error
        try:
            return future.result()
        finally:
            future.cancel()  # a Ctrl-C in this thread leaves nothing behind

    @contextmanager
    def owned_by(self, owner: int) -> Iterator[None]:
        """Give the tasks that this thread submits inside to ``owner``, for ``cancel``."""
        token = _owner.set(owner)
        try:
            yield
        finally:
            _owner.reset(token)

    def cancel(self, owner: int) -> None:
        """End every task of ``owner``; their callers get CancelledError."""
        with self._changed:
            unwanted = [task for task in self._tasks() if task.owner == owner]
        for task in unwanted:
            task.cancel()

    def close(self) -> None:
        """Kill what runs, cancel what waits, end all threads and processes; safe to repeat."""
        with self._changed:
            self._closed = True
            unwanted = self._tasks()
            self._waiting.clear()
            self._watched.clear()
            threads = (*self._lanes.threads, *self._watched_lanes.threads)
            self._changed.notify_all()
        for task in unwanted:
            task.cancel()
        for thread in threads:
            thread.join()
        self._nursery.end()

    def _tasks(self) -> list[Task[Any]]:
        return [*self._watched, *self._waiting, *self._running]

    def _open(self, lanes: _Lanes) -> None:
        # Not held at the exit of the interpreter: the lines close, the guards clean up.
        thread = threading.Thread(target=self._lane, args=(lanes,), name="compute", daemon=True)
        lanes.threads.add(thread)
        thread.start()

    def _lane(self, lanes: _Lanes) -> None:
        while (task := self._next(lanes)) is not None:
            task.perform(self._nursery)
            with self._changed:
                self._running.discard(task)

    def _next(self, lanes: _Lanes) -> Task[Any] | None:
        """Return the next task; after ``idle_s`` without one, end this lane."""
        with self._changed:
            lanes.idle += 1
            self._changed.wait_for(lambda: lanes.has_work() or self._closed, self._idle_s)
            lanes.idle -= 1
            for queue in lanes.queues:
                if queue:
                    task = queue.popleft()
                    self._running.add(task)
                    return task
            lanes.threads.discard(threading.current_thread())
            if not (self._lanes.threads or self._watched_lanes.threads):
                self._nursery.end()
            return None


class _Face(Executor):
    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        return self._compute.submit(fn, *args, limits=DEFAULT_LIMITS, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as declared
        """Do nothing: the Compute outlives its face and is closed by its owner."""
