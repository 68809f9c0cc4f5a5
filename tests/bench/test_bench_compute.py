"""What an empty task costs: with the nursery ready, and from nothing."""

import statistics
import time
from concurrent.futures import wait

from printd.core.compute import Compute, Limits
from tests.peers import tasks

LIMITS = Limits(memory_bytes=1 << 30, wall_s=60.0)


def cost_ms(compute: Compute) -> float:
    begin = time.perf_counter()
    compute.run(tasks.nothing, limits=LIMITS)
    return (time.perf_counter() - begin) * 1000


def test_an_empty_task_costs_less_warm_than_cold() -> None:
    cold: list[float] = []
    warm: list[float] = []
    for _ in range(5):
        with Compute() as compute:
            cold.append(cost_ms(compute))
            warm.extend(cost_ms(compute) for _ in range(20))
    warm_ms, cold_ms = statistics.median(warm), statistics.median(cold)
    p95_ms = sorted(warm)[94]
    print(f"empty task: warm {warm_ms:.1f} (p95 {p95_ms:.1f}), cold {cold_ms:.0f} ms")
    assert warm_ms < 50
    assert warm_ms * 3 < cold_ms


def test_twenty_empty_tasks_on_two_workers() -> None:
    with Compute(workers=2) as compute:
        cost_ms(compute)
        begin = time.perf_counter()
        wait([compute.submit(tasks.nothing, limits=LIMITS) for _ in range(20)])
        elapsed_ms = (time.perf_counter() - begin) * 1000
    print(f"20 empty tasks on 2 workers: {elapsed_ms:.0f} ms")
    assert elapsed_ms < 1000
