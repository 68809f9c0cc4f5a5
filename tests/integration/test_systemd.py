"""What the daemon says to systemd, on a real datagram socket."""

import os
import socket

import pytest

from printd.daemon.systemd import notify, watchdog_s
from tests.peers.notify import NotifySocket


def test_words_arrive_as_they_were_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with NotifySocket() as systemd:
        monkeypatch.setenv("NOTIFY_SOCKET", str(systemd.path))
        notify("READY=1\nSTATUS=taking photos")
        notify("STATUS=Über den Wolken")
        systemd.wait_for("STATUS=Über den Wolken", 10, lambda: None)
    assert systemd.heard == ["READY=1", "STATUS=taking photos", "STATUS=Über den Wolken"]


def test_an_abstract_socket_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"printd-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(f"\0{name}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        notify("STOPPING=1")
        line.settimeout(10)
        assert line.recv(100) == b"STOPPING=1"


def test_without_systemd_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")


def test_a_systemd_that_is_gone_ends_no_daemon(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with NotifySocket() as systemd:
        monkeypatch.setenv("NOTIFY_SOCKET", str(systemd.path))
    notify("WATCHDOG=1")
    assert "systemd was not told WATCHDOG=1" in caplog.text


@pytest.mark.parametrize(
    ("usec", "pid", "expected_s"),
    [
        ("60000000", None, 60.0),
        ("60000000", "own", 60.0),
        ("60000000", "1", None),
        ("0", None, None),
        ("soon", None, None),
        (None, None, None),
    ],
)
def test_the_watchdog_is_asked_for_by_systemd_alone(
    monkeypatch: pytest.MonkeyPatch, usec: str | None, pid: str | None, expected_s: float | None
) -> None:
    for name, value in (("WATCHDOG_USEC", usec), ("WATCHDOG_PID", pid)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, str(os.getpid()) if value == "own" else value)
    assert watchdog_s() == expected_s
