"""One connection to a Bambu printer: what its line is told."""

import socket

import pytest

from printd.printers.bambu.talk import UNDELIVERED_S, give_up_soon


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux only")
def test_what_cannot_be_delivered_is_lost_soon() -> None:
    with socket.socket() as line:
        give_up_soon(line)
        found = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert found == UNDELIVERED_S * 1000
    assert UNDELIVERED_S < 30  # sooner than anybody says that it was not started
