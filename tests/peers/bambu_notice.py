"""How a Bambu printer makes itself known in its network: a broadcast, no code in it.

Source: bambu-printer-manager (bambudiscovery.py), read 2026-10.
"""

import socket
from typing import Final

from tests.peers.bambu import BambuLan

PORT: Final = 2021


def notice(printer: BambuLan, name: str = "", address: str = "") -> bytes:
    """Return what it broadcasts.

    Args:
        printer: who speaks.
        name: that its owner has given it.
        address: where it says that it is; empty is where it listens.
    """
    lines = [
        "NOTIFY * HTTP/1.1",
        "Host: 239.255.255.250:1990",
        "Server: UPnP/1.0",
        f"Location: {address or printer.host}",
        "NT: urn:bambulab-com:device:3dprinter:1",
        "NTS: ssdp:alive",
        f"USN: {printer.serial}",
        "Cache-Control: max-age=1800",
        f"DevModel.bambu.com: {printer.model.code}",
        f"DevName.bambu.com: {name or printer.model.product}",
        "DevSignal.bambu.com: -53",
        "DevConnect.bambu.com: lan",
        "DevBind.bambu.com: free",
        "Devseclink.bambu.com: secure",
        "DevInf.bambu.com: wlan0",
        "DevVersion.bambu.com: 01.09.00.00",
        "DevCap.bambu.com: 1",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def announce(printer: BambuLan, port: int = PORT, *, name: str = "") -> None:
    """Say it once, to ``port`` of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.sendto(notice(printer, name), (printer.host, port))
