"""``printd printers discover``: which Bambu printers say that they are in this network."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from printd.cli.output import Progress, duration, say, show_json, table
from printd.cli.session import configuration
from printd.core.config import Config
from printd.core.errors import PrinterOffline, SettingInvalid
from printd.core.printer_config import BambuPrinterConfig
from printd.printers.bambu.discovery import Notice, listen

LONGEST_S: Final = 3600.0
WHY_NOTHING: Final = (
    "A printer says up to once a minute where it is, and only its own network hears it: switch "
    "it on, connect it to the same network as this computer (no guest network), let UDP port "
    "{port} through the firewall, and give a container the network of its host. Or name the "
    "address that its display shows, by `--host`, to `printd printers add bambu`."
)
Row = Mapping[str, Any]


def discover(args: argparse.Namespace) -> int:
    """List the printers that are heard, each once."""
    config = configuration(args).config
    rows = []
    try:
        for notice in heard(args.seconds, args.port):
            rows.append(_row(notice, config))
            say(f"{notice.serial} at {notice.address}: {notice.model} {notice.name}")
    except KeyboardInterrupt:
        pass  # who has heard enough does not wait for the rest
    if not rows:
        raise nothing_heard("No Bambu printer", args.seconds, args.port)
    if args.json:
        show_json(rows)
    else:
        table(_cells(row) for row in rows)
    if new := [row["serial"] for row in rows if row["configured_as"] is None]:
        say(f"Add one with `printd printers add bambu NAME --serial {new[0]}`.")
    return 0


def heard(seconds: float, port: int) -> Iterator[Notice]:
    """Yield the printers that are heard, and show how long is left."""
    if not 1.0 <= seconds <= LONGEST_S:
        raise SettingInvalid(f"{seconds:g} seconds: from 1 to {LONGEST_S:.0f}.")
    progress, count, left_s = Progress("listening"), 0, seconds
    try:
        for left_s, notice in listen(seconds, port):
            progress(1 - left_s / seconds, f"{count} heard, {duration(left_s)} left")
            if notice is not None:
                count += 1
                progress.done()
                yield notice
    finally:
        progress.done()


def nothing_heard(who: str, seconds: float, port: int) -> PrinterOffline:
    """Return the error that somebody was not heard, with why that can be."""
    problem = f"{who} was heard within {duration(seconds)} at UDP port {port}."
    return PrinterOffline(problem, action=WHY_NOTHING.format(port=port))


def _row(notice: Notice, config: Config) -> Row:
    known = {
        printer.serial: (name, printer.host)
        for name, printer in config.printers.items()
        if isinstance(printer, BambuPrinterConfig)
    }
    name, host = known.get(notice.serial, (None, None))
    return {
        **asdict(notice),
        "lan_only": notice.is_lan_only,
        "bound": notice.is_bound,
        "configured_as": name,
        "configured_host": host,
    }


def _cells(row: Row) -> tuple[str, ...]:
    lan = {True: "LAN Only Mode", False: "LAN Only Mode is off", None: "-"}[row["lan_only"]]
    bound = ", bound to an account" if row["bound"] else ""
    return (
        row["serial"],
        row["address"],
        row["model"],
        row["name"],
        f"{lan}{bound}",
        _configured(row),
    )


def _configured(row: Row) -> str:
    name, host = row["configured_as"], row["configured_host"]
    if name is None:
        return "not configured"
    return f"{name}, there at {host}" if host != row["address"] else f"{name}"
