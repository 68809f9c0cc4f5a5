"""Task functions for the tests of compute: importable by a worker, each does one thing."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from printd.core.errors import PhotoTooSmall

READY = {"is_at_hand": ("colorsys", "no_such_module")}  # see ``core.compute.task``


def nothing() -> None:
    return None


def add(a: int, b: int, *, times: int = 1) -> int:
    return (a + b) * times


def is_at_hand(module: str) -> bool:
    return module in sys.modules


def sleep(seconds: float) -> str:
    time.sleep(seconds)
    return "slept"


def span(seconds: float) -> tuple[int, float, float]:
    """Return who we are, when we began and when we ended, by the clock of the machine."""
    begin = time.monotonic()
    time.sleep(seconds)
    return os.getpid(), begin, time.monotonic()


def wait_for(started: str, go_on: str) -> str:
    """Say that we run, then wait for a file; outlast whatever happens meanwhile."""
    _tell(started, str(os.getpid()))
    while not Path(go_on).exists():
        time.sleep(0.005)
    return "unharmed"


def _tell(where: str, words: str) -> None:
    path = Path(where)
    path.with_suffix(".part").write_text(words)
    path.with_suffix(".part").rename(path)


def fill_memory_with_bytes(count: int) -> int:
    return len(bytearray(count))


def fill_memory_with_numpy(count: int) -> float:
    import numpy as np

    return float(np.ones(count // 8).sum())


def die_by_segv_with_memory(count: int) -> None:
    filled = bytearray(count)
    os.kill(os.getpid(), signal.SIGSEGV)
    filled.clear()


def numpy_for_ever(where: str | None = None) -> None:
    import numpy as np

    if where is not None:
        _tell(where, str(os.getpid()))
    big = np.ones((3000, 3000))
    while True:
        big @ big


def abort() -> None:
    os.abort()


def leave(status: int) -> None:
    os._exit(status)


def system_exit() -> None:
    sys.exit(3)


def killed_while_answering() -> bytes:
    """Die by SIGKILL in the middle of handing over a large result."""
    main = threading.main_thread().ident
    assert main is not None

    def watch() -> None:
        while True:
            frame = sys._current_frames().get(main)  # noqa: SLF001 - documented, for debuggers
            while frame is not None and frame.f_code.co_name != "work":
                frame = frame.f_back
            if frame is not None and "answer" in frame.f_locals:
                os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    return b"x" * (32 << 20)


def large(count: int) -> bytes:
    return b"x" * count


def length(words: bytes) -> int:
    return len(words)


class TwoWords(Exception):
    """Cannot be unpickled: pickle calls it with one word."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)
        self.two = two


def raise_unpicklable() -> None:
    raise TwoWords("these are", "the words")


def raise_ours() -> None:
    raise PhotoTooSmall("The picture is 3 by 4 pixels.", action="Take a larger one.")


def raise_value_error() -> None:
    raise ValueError("seven is odd")


def unpicklable_result() -> object:
    return lambda: None


def array_result() -> object:
    import numpy as np

    return np.ones(3)


def start_programs(where: str, seconds: float) -> str:
    """Start a program in our group, one in a session of its own, and a daemonised orphan."""
    plain = subprocess.Popen(["sleep", "1000"])
    apart = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    orphan = subprocess.run(
        ["sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & echo $!"],
        capture_output=True,
        text=True,
        check=True,
    )
    pids = [os.getpid(), plain.pid, apart.pid, int(orphan.stdout)]
    _tell(where, " ".join(map(str, pids)))
    time.sleep(seconds)
    return "left them running"


def write_file(where: str, count: int) -> None:
    Path(where).write_bytes(b"x" * count)


def surroundings() -> dict[str, object]:
    """Tell what this process finds around it."""
    import resource

    status = Path("/proc/self/status").read_text()
    return {
        "stdin": str(Path("/proc/self/fd/0").readlink()),
        "session": os.getsid(0) == os.getpid(),
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        "memory": resource.getrlimit(resource.RLIMIT_AS)[0],
        "cpu_s": resource.getrlimit(resource.RLIMIT_CPU)[0],
        "oom": int(Path("/proc/self/oom_score_adj").read_text()),
        "nice": os.nice(0),
        "blas": os.environ.get("OPENBLAS_NUM_THREADS"),
        "secret": os.environ.get("PRINTD_TEST_SECRET"),
        "threads": status.split("Threads:")[1].split()[0],
        "blocked": int(status.split("SigBlk:")[1].split()[0], 16),
        "term": signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN,
        "numpy": "numpy" in sys.modules,
        "descriptors": sorted(int(path.name) for path in Path("/proc/self/fd").iterdir()),
        "main": "tests" in str(sys.modules["__main__"].__file__),
    }


def signal_us_and_go_on(number: int) -> str:
    os.kill(os.getppid(), number)
    os.kill(os.getpid(), number)
    time.sleep(0.05)
    return "still here"
