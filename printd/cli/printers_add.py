"""``printd printers add``: from an address to a printer in the configuration."""

from __future__ import annotations

import argparse
import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from printd.cli.adding import (
    addition,
    checked,
    checked_profile,
    from_config,
    kept,
    secret_file,
    told,
    trusted,
    written,
)
from printd.cli.output import Progress, duration, say
from printd.core.config import Config
from printd.core.config_types import WebAddress, place_of
from printd.core.configedit import Values
from printd.core.errors import SettingInvalid
from printd.core.printer_config import OctoPrintPrinterConfig
from printd.core.secretfile import read_secret
from printd.printers.octoprint.client import OctoPrintClient
from printd.printers.octoprint.keys import LONGEST_S, Met, ask, check_is_octoprint, given_key, meet
from printd.printers.octoprint.look import version_remark


def add(args: argparse.Namespace) -> int:
    """Get a key of an OctoPrint into a file of its own, and a printer into the configuration."""
    url = address("--url", args.url)
    within_s = _wait_s(args.wait_s)
    adds = addition(args, args.name or host_word(url))
    _check_is_new(url, adds.config)
    key_file = secret_file(args.key_file, adds, ".key", "--key-file")
    values = octoprint_values(args, url, adds.file, key_file)
    checked_profile(adds, values)
    given = read_secret(key_file) if args.key_file else ""
    key, met = key_and_user(url, given, ca_file(args), args.user, within_s)
    with kept(key_file, None if args.key_file else key, adds.config.data_dir):
        why_not = written(adds, values) if args.write else None
    for line in met_words(url, met):
        say(line)
    return told(
        args,
        adds,
        values,
        secret=f"The key is in {values['key_file']}",
        why_not=why_not,
        more={"version": met.version, "user": met.user},
    )


def address(flag: str, word: str) -> str:
    """Return the address of an OctoPrint as the configuration has it.

    Raises:
        SettingInvalid: it is none.
    """
    url: str = checked(WebAddress, flag, word, "Give the address of OctoPrint's page.")
    return url


def host_word(url: str) -> str:
    """Return a name after the host: ``octopi`` of octopi.local."""
    host = urlsplit(url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return re.sub(r"[^a-z0-9]+", "-", host.partition(".")[0])[:32].strip("-") or "octoprint"
    return "octoprint"


def _check_is_new(url: str, config: Config) -> None:
    for other, printer in config.printers.items():
        if isinstance(printer, OctoPrintPrinterConfig) and place_of(printer.url) == place_of(url):
            raise SettingInvalid(
                f"{url} is the printer {other} already; its key is in {printer.key_file}.",
                action=f"Look with `printd doctor` how {other} is.",
            )


def octoprint_values(args: argparse.Namespace, url: str, file: Path, key_file: Path) -> Values:
    """Return what the configuration says of the printer."""
    values = {"kind": "octoprint", "profile": args.profile, "url": url}
    if args.material:
        values["material"] = args.material
    values["key_file"] = from_config(file, key_file)
    return {**values, **trusted(args, file)}


def ca_file(args: argparse.Namespace) -> Path | None:
    """Return the certificate of the authority that is named."""
    return Path(args.ca_file) if args.ca_file else None


def key_and_user(
    url: str, key: str, authority: Path | None, user: str | None, within_s: float
) -> tuple[str, Met]:
    """Return a key that OctoPrint takes, and whom it belongs to.

    Args:
        url: where it is.
        key: that was given; "": one is asked for, and a person has to allow it.
        authority: who signed its certificate, if no public one did.
        user: who is to allow it; None: whoever is there.
        within_s: how long to wait for that person.

    Raises:
        PrinterOffline: it does not answer, or is something else.
        KeyRefused: it does not take the key, or somebody said no.
        NotPossibleNow: nobody has allowed it in time.
    """
    with OctoPrintClient(url, "", ca_file=authority) as stranger:
        check_is_octoprint(stranger, url)
        key = key or _allowed(stranger, url, user, within_s)
    with OctoPrintClient(url, key, ca_file=authority) as client:
        return key, meet(client, url)


def _wait_s(seconds: float) -> float:
    if not 1.0 <= seconds <= LONGEST_S:
        raise SettingInvalid(f"--wait-s {seconds:g}: from 1 to {LONGEST_S:.0f} seconds.")
    return seconds


def _allowed(client: OctoPrintClient, url: str, user: str | None, within_s: float) -> str:
    """Ask for a key and show how long is left to allow it."""
    who = f"user {user}" if user else "as a user who may print"
    progress = Progress("waiting")

    def waiting(over_s: float) -> None:
        progress(over_s / within_s, f"for Allow, {duration(within_s - over_s)} left")

    try:
        asked = ask(client, url, user)
        say(f"Now open OctoPrint in the browser and click Allow ({who}): {asked.page}")
        return given_key(client, url, asked, within_s=within_s, waiting=waiting)
    except KeyboardInterrupt:
        progress.done()
        say("Given up; nothing was written, and OctoPrint forgets the question.")
        raise
    finally:
        progress.done()


def met_words(url: str, met: Met) -> Iterator[str]:
    """Return who was met, and what may still be in the way."""
    yield f"{url} is OctoPrint {met.version} and takes the key, of its user {met.user}."
    remark = version_remark(met.version)
    if met.version and remark.verdict != "ok":
        yield f"! {remark.fact}. {remark.remedy}"
    if met.missing:
        words = ", ".join(met.missing)
        yield f"! {met.user} lacks {words}: put it into the group Operator, in Access Control."
