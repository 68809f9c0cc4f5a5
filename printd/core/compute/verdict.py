"""What became of a calculation: its value, its own exception, or one of ours in words.

A worker's answer is trusted as far as plain values go: anything that would load the heavy
libraries into the process that asked is refused.
"""

from __future__ import annotations

import io
import pickle
import signal
from dataclasses import dataclass
from typing import Any, Final

from printd.core.compute.nursery import MEMORY, PRELOAD, RAISED, UNFIT
from printd.core.errors import ComputeCrashed, ComputeMemory, ComputeTimeout, InternalError

ANSWER_BYTES: Final = 64 << 20
NEAR_LIMIT: Final = 0.75  # of the memory limit: a death by signal is then laid to it
SIGNAL_NAMES: Final = {number.value: number.name for number in signal.Signals}
HEAVY: Final = frozenset(name.partition(".")[0] for name in PRELOAD) | {"trimesh"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one calculation may use.

    Args:
        memory_bytes: address space; the loaded libraries are part of it.
        wall_s: seconds from the start of the work, waiting for a free worker not counted.
        file_bytes: size of the largest file it may write; None for no limit.
        is_watched: somebody waits at a screen, so it waits behind no long work, in line or
            for the processor.
    """

    memory_bytes: int
    wall_s: float
    file_bytes: int | None = None
    is_watched: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the worker ended: its answer, its exit code (negative: a signal), its memory at most."""

    answer: bytes
    exit_code: int | None  # None: the guard was killed too, nobody knows
    resident_bytes: int
    late: bool
    too_much: bool


def judge(name: str, limits: Limits, outcome: Outcome) -> Any:
    """Return the value of the calculation, or raise what became of it.

    Raises:
        ComputeTimeout: it did not end in time.
        ComputeMemory: it needed more than its memory.
        ComputeCrashed: a signal, or an exit of its own, ended it.
        InternalError: what it returned or raised cannot be carried over.
        Exception: its own exception otherwise.
    """
    code, allowed_mb = outcome.exit_code, limits.memory_bytes >> 20
    memory = f"The calculation `{name}` needed more than the {allowed_mb} MiB it may use."
    if outcome.too_much:
        raise InternalError(f"`{name}` returned more than {ANSWER_BYTES >> 20} MiB.")
    if code == 0 and not outcome.late:
        return _value(name, outcome.answer, memory)
    if outcome.late or code == -signal.SIGXCPU:
        raise ComputeTimeout(
            f"The calculation `{name}` did not end within {limits.wall_s:g} seconds."
        )
    if code is None:
        raise ComputeCrashed(f"The calculation `{name}` was killed together with its guard.")
    if code > 0:
        raise ComputeCrashed(f"The calculation `{name}` left with exit status {code}.")
    if outcome.resident_bytes >= NEAR_LIMIT * limits.memory_bytes:
        raise ComputeMemory(memory)
    raise ComputeCrashed(
        f"The calculation `{name}` was ended by {SIGNAL_NAMES.get(-code, f'signal {-code}')} "
        f"while it used {outcome.resident_bytes >> 20} MiB."
    )


def _value(name: str, answer: bytes, memory: str) -> Any:
    kind, rest = answer[:1], answer[1:]
    if kind == MEMORY:
        raise ComputeMemory(memory)
    if kind == UNFIT:
        raise InternalError(f"The result of `{name}` cannot be handed over: {rest.decode()}")
    if kind == RAISED:
        raise _raised(rest)
    try:
        return _Plain(io.BytesIO(rest)).load()
    except Exception as error:
        raise InternalError(f"The result of `{name}` cannot be read: {error}") from error


def _raised(report: bytes) -> Exception:
    pickled, words, trace = pickle.loads(report)  # noqa: S301 - written by our own worker
    error: Exception = InternalError(f"printd has a fault: {words}")
    if pickled is not None:
        try:
            error = _Plain(io.BytesIO(pickled)).load()
        except Exception as unfit:  # noqa: BLE001 - of whatever kind; its words follow
            error.add_note(f"The error itself could not be carried over: {unfit}")
    error.add_note(f"In the worker:\n{trace}")
    return error


class _Plain(pickle.Unpickler):
    """Refuses objects that would bring the heavy libraries into the daemon."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        if module_name.partition(".")[0] in HEAVY:
            raise pickle.UnpicklingError(
                f"{module_name}.{global_name} is no plain value; convert it in the task"
            )
        return super().find_class(module_name, global_name)
