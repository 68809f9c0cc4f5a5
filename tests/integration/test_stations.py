"""The printers of a daemon while it runs: who is new is watched, who has gone is left alone."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from printd.core.config import Config
from printd.daemon.books import open_books
from printd.daemon.stations import Stations, printers_of
from printd.daemon.threads import Threads
from tests.peers.virtual_printer import wait_until

POLL = {"poll_active_s": 0.01, "poll_idle_s": 0.01, "poll_unreachable_s": 0.01}


def config_of(folder: Path, *names: str) -> Config:
    printers = {name: {"kind": "virtual"} for name in names}
    return Config.model_validate({"printers": printers, "limits": POLL}, context={"folder": folder})


@pytest.fixture
def config(tmp_path: Path) -> Config:
    config = config_of(tmp_path, "p1", "p2")
    config.data_dir.mkdir()
    return config


@pytest.fixture
def stations(config: Config) -> Iterator[Stations]:
    books, stop, faults = open_books(config), threading.Event(), list[BaseException]()
    threads = Threads(stop, faults.append)
    stations = Stations(config, books, threads, lambda: None)
    stations.start()
    wait_until(lambda: None not in map(stations.last_word, ("p1", "p2")), "both are watched")
    yield stations
    stop.set()
    stations.wake()
    stations.close()
    threads.join(time.monotonic() + 10.0)
    books.database.close()
    assert watchers("p1") == watchers("p2") == set()
    assert faults == []


def watchers(printer: str) -> set[threading.Thread]:
    return {one for one in threading.enumerate() if one.name == f"monitor-{printer}"}


def test_who_takes_the_place_of_a_printer_is_watched_alone(
    stations: Stations, config: Config
) -> None:
    (before,), other = watchers("p1"), watchers("p2")
    new = printers_of(config, ["p1"])
    stations.exchange(new, {"p1"}, config)
    wait_until(lambda: not before.is_alive(), "nobody asks the one of before")
    assert len(watchers("p1")) == 1
    assert (stations.printers["p1"], watchers("p2")) == (new["p1"], other)
    wait_until(lambda: stations.last_word("p1") is not None, "the new one is asked")


def test_a_printer_that_is_gone_is_asked_no_more(stations: Stations, tmp_path: Path) -> None:
    stations.exchange({}, {"p1"}, config_of(tmp_path, "p2"))
    wait_until(lambda: watchers("p1") == set(), "nobody asks it")
    assert (list(stations.printers), stations.wake_one("p1")) == (["p2"], False)
