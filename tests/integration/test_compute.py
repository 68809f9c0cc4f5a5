"""Compute: whatever becomes of a task, its neighbour and the next one run, and nothing is left."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, wait
from contextlib import contextmanager
from pathlib import Path

import pytest

from printd.core.compute import Compute, Limits
from printd.core.errors import (
    ComputeCrashed,
    ComputeMemory,
    ComputeTimeout,
    InternalError,
    PhotoTooSmall,
)
from tests.peers import tasks

ROOT = Path(__file__).parents[2]
LIMITS = Limits(memory_bytes=1 << 30, wall_s=60.0)
DEADLINE_S = 20.0


@pytest.fixture(scope="module")
def compute() -> Iterator[Compute]:
    with Compute(workers=2) as compute:
        yield compute


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


def told(path: Path) -> list[int]:
    until(path.exists, f"{path.name} is not told")
    return [int(word) for word in path.read_text().split()]


def parents() -> dict[int, int]:
    """Return the parent of each process that runs; a zombie does not."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if state != "Z":
                found[int(entry.name)] = int(parent)
    return found


def below(root: int) -> set[int]:
    tree, family = parents(), {root}
    while more := {pid for pid, parent in tree.items() if parent in family} - family:
        family |= more
    return family - {root}


def running(pids: list[int] | set[int]) -> set[int]:
    return set(pids) & parents().keys()


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def assert_gone(pids: list[int] | set[int]) -> None:
    until(lambda: not running(pids), f"still there: {running(pids)} of {pids}")


@contextmanager
def neighbour(compute: Compute, folder: Path) -> Iterator[None]:
    """Keep one worker busy; at the end it must have gone on as if nothing had happened."""
    started, go_on = folder / "neighbour", folder / "go"
    future = compute.submit(tasks.wait_for, str(started), str(go_on), limits=LIMITS)
    told(started)
    try:
        yield
    finally:
        go_on.touch()
    assert future.result(DEADLINE_S) == "unharmed"


def program_that_computes(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.peers.compute_parent", str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


# What a task gives back.


def test_a_task_gets_its_arguments_and_gives_its_value(compute: Compute) -> None:
    assert compute.run(tasks.add, 2, 3, limits=LIMITS, times=4) == 20


def test_our_errors_arrive_whole(compute: Compute) -> None:
    with pytest.raises(PhotoTooSmall) as caught:
        compute.run(tasks.raise_ours, limits=LIMITS)
    assert caught.value.problem == "The picture is 3 by 4 pixels."
    assert caught.value.action == "Take a larger one."


def test_a_foreign_error_arrives_with_the_place_it_came_from(compute: Compute) -> None:
    with pytest.raises(ValueError, match="seven is odd") as caught:
        compute.run(tasks.raise_value_error, limits=LIMITS)
    assert "raise_value_error" in "".join(caught.value.__notes__)


def test_arguments_and_results_larger_than_the_line_arrive(compute: Compute) -> None:
    assert compute.run(tasks.length, b"x" * (30 << 20), limits=LIMITS) == 30 << 20
    assert len(compute.run(tasks.large, 30 << 20, limits=LIMITS)) == 30 << 20


def test_what_no_worker_can_take_is_refused_at_once(compute: Compute) -> None:
    with pytest.raises(InternalError, match="cannot be handed to a worker"):
        compute.submit(lambda: None, limits=LIMITS)
    with pytest.raises(InternalError, match="cannot be handed to a worker"):
        compute.submit(tasks.length, threading.Lock(), limits=LIMITS)


def test_every_task_has_a_process_of_its_own_and_two_run_at_a_time(compute: Compute) -> None:
    futures = [compute.submit(tasks.span, 0.02, limits=LIMITS) for _ in range(20)]
    spans = [future.result() for future in futures]
    assert len({pid for pid, _, _ in spans}) == 20
    at_once = [sum(begin <= moment < end for _, begin, end in spans) for _, moment, _ in spans]
    assert max(at_once) == 2


def test_the_executor_face_submits_and_maps(compute: Compute) -> None:
    with compute.executor as executor:
        assert executor.submit(tasks.add, 1, 2, times=3).result() == 9
        assert list(executor.map(tasks.add, [1, 2, 3], [4, 5, 6])) == [5, 7, 9]
    assert compute.run(tasks.add, 1, 1, limits=LIMITS) == 2


# What a worker finds around it.


def test_a_worker_is_limited_and_apart(compute: Compute, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRINTD_TEST_SECRET", "s3cret")
    with Compute() as compute:
        found = compute.run(tasks.surroundings, limits=Limits(memory_bytes=1 << 30, wall_s=60.0))
    assert found["stdin"] == "/dev/null"
    assert found["session"] is True
    assert found["memory"] == 1 << 30
    assert found["core"] == (0, 0)
    assert found["files"] == 256
    assert isinstance(found["cpu_s"], int)
    assert found["cpu_s"] >= 60
    assert found["oom"] == 500
    assert found["nice"] == os.nice(0) + 10
    assert found["blas"] == "1"
    assert found["threads"] == "1"
    assert found["numpy"] is True
    assert found["secret"] is None
    assert found["blocked"] == 0
    assert found["main"] is False
    assert found["descriptors"] == [0, 1, 2, 3, 4]  # 3 its line, 4 the listing itself


def test_a_file_larger_than_allowed_is_not_written(compute: Compute, tmp_path: Path) -> None:
    limits = Limits(memory_bytes=1 << 30, wall_s=60.0, file_bytes=4096)
    compute.run(tasks.write_file, str(tmp_path / "small"), 4096, limits=limits)
    with pytest.raises(OSError, match="too large"):
        compute.run(tasks.write_file, str(tmp_path / "large"), 4097, limits=limits)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_of_a_terminal_or_a_stop_end_no_task(compute: Compute, number: int) -> None:
    assert compute.run(tasks.signal_us_and_go_on, int(number), limits=LIMITS) == "still here"


def test_the_nursery_has_one_thread_as_a_fork_needs_and_no_terminal(compute: Compute) -> None:
    compute.run(tasks.nothing, limits=LIMITS)
    ours = [pid for pid, parent in parents().items() if parent == os.getpid()]
    # That of other tests may be among them, and their peers.
    nurseries = [
        pid
        for pid in ours
        if b"-m\0printd.core.compute.child" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    assert nurseries
    for nursery in nurseries:
        assert "Threads:\t1\n" in Path(f"/proc/{nursery}/status").read_text()
        assert os.getsid(nursery) == nursery


# Bad ends: the neighbour and the next task do not notice.

SHORT = Limits(memory_bytes=1 << 30, wall_s=0.3)
BAD_ENDS: list[tuple[type[Exception], str, Limits, Callable[..., object], tuple[object, ...]]] = [
    (ComputeMemory, "1024 MiB", LIMITS, tasks.fill_memory_with_bytes, (2 << 30,)),
    (ComputeMemory, "1024 MiB", LIMITS, tasks.fill_memory_with_numpy, (2 << 30,)),
    (ComputeMemory, "1 MiB", Limits(1 << 20, 60.0), tasks.large, (1 << 20,)),
    (ComputeMemory, "1024 MiB", LIMITS, tasks.die_by_segv_with_memory, (800 << 20,)),
    (ComputeTimeout, r"0\.3 seconds", SHORT, tasks.sleep, (1000,)),
    (ComputeTimeout, r"0\.3 seconds", SHORT, tasks.numpy_for_ever, ()),
    (ComputeCrashed, "SIGABRT", LIMITS, tasks.abort, ()),
    (ComputeCrashed, "exit status 7", LIMITS, tasks.leave, (7,)),
    (ComputeCrashed, "SIGKILL", LIMITS, tasks.killed_while_answering, ()),
    (InternalError, "SystemExit: 3", LIMITS, tasks.system_exit, ()),
    (InternalError, "TwoWords: these are", LIMITS, tasks.raise_unpicklable, ()),
    (InternalError, "function", LIMITS, tasks.unpicklable_result, ()),
    (InternalError, "no plain value", LIMITS, tasks.array_result, ()),
    (InternalError, "more than 64 MiB", LIMITS, tasks.large, (65 << 20,)),
]


@pytest.mark.parametrize(
    ("kind", "words", "limits", "function", "args"),
    BAD_ENDS,
    ids=[f"{row[3].__name__}-{row[0].__name__}" for row in BAD_ENDS],
)
def test_a_bad_end_is_told_and_harms_nobody(
    compute: Compute,
    tmp_path: Path,
    kind: type[Exception],
    words: str,
    limits: Limits,
    function: Callable[..., object],
    args: tuple[object, ...],
) -> None:
    with neighbour(compute, tmp_path):
        with pytest.raises(kind, match=words):
            compute.run(function, *args, limits=limits)
        assert compute.run(tasks.add, 1, 2, limits=LIMITS) == 3


@pytest.mark.parametrize("generations_up", [0, 1])
def test_a_worker_or_its_guard_killed_from_outside_harms_nobody(
    compute: Compute, tmp_path: Path, generations_up: int
) -> None:
    with neighbour(compute, tmp_path):
        future = compute.submit(tasks.start_programs, str(tmp_path / "pids"), 1000.0, limits=LIMITS)
        pids = told(tmp_path / "pids")
        victim = parents()[pids[0]] if generations_up else pids[0]
        os.kill(victim, signal.SIGKILL)
        with pytest.raises(ComputeCrashed):
            future.result(DEADLINE_S)
        assert_gone({*pids, victim})
        assert compute.run(tasks.add, 1, 2, limits=LIMITS) == 3


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_nursery_killed_from_outside_harms_nobody(tmp_path: Path, number: int) -> None:
    with Compute() as compute:
        go_on = tmp_path / "go"
        future = compute.submit(tasks.wait_for, str(tmp_path / "pid"), str(go_on), limits=LIMITS)
        (worker,) = told(tmp_path / "pid")
        os.kill(parents()[parents()[worker]], number)
        assert compute.run(tasks.add, 1, 2, limits=LIMITS) == 3
        go_on.touch()
        assert future.result(DEADLINE_S) == "unharmed"


def test_a_nursery_killed_with_a_request_unread_is_replaced() -> None:
    with Compute() as compute:
        before = below(os.getpid())
        compute.run(tasks.nothing, limits=LIMITS)
        until(lambda: len(below(os.getpid()) - before) == 1, "the guard does not end")
        (nursery,) = below(os.getpid()) - before
        os.kill(nursery, signal.SIGSTOP)
        future = compute.submit(tasks.add, 1, 2, limits=LIMITS)
        until(future.running, "no thread has taken it")
        os.kill(nursery, signal.SIGKILL)
        assert future.result(DEADLINE_S) == 3


# What a task started goes with it.


def test_programs_go_when_their_task_ends_well(compute: Compute, tmp_path: Path) -> None:
    assert compute.run(tasks.start_programs, str(tmp_path / "pids"), 0.0, limits=LIMITS) == (
        "left them running"
    )
    assert running(told(tmp_path / "pids")) == set()


def test_programs_go_when_the_time_is_over(compute: Compute, tmp_path: Path) -> None:
    with pytest.raises(ComputeTimeout):
        compute.run(tasks.start_programs, str(tmp_path / "pids"), 1000.0, limits=Limits(1 << 30, 1))
    assert running(told(tmp_path / "pids")) == set()


def test_after_cancel_returns_nothing_of_the_task_runs(compute: Compute, tmp_path: Path) -> None:
    future = compute.submit(tasks.start_programs, str(tmp_path / "pids"), 1000.0, limits=LIMITS)
    pids = told(tmp_path / "pids")
    assert running(pids) == set(pids)
    assert future.running()
    assert future.cancel()
    assert running(pids) == set()
    with pytest.raises(CancelledError):
        future.result()


def test_after_close_returns_nothing_is_left(tmp_path: Path) -> None:
    threads, descriptors = threading.enumerate(), open_descriptors()
    children = below(os.getpid())
    compute = Compute(workers=2)
    busy = [
        compute.submit(tasks.start_programs, str(tmp_path / name), 1000.0, limits=LIMITS)
        for name in ("one", "two")
    ]
    waiting = compute.submit(tasks.nothing, limits=LIMITS)
    pids = told(tmp_path / "one") + told(tmp_path / "two")
    compute.close()
    assert running(pids) == set()
    assert below(os.getpid()) <= children  # of an earlier test, one may just have ended
    assert threading.enumerate() == threads
    assert open_descriptors() == descriptors
    done, _ = wait(busy, timeout=0)
    assert [future.cancelled() for future in done] == [True, True]
    assert wait([waiting], timeout=0).done == {waiting}
    with pytest.raises(RuntimeError, match="after close"):
        compute.submit(tasks.nothing, limits=LIMITS)
    compute.close()


def test_a_task_that_waits_is_cancelled_and_never_runs(tmp_path: Path) -> None:
    with Compute(workers=1) as compute:
        go_on = tmp_path / "go"
        first = compute.submit(tasks.wait_for, str(tmp_path / "pid"), str(go_on), limits=LIMITS)
        second = compute.submit(tasks.write_file, str(tmp_path / "second"), 1, limits=LIMITS)
        told(tmp_path / "pid")
        assert second.cancel()
        go_on.touch()
        assert first.result(DEADLINE_S) == "unharmed"
        assert compute.run(tasks.add, 1, 2, limits=LIMITS) == 3
        assert not (tmp_path / "second").exists()
        assert not first.cancel()


def test_what_somebody_watches_does_not_wait_behind_what_takes_long(tmp_path: Path) -> None:
    watched = Limits(memory_bytes=1 << 30, wall_s=60.0, is_watched=True)
    with Compute(workers=1) as compute:
        go_on = tmp_path / "go"
        long = compute.submit(tasks.wait_for, str(tmp_path / "pid"), str(go_on), limits=LIMITS)
        waiting = compute.submit(tasks.add, 1, 1, limits=LIMITS)
        told(tmp_path / "pid")
        soon = [compute.submit(tasks.add, 1, n, limits=watched) for n in range(5)]
        assert [future.result(DEADLINE_S) for future in soon] == [1, 2, 3, 4, 5]
        assert not waiting.done()
        assert compute.run(tasks.surroundings, limits=watched)["nice"] == os.nice(0)
        go_on.touch()
        assert long.result(DEADLINE_S) == "unharmed"
        assert waiting.result(DEADLINE_S) == 2


def test_what_a_function_names_is_loaded_before_its_worker_is_forked(compute: Compute) -> None:
    assert compute.run(tasks.is_at_hand, "colorsys", limits=LIMITS)


def test_a_task_is_cancelled_while_the_nursery_starts() -> None:
    with Compute() as compute:
        future = compute.submit(tasks.sleep, 1000.0, limits=LIMITS)
        while not future.running():
            pass
        begin = time.monotonic()
        assert future.cancel()
        assert time.monotonic() - begin < DEADLINE_S


def test_cancel_at_any_moment_leaves_nothing() -> None:
    before = below(os.getpid())
    with Compute(workers=2) as compute:
        for number in range(30):
            future: Future[str] = compute.submit(tasks.sleep, 1000.0, limits=LIMITS)
            threading.Event().wait(number / 2000)  # a different moment of the start each time
            assert future.cancel()
        assert compute.run(tasks.add, 1, 2, limits=LIMITS) == 3
        until(lambda: len(below(os.getpid()) - before) == 1, "more than the nursery is left")


@pytest.mark.parametrize(
    ("number", "whole_group"),
    [(signal.SIGKILL, False), (signal.SIGTERM, False), (signal.SIGINT, True)],
    ids=["killed", "terminated", "ctrl-c"],
)
def test_when_the_program_dies_everything_of_it_goes(
    tmp_path: Path, number: int, whole_group: bool
) -> None:
    with program_that_computes(tmp_path) as program:
        pids = told(tmp_path / "numpy") + told(tmp_path / "programs")
        family = below(program.pid)
        assert set(pids) <= family
        assert len(family) == 1 + 2 + 2 + 3  # nursery, guards, workers, started programs
        assert {str(Path(f"/proc/{pid}/fd/0").readlink()) for pid in family} == {"/dev/null"}
        (os.killpg if whole_group else os.kill)(program.pid, number)
        program.wait(DEADLINE_S)
        assert_gone(family)
        assert program.stdout is not None
        assert program.stdout.read() == b"begins\n"  # no worker ran the main module again


def test_workers_go_even_when_program_nursery_and_guards_are_killed_at_once(
    tmp_path: Path,
) -> None:
    with program_that_computes(tmp_path) as program:
        workers = [*told(tmp_path / "numpy"), told(tmp_path / "programs")[0]]
        tree, family = parents(), below(program.pid)
        guards = {tree[worker] for worker in workers}
        os.kill(program.pid, signal.SIGSTOP)  # it must not notice and help
        try:
            for pid in (*{tree[guard] for guard in guards}, *guards):
                os.kill(pid, signal.SIGKILL)
            assert_gone(workers)
        finally:
            program.kill()
            for pid in running(family):
                os.kill(pid, signal.SIGKILL)


# At rest.


def test_idle_processes_and_threads_end_and_a_later_task_starts_them_again() -> None:
    before, threads = below(os.getpid()), threading.enumerate()
    with Compute(workers=2, idle_s=0.1) as compute:
        for _ in range(2):
            assert compute.run(tasks.add, 1, 2, limits=LIMITS) == 3
            until(lambda: threading.enumerate() == threads, "a thread is left")
            until(lambda: below(os.getpid()) == before, "a process is left")


def test_the_program_that_asks_loads_no_heavy_library() -> None:
    code = """
import sys
from printd.core.compute import Compute, Limits
from tests.peers import tasks
with Compute() as compute:
    for function in (tasks.surroundings, tasks.array_result):
        try:
            print(compute.run(function, limits=Limits(1 << 30, 60.0))["numpy"])
        except Exception as error:
            print(type(error).__name__)
heavy = {"numpy", "scipy", "PIL", "trimesh", "ctypes", "multiprocessing"}
print(sorted(heavy & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[:3] == ["True", "InternalError", "[]"]
    assert done.stderr == ""


def test_a_function_of_the_main_module_is_refused_in_words() -> None:
    code = """
from printd.core.compute import Compute, Limits
def task(): ...
Compute().run(task, limits=Limits(1 << 30, 60.0))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "task is in the main module" in done.stderr


def test_a_warm_worker_costs_little(compute: Compute) -> None:
    compute.run(tasks.nothing, limits=LIMITS)
    costs_ms = []
    for _ in range(10):
        begin = time.perf_counter()
        compute.run(tasks.nothing, limits=LIMITS)
        costs_ms.append((time.perf_counter() - begin) * 1000)
    print(f"warm worker: {sorted(costs_ms)[5]:.1f} ms median of 10")  # noqa: T201
    assert min(costs_ms) < 100  # loading the libraries anew takes 200 and more
