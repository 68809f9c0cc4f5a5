"""Where one Bambu printer is, how it is known to be the one, and the two ways that lead to it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from printd.core.printer_config import BambuPrinterConfig
from printd.printers.bambu.link import PORT, Link
from printd.printers.bambu.storage import ANSWER_S as STORAGE_ANSWER_S
from printd.printers.bambu.storage import PORT as STORAGE_PORT
from printd.printers.bambu.storage import Storage
from printd.printers.bambu.talk import Pace, View
from printd.printers.bambu.tls import context_for


@dataclass(frozen=True, slots=True)
class Address:
    """Where a printer is, and how it is known to be the one."""

    host: str
    serial: str
    code: str = field(repr=False)  # the access code
    fingerprint: str | None = None  # SHA-256 of its certificate; this or ``ca_file`` is needed
    ca_file: Path | None = None  # who signed its certificate
    mqtt_port: int = PORT  # where it takes orders
    ftps_port: int = STORAGE_PORT  # where it takes files

    def link(self, name: str, saw: Callable[[View], None], pace: Pace) -> Link:
        """Return the way on which it is asked and told; see ``Link``."""
        return Link(
            name,
            host=self.host,
            port=self.mqtt_port,
            serial=self.serial,
            code=self.code,
            context=self._context(ssl.TLSVersion.MAXIMUM_SUPPORTED),
            saw=saw,
            pace=pace,
        )

    def storage(self, *, answer_s: float = STORAGE_ANSWER_S, clear_data: bool = False) -> Storage:
        """Return the way on which files travel; see ``Storage``."""
        return Storage(
            self.host,
            self.ftps_port,
            self.code,
            self._context(ssl.TLSVersion.TLSv1_2),  # 1.3 loses the end of files
            answer_s=answer_s,
            clear_data=clear_data,
        )

    def _context(self, newest: ssl.TLSVersion) -> ssl.SSLContext:
        return context_for(
            self.serial, fingerprint=self.fingerprint, ca_file=self.ca_file, newest=newest
        )


def address_of(config: BambuPrinterConfig, code: str) -> Address:
    """Return the address that the configuration sets.

    Args:
        config: the printer's part of it.
        code: the access code, which never stands there.
    """
    return Address(
        host=config.host,
        serial=config.serial,
        code=code,
        fingerprint=config.fingerprint,
        ca_file=config.ca_file,
        mqtt_port=config.mqtt_port,
        ftps_port=config.ftps_port,
    )
