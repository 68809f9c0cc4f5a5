"""The end is heard, whatever the main thread is doing at that moment, and never twice."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from printd.daemon.ending import SIGNALS, Ending

SENDER = """
import os, random, sys, time
parent = int(sys.argv[1])
while os.getppid() == parent:
    os.kill(parent, int(sys.argv[2]))
    time.sleep(random.random() * 2e-4)
"""


@pytest.fixture
def ending() -> Iterator[Ending]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    opened = Ending(lambda: None)
    yield opened
    opened.close()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_thread_ends_the_wait(ending: Ending) -> None:
    thread = threading.Timer(0.01, ending.ask)
    thread.start()
    ending.wait()
    thread.join()
    assert ending.asked.is_set()


def test_a_wish_before_the_wait_is_heard(ending: Ending) -> None:
    ending.ask()
    ending.wait()
    assert ending.asked.is_set()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_wait(ending: Ending, number: int) -> None:
    ending.listen()
    os.kill(os.getpid(), number)
    ending.wait()
    assert ending.asked.is_set()


def test_many_wishes_are_one_end(ending: Ending) -> None:
    for _ in range(100_000):
        ending.ask()  # the socket takes a few hundred
    ending.wait()
    assert ending.asked.is_set()


@pytest.mark.timeout(20)
def test_signals_in_the_middle_of_a_wait_stop_nothing(ending: Ending) -> None:
    """A handler that sets the event itself hangs here for good within a second."""
    ending.listen()
    command = [sys.executable, "-c", SENDER, str(os.getpid()), str(int(signal.SIGINT))]
    with subprocess.Popen(command) as sender:
        for _ in range(20_000):
            ending.asked.clear()
            ending.asked.wait(1e-6)
        ending.wait()
        sender.kill()
    assert ending.asked.is_set()
