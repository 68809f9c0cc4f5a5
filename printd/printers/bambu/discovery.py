"""How Bambu printers are found: each says into its network who and where it is, again and again.

Only listens, and believes nothing: anybody in the network can say such a thing. That what answers
at an address is the printer, is found out by its certificate and its access code.
Source: bambu-printer-manager (bambudiscovery.py), bambuddy; read, not measured.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import struct
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from printd.core.errors import NotPossibleNow
from printd.printers.bambu.models import OTHER, model_of
from printd.printers.bambu.values import text

PORT: Final = 2021
GROUP: Final = "239.255.255.250"  # some firmwares speak to it, most to everybody
PRINTER: Final = "urn:bambulab-com:device:3dprinter:1"
ALIVE: Final = "ssdp:alive"
LONGEST_BYTES: Final = 4096  # a notice has about 500
MOST: Final = 256  # printers that are listed; beyond that somebody makes them up
TICK_S: Final = 0.2  # so often is said how long is left
SERIAL: Final = re.compile(r"[0-9A-Z]{8,32}")


@dataclass(frozen=True, slots=True)
class Notice:
    """What a printer says of itself; nobody has checked it."""

    serial: str
    address: str  # of IPv4
    name: str  # that its owner gave it
    model: str  # "Bambu Lab P1S", or its code where that is not known
    firmware: str
    connection: str  # "lan" with LAN Only Mode, "cloud" without; as it says
    binding: str  # "free", "occupied" when it belongs to an account; as it says

    @property
    def is_lan_only(self) -> bool | None:
        """Whether LAN Only Mode is on; None: it does not say."""
        return {"lan": True, "cloud": False}.get(self.connection)

    @property
    def is_bound(self) -> bool | None:
        """Whether it belongs to an account of its maker; None: it does not say."""
        return {"occupied": True, "free": False}.get(self.binding)


def notice_of(datagram: bytes, sender: str) -> Notice | None:
    """Read a datagram, whatever is in it; None: it is no notice of a printer.

    Args:
        datagram: as it came.
        sender: address that it came from; stands in where none is told. The told one is better:
            relays pass notices on from networks that broadcasts do not leave.
    """
    lines = datagram.decode("utf-8", "replace").splitlines()
    if not lines or not lines[0].startswith("NOTIFY "):
        return None
    parts = (line.partition(":") for line in lines[1:])
    fields = {key.strip().lower(): text(value.strip()) for key, _, value in parts}
    serial = fields.get("usn", "")
    if (fields.get("nt"), fields.get("nts")) != (PRINTER, ALIVE) or not SERIAL.fullmatch(serial):
        return None
    code = fields.get("devmodel.bambu.com", "")
    product = model_of(code=code, serial=serial).product
    return Notice(
        serial=serial,
        address=_address(fields.get("location", ""), sender),
        name=fields.get("devname.bambu.com", ""),
        model=code if product == OTHER else product,
        firmware=fields.get("devversion.bambu.com", ""),
        connection=fields.get("devconnect.bambu.com", ""),
        binding=fields.get("devbind.bambu.com", ""),
    )


def _address(told: str, sender: str) -> str:
    with suppress(ValueError):
        return str(ipaddress.IPv4Address(told))
    return sender


def listen(within_s: float, port: int = PORT) -> Iterator[tuple[float, Notice | None]]:
    """Yield how many seconds are left, and each printer that is heard of, once.

    Args:
        within_s: how long to listen.
        port: of the broadcasts.

    Raises:
        NotPossibleNow: nothing can be heard at this port.
    """
    seen: set[str] = set()
    until_s = time.monotonic() + within_s
    with _ear(port) as ear:
        while (left_s := until_s - time.monotonic()) > 0 and len(seen) < MOST:
            notice = _new(ear, seen, min(left_s, TICK_S))
            if notice is not None:
                seen.add(notice.serial)
            yield left_s, notice


def _new(ear: socket.socket, seen: Collection[str], wait_s: float) -> Notice | None:
    """Return a printer that was not heard of before; None: there was none in time."""
    until_s = time.monotonic() + wait_s
    while (left_s := until_s - time.monotonic()) > 0:
        ear.settimeout(left_s)
        try:
            datagram, (sender, *_) = ear.recvfrom(LONGEST_BYTES)
        except TimeoutError:
            return None
        notice = notice_of(datagram, sender)
        if notice is not None and notice.serial not in seen:
            return notice
    return None


def _ear(port: int) -> socket.socket:
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        # The maker's slicers listen at the same port; broadcasts reach all that have said this.
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ear.bind(("", port))
    except OSError as error:
        ear.close()
        raise NotPossibleNow(
            f"Nothing can be heard at UDP port {port}: {error.strerror or error}.",
            action="End the other program that listens there, such as the maker's slicer.",
        ) from error
    with suppress(OSError):  # a computer without a network of that kind still hears broadcasts
        everywhere = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton("0.0.0.0"))  # noqa: S104
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, everywhere)
    return ear
