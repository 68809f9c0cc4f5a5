"""Stopped, killed, suspended, started twice: what runs goes on, and is not started again."""

import ctypes
import signal
import subprocess
import time
from pathlib import Path

import pytest

from printd.core.database import LOCK
from printd.core.jobs import Job, State
from tests.faults.conftest import Opener
from tests.peers.shop import PRINTD, Shop
from tests.peers.virtual_printer import wait_until

SLOW = 40.0  # a print of 90 s takes a good two seconds
SUSPENDED_S = 5.5  # more than a start may wait between its mark and its command
AT_THE_START = "mark.after:2"  # the first mark of a photo is that of its order


def the_job(shop: Shop) -> Job:
    (job,) = shop.jobs()
    return job


def print_one(shop: Shop) -> None:
    """Drop a photo and wait until it prints."""
    shop.put(1)
    shop.start_and_wait()
    shop.until(lambda: any(job.state is State.PRINTING for job in shop.jobs()), "it prints")


def finish(shop: Shop) -> None:
    shop.until(shop.is_done, "printed")
    assert shop.end(signal.SIGTERM) == 0, shop.said()
    wait_until(lambda: not shop.processes(), "no process is left behind")
    assert shop.faults() == []


def events_of(shop: Shop) -> list[str]:
    return [line["event"] for line in shop.journal("left")]


@pytest.mark.parametrize("embedded", [False, True], ids=["program", "embedded"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_running_print_survives_the_end_of_the_daemon(
    open_shop: Opener, number: int, embedded: bool
) -> None:
    shop = open_shop(printers=("left",), speed=SLOW, embedded=embedded)
    print_one(shop)
    shop.end(number)
    assert "finished" not in events_of(shop)
    shop.start_and_wait()
    assert the_job(shop).state is State.PRINTING
    finish(shop)


@pytest.mark.parametrize("embedded", [False, True], ids=["program", "embedded"])
def test_a_print_that_ended_while_the_daemon_was_dead_is_printed(
    open_shop: Opener, embedded: bool
) -> None:
    shop = open_shop(printers=("left",), speed=SLOW, embedded=embedded)
    print_one(shop)
    shop.kill()
    wait_until(lambda: "finished" in events_of(shop), "the print ends", 30.0)
    shop.start_and_wait()
    finish(shop)


def test_a_bed_taken_off_while_the_daemon_was_dead_is_no_lost_end(open_shop: Opener) -> None:
    shop = open_shop(printers=("left",), speed=SLOW)
    print_one(shop)
    shop.kill()
    wait_until(lambda: "finished" in events_of(shop), "the print ends", 30.0)
    shop.hands("left").remove_print()
    shop.start_and_wait()
    finish(shop)


def test_a_second_daemon_on_the_same_folder_ends_with_69(open_shop: Opener) -> None:
    shop = open_shop(printers=("left",))
    shop.start_and_wait()
    assert shop.daemon is not None
    for _ in range(2):
        second = subprocess.run(
            [PRINTD, "run"], cwd=shop.root, capture_output=True, text=True, timeout=30, check=False
        )
        assert second.returncode == 69, second.stderr
        assert str(shop.daemon.pid) in second.stderr
    assert (shop.data / LOCK).read_text().strip() == str(shop.daemon.pid)
    shop.put(1)
    finish(shop)


def test_two_data_folders_do_not_share_a_drop_folder(open_shop: Opener, tmp_path: Path) -> None:
    shop = open_shop(printers=("left",))
    shop.start_and_wait()
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.yaml").write_text(
        f"data_dir: data\nweb: {{port: 0}}\ndrop: {{path: {shop.drop}}}\n"
    )
    second = subprocess.run(
        [PRINTD, "run"], cwd=other, capture_output=True, text=True, timeout=30, check=False
    )
    assert second.returncode == 69, second.stderr
    shop.put(1)
    finish(shop)


def test_suspended_between_mark_and_command_nothing_is_sent_and_it_is_started_anew(
    open_shop: Opener,
) -> None:
    shop = open_shop(printers=("left",))
    shop.put(1)
    shop.start_and_wait(f"{AT_THE_START}=sleep:1")
    shop.until(lambda: is_marked(shop), "the start is marked")
    assert shop.daemon is not None
    shop.daemon.send_signal(signal.SIGSTOP)
    time.sleep(SUSPENDED_S)
    assert "start" not in events_of(shop)
    shop.daemon.send_signal(signal.SIGCONT)
    finish(shop)
    with shop.desk() as desk:
        kinds = [event.kind for event in desk.store.events(1)]
    assert kinds.count("step.not_happened") == 1
    assert events_of(shop).count("start") == 1


def test_killed_while_suspended_between_mark_and_command_it_is_started_once(
    open_shop: Opener,
) -> None:
    shop = open_shop(printers=("left",))
    shop.put(1)
    shop.start_and_wait(f"{AT_THE_START}=sleep:1")
    shop.until(lambda: is_marked(shop), "the start is marked")
    assert shop.daemon is not None
    shop.daemon.send_signal(signal.SIGSTOP)
    shop.kill()
    shop.start_and_wait()
    finish(shop)
    assert events_of(shop).count("start") == 1


def test_a_bed_cannot_be_called_clear_between_mark_and_command(open_shop: Opener) -> None:
    """Somebody sees an empty bed and says so while the start is on its way to it."""
    shop = open_shop(printers=("left",))
    shop.put(1)
    shop.start_and_wait(f"{AT_THE_START}=sleep:1.5")
    shop.until(lambda: is_marked(shop), "the start is marked")
    with shop.desk() as desk:
        asked = {"printer": "left", "seen": desk.beds.get("left").revision}
        answer = desk.requests.wait(desk.requests.post("bed-clear", asked, who="person"), 10.0)
    assert answer.code == "not_possible_now", answer
    finish(shop)


def test_a_stop_is_heard_whichever_thread_the_kernel_tells(open_shop: Opener) -> None:
    """A process has one signal and many threads; the one told need not be the main one."""
    shop = open_shop(printers=("left",))
    shop.start_and_wait()
    assert shop.daemon is not None
    pid = shop.daemon.pid
    threads = [int(path.name) for path in Path(f"/proc/{pid}/task").iterdir()]
    other = max(thread for thread in threads if thread != pid)
    assert ctypes.CDLL(None).tgkill(pid, other, signal.SIGTERM) == 0
    assert shop.gone(10.0) == 0


def is_marked(shop: Shop) -> bool:
    """Return whether the start of the only job has begun and is not settled."""
    with shop.desk() as desk:
        jobs = desk.store.jobs([State.UPLOADED])
        return any(desk.store.open_mark(job) is not None for job in jobs)
