"""By which address phones reach this machine, and the codes that say it."""

from __future__ import annotations

import socket
from typing import Final
from urllib.parse import urlsplit

import segno

from printd.core.config import Config
from printd.core.errors import ConfigInvalid
from printd.core.kiosk_config import WifiConfig
from printd.core.secretfile import read_secret
from printd.web.site import Site

ELSEWHERE: Final = ("192.0.2.1", 9)  # an address for documentation: nothing is sent to it
LOCAL: Final = frozenset({"127.0.0.1", "::1", "localhost"})
ANY: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104  compared with, not listened on


def phone_base(site: Site) -> str | None:
    """Return the beginning of addresses for phones; None: they cannot reach this machine."""
    config = site.tools.config
    if config.kiosk.phone_url:
        return config.kiosk.phone_url.rstrip("/")
    if config.web.host in LOCAL:
        return None
    port = urlsplit(site.url).port
    name = _own_address() if config.web.host in ANY else config.web.host
    return None if name is None else f"http://{f'[{name}]' if ':' in name else name}:{port}"


def _own_address() -> str | None:
    """Return the number of this machine in its network, as the system would use it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(ELSEWHERE)  # datagrams: only a route is chosen
        except OSError:
            return None
        name: str = asking.getsockname()[0]
        return name


def code_of(text: str) -> str:
    """Return a QR code as the address of a picture."""
    drawn: str = segno.make(text, error="m", micro=False).svg_data_uri(
        scale=8, border=4, dark="#000", light="#fff"
    )
    return drawn


def wifi_code(config: Config) -> str | None:
    """Return the code that joins the guests' network; None: there is none."""
    wifi = config.kiosk.wifi
    return None if wifi is None else code_of(_wifi_words(wifi))


def _wifi_words(wifi: WifiConfig) -> str:
    """Return what phones read: ``WIFI:T:WPA;S:name;P:password;;``."""
    if wifi.password_file is None:
        return f"WIFI:T:nopass;S:{_escaped(wifi.name)};;"
    try:
        password = read_secret(wifi.password_file)
    except ConfigInvalid:
        return f"WIFI:T:WPA;S:{_escaped(wifi.name)};;"
    return f"WIFI:T:WPA;S:{_escaped(wifi.name)};P:{_escaped(password)};;"


def _escaped(text: str) -> str:
    return "".join(f"\\{one}" if one in '\\;,:"' else one for one in text)
