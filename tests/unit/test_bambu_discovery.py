"""What Bambu printers broadcast: read whatever it is, and heard for so long and no longer."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printd.core.errors import NotPossibleNow
from printd.printers.bambu.discovery import MOST, Notice, listen, notice_of
from tests.peers.ports import free_port

FIELDS = {
    "Host": "239.255.255.250:1990",
    "Location": "192.168.1.23",
    "NT": "urn:bambulab-com:device:3dprinter:1",
    "NTS": "ssdp:alive",
    "USN": "01P00A1B2C3D4E5",
    "DevModel.bambu.com": "C12",
    "DevName.bambu.com": "the lab",
    "DevConnect.bambu.com": "lan",
    "DevBind.bambu.com": "free",
    "DevVersion.bambu.com": "01.09.00.00",
}


def datagram(first: str = "NOTIFY * HTTP/1.1", end: str = "\r\n", **changed: str) -> bytes:
    """Return a notice; ``changed`` by the first word of a field."""
    told = ((key, changed.get(key.split(".")[0], value)) for key, value in FIELDS.items())
    return end.join([first, *(f"{key}: {value}" for key, value in told), "", ""]).encode()


def read(content: bytes) -> Notice | None:
    return notice_of(content, "10.0.0.9")


def test_every_field_is_read() -> None:
    assert read(datagram()) == Notice(
        serial="01P00A1B2C3D4E5",
        address="192.168.1.23",
        name="the lab",
        model="Bambu Lab P1S",
        firmware="01.09.00.00",
        connection="lan",
        binding="free",
    )
    assert read(datagram(end="\n")) == read(datagram())


@pytest.mark.parametrize(
    ("connection", "binding", "lan", "bound"),
    [("lan", "free", True, False), ("cloud", "occupied", False, True), ("", "maybe", None, None)],
)
def test_the_modes_that_it_tells(
    connection: str, binding: str, *, lan: bool | None, bound: bool | None
) -> None:
    notice = read(datagram(DevConnect=connection, DevBind=binding))
    assert notice is not None
    assert (notice.is_lan_only, notice.is_bound) == (lan, bound)


def test_an_address_that_is_none_is_replaced_by_the_sender() -> None:
    for told in ("", "http://192.168.1.23/", "evil.example", "999.1.1.1"):
        notice = read(datagram(Location=told))
        assert notice is not None
        assert notice.address == "10.0.0.9"


def test_a_model_of_later_is_told_by_its_code_and_known_ones_by_the_serial() -> None:
    later, known = read(datagram(DevModel="Z9", USN="99Z00A1B2C3D4E5")), read(datagram(DevModel=""))
    assert later is not None
    assert known is not None
    assert (later.model, known.model) == ("Z9", "Bambu Lab P1S")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n",
        datagram("M-SEARCH * HTTP/1.1"),
        datagram("HTTP/1.1 200 OK"),
        datagram(NT="urn:schemas-upnp-org:device:MediaServer:1"),
        datagram(NTS="ssdp:byebye"),
        datagram(USN=""),
        datagram(USN="../../etc"),
        datagram(USN="uuid:01P00A1B2C3D4E5"),
        datagram(USN="0" * 3000),
        datagram()[:100],
    ],
)
def test_what_is_no_notice_of_a_printer_is_none(content: bytes) -> None:
    assert read(content) is None


def test_what_cannot_be_shown_is_replaced() -> None:
    notice = read(datagram(DevName="\x1b[2Jlab\u202e\x00"))
    assert notice is not None
    assert notice.name == "\ufffd[2Jlab\ufffd\ufffd"


@given(st.binary(max_size=300))
def test_no_datagram_does_harm(tail: bytes) -> None:
    read(tail)
    read(b"NOTIFY " + tail)
    read(datagram()[:-2] + tail)


# Heard.


@contextmanager
def spoken(port: int, *contents: bytes) -> Iterator[None]:
    """Say these again and again to a port of this machine."""
    over = threading.Event()

    def speak() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            while not over.wait(0.02):
                for content in contents:
                    line.sendto(content, ("127.0.0.1", port))

    thread = threading.Thread(target=speak)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def heard(within_s: float, port: int, wanted: int) -> list[Notice]:
    """Listen until so many were heard, or it is over."""
    found: list[Notice] = []
    for _, notice in listen(within_s, port):
        found += [notice] if notice else []
        if len(found) == wanted:
            break
    return found


def test_each_printer_is_heard_once_between_all_the_noise() -> None:
    port = free_port()
    other = datagram(USN="03900A1B2C3D4E5")
    with spoken(port, b"\xff" * 5000, datagram(), other, b"NOTIFY \x00", datagram(DevName="new")):
        found = heard(30, port, 2)
        again = [notice for _, notice in listen(0.3, port)]
    assert [notice.serial for notice in found] == ["01P00A1B2C3D4E5", "03900A1B2C3D4E5"]
    assert sum(notice is not None for notice in again) == 2


def test_silence_ends_in_time_and_noise_does_not_prolong_it() -> None:
    port = free_port()
    begun_s = time.monotonic()
    assert heard(0.3, port, 1) == []
    with spoken(port, *[b"noise"] * 200):
        assert heard(0.3, port, 1) == []
    assert time.monotonic() - begun_s < 20


def test_somebody_who_makes_printers_up_does_not_fill_the_memory() -> None:
    port = free_port()
    made_up = [datagram(USN=f"01P00A{number:09d}") for number in range(2 * MOST)]
    with spoken(port, *made_up):
        assert len(heard(30, port, 2 * MOST)) == MOST


def test_a_port_that_somebody_keeps_for_himself_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mine:
        mine.bind(("", 0))
        port = mine.getsockname()[1]
        with pytest.raises(NotPossibleNow, match=f"UDP port {port}"):
            next(listen(1, port))
