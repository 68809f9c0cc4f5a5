"""``printd printers add bambu``: from a printer in the network to one in the configuration.

Nothing is written before the printer has passed every test that needs no print.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, get_args

from printd.cli.adding import (
    Addition,
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
from printd.cli.output import say
from printd.cli.printers_discover import heard, nothing_heard
from printd.cli.session import profile_folders
from printd.core.config_types import Host, Port
from printd.core.errors import (
    CertificateChanged,
    KeyRefused,
    PrintdError,
    PrinterOffline,
    PrinterUnfit,
    SettingInvalid,
)
from printd.core.machine import Machine
from printd.core.printer_config import BambuModel, BambuPrinterConfig, Serial
from printd.core.secretfile import read_secret
from printd.core.shipped import shipped
from printd.gcode.experimental import experiment_of
from printd.printers.bambu.certificate import Shown, certificate_at
from printd.printers.bambu.failures import NoAnswer
from printd.printers.bambu.link import PORT
from printd.printers.bambu.look import (
    ANSWER_S,
    asked,
    certificate_remark,
    failure_remark,
    upload_remark,
)
from printd.printers.bambu.models import MAKER, OTHER, Model, model_of
from printd.printers.bambu.storage import PORT as STORAGE_PORT
from printd.printers.base import Remark
from printd.slicers.facts import read_facts
from printd.slicers.profiles import PRINTER_FILE, needs_import, profile_names, read_file

AT_DISPLAY: Final = "Use the one that the printer's display shows."
# What to do is another thing while nothing is configured yet.
REMEDIES: Final = {
    "access_code": "Read the access code at the printer's display (it changes with LAN Only Mode "
    "and Developer Mode), then run this again.",
    "developer_mode": "Switch on LAN Only Mode and Developer Mode at the printer, restart it, then "
    "run this again with its new access code.",
}
KINDS: Final[dict[str, type[PrintdError]]] = {
    "": PrinterOffline,
    "serial": CertificateChanged,
    "certificate": CertificateChanged,
    "access_code": KeyRefused,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A printer that answers, before its access code is known."""

    values: dict[str, str | int]
    config: BambuPrinterConfig
    machine: Machine


def add(args: argparse.Namespace) -> int:
    """Test a printer, and put it into the configuration with its access code in a file."""
    adds = addition(args, args.name)
    code_file = secret_file(args.access_code_file, adds, ".code", "--access-code-file")
    printer = found(args, adds, code_file)
    code = _code(args, printer.config)
    remarks = tested(adds.name, printer, code)
    with kept(code_file, None if args.access_code_file else code, adds.config.data_dir):
        why_not = written(adds, printer.values) if args.write else None
    return told(
        args,
        adds,
        printer.values,
        secret=f"The access code is in {printer.values['access_code_file']}",
        why_not=why_not,
        more={"checks": [asdict(remark) for remark in remarks]},
    )


def found(args: argparse.Namespace, adds: Addition, code_file: Path) -> Found:
    """Find a printer, whose it says that it is, and the profile for it.

    Raises:
        SettingInvalid: a word cannot be, or no profile is for it.
        ProfileWaits: its profile has no settings yet.
        PrinterOffline: it does not answer.
        CertificateChanged: another printer answers.
    """
    _check_words(args)
    host = _host(args, adds)
    shown = _certificate(host, args)
    values = _values(args, adds, code_file, host, shown)
    profile = checked_profile(adds, {**values, "spool": "external"})
    if profile.needs_external_spool:
        values["spool"] = "external"
    if experiment := experiment_of(profile.kind, profile.machine):
        say(f"{experiment} Each print waits for `printd release`.")
    context = {"folder": adds.file.absolute().parent}
    config = BambuPrinterConfig.model_validate(values, context=context)
    _tell_whose(config, shown)
    return Found(values, config, profile.machine)


# Where it is, and which one.


def _check_words(args: argparse.Namespace) -> None:
    for flag in ("mqtt_port", "ftps_port", "discovery_port"):
        words = "Ports are numbers up to 65535."
        checked(Port, f"--{flag.replace('_', '-')}", getattr(args, flag), words)
    if args.model is not None:
        words = f"The models are {', '.join(get_args(BambuModel))}."
        checked(BambuModel, "--model", args.model, words)


def _host(args: argparse.Namespace, adds: Addition) -> str:
    """Return the address that was given, or that the printer broadcasts."""
    if args.serial is not None:
        checked(Serial, "--serial", args.serial, AT_DISPLAY)
        _check_is_new(args.serial, adds)
    if args.host is not None:
        host: str = checked(Host, "--host", args.host, AT_DISPLAY)
        return host
    if args.serial is None:
        raise SettingInvalid(
            "Neither --host nor --serial says which printer is meant.",
            action="Give one of them, or both; `printd printers discover` lists printers.",
        )
    for notice in heard(args.wait_s, args.discovery_port):
        if notice.serial == args.serial:
            say(f"{notice.serial} says that it is a {notice.model} at {notice.address}.")
            return notice.address
    raise nothing_heard(f"No word of {args.serial}", args.wait_s, args.discovery_port)


def _check_is_new(serial: str, adds: Addition) -> None:
    for other, printer in adds.config.printers.items():
        if isinstance(printer, BambuPrinterConfig) and printer.serial == serial:
            raise SettingInvalid(
                f"{serial} is the printer {other} already.",
                action=f"Look with `printd doctor` how {other} is.",
            )


def _certificate(host: str, args: argparse.Namespace) -> Shown:
    try:
        return certificate_at(host, args.mqtt_port, ANSWER_S)
    except NoAnswer as error:
        remark = failure_remark(host, args.ftps_port, error)
        raise PrinterOffline(f"{remark.fact}.", action=remark.remedy) from error


def _values(
    args: argparse.Namespace, adds: Addition, code_file: Path, host: str, shown: Shown
) -> dict[str, str | int]:
    """Return what the configuration says of the printer."""
    serial = args.serial or _serial_of(shown, adds)
    model = model_of(product=f"{MAKER} {args.model}" if args.model else "", serial=serial)
    values: dict[str, str | int] = {
        "kind": "bambu",
        "profile": args.profile or _profile_for(model, adds),
        "host": host,
        "serial": serial,
    }
    optional = {"material": args.material, "model": args.model}
    values |= {key: value for key, value in optional.items() if value}
    values["access_code_file"] = from_config(adds.file, code_file)
    values |= trusted(args, adds.file) or {"fingerprint": shown.fingerprint}
    ports = {"mqtt_port": (args.mqtt_port, PORT), "ftps_port": (args.ftps_port, STORAGE_PORT)}
    return values | {key: port for key, (port, usual) in ports.items() if port != usual}


def _serial_of(shown: Shown, adds: Addition) -> str:
    """Return the serial number that stands in the certificate."""
    action = f"Look whether it is a Bambu printer, and give its number by --serial. {AT_DISPLAY}"
    serial: str = checked(Serial, "the certificate there", shown.name, action)
    _check_is_new(serial, adds)
    return serial


def _profile_for(model: Model, adds: Addition) -> str:
    """Return the profile that is for this model: with settings, own, of its maker's slicer first.

    Raises:
        SettingInvalid: there is none.
    """
    found = []
    for name, folder in profile_names(profile_folders(adds.loaded)):
        facts = read_facts(read_file(folder / PRINTER_FILE), f"{name}/{PRINTER_FILE}")
        if facts.model == model.product:
            is_shipped = folder.parent == shipped("profiles").resolve()
            waits = needs_import(folder, facts.kind)
            found.append((waits, is_shipped, facts.kind != "orca", name))
    if not found:
        whose = "a printer of this serial number" if model.product == OTHER else model.product
        raise SettingInvalid(
            f"No profile is for {whose}.",
            action="Name one by --profile; `printd profiles import` makes one of a slicer's.",
        )
    *_, name = min(found)
    say(f"Its profile is {name}, which is for {model.product}.")
    return name


# Whom to trust, and the access code.


def _tell_whose(config: BambuPrinterConfig, shown: Shown) -> None:
    """Say what the certificate says, and what that is worth.

    Raises:
        CertificateChanged: it is that of another printer.
    """
    _check(config.serial, [certificate_remark(config, shown)])
    say(f"{config.host} shows the certificate of {shown.name}, SHA-256 {shown.fingerprint}.")
    if config.fingerprint is not None:
        say(
            "Nobody vouches for it: printd takes it for the printer's because it is the first that "
            "it sees, and will notice when another one is shown."
        )


def _code(args: argparse.Namespace, config: BambuPrinterConfig) -> str:
    """Return the access code: from its file, from standard input, or as it is typed."""
    if args.access_code_file is not None:
        return read_secret(config.access_code_file)
    if args.access_code_stdin:
        code = sys.stdin.readline().strip()
    elif sys.stdin.isatty():
        code = getpass.getpass(f"Access code of {config.serial}, as its display shows it: ").strip()
    else:
        raise SettingInvalid(
            "Nobody is there to type the access code.",
            action="Give it by --access-code-stdin or --access-code-file.",
        )
    return access_code(code)


def access_code(word: str) -> str:
    """Return an access code as it was typed.

    Raises:
        SettingInvalid: it can be none.
    """
    if not word or not word.isascii() or not word.isprintable():
        raise SettingInvalid("That is no access code.", action=AT_DISPLAY)
    return word


# The tests.


def tested(name: str, printer: Found, code: str) -> list[Remark]:
    """Test everything, and tell it as it is found out.

    Raises:
        PrintdError: what has failed; nothing of ours is left at the printer.
    """
    config, remarks = printer.config, []
    for remark in asked(config, code, printer.machine):
        remarks.append(_told(remark))
    _check(name, remarks)
    model = model_of(product=f"{MAKER} {config.model or ''}", serial=config.serial)
    remarks.append(_told(upload_remark(config, code, model)))
    _check(name, remarks)
    return remarks


def _told(remark: Remark) -> Remark:
    remark = replace(remark, remedy=REMEDIES.get(remark.about, remark.remedy))
    remedy = f"  → {remark.remedy}" if remark.verdict != "ok" else ""
    say(f"{remark.verdict:4}  {remark.about or 'printer'}: {remark.fact}{remedy}")
    return remark


def _check(name: str, remarks: Iterable[Remark]) -> None:
    """Raise the first fault, if there is one."""
    for remark in remarks:
        if remark.verdict == "fail":
            kind = KINDS.get(remark.about, PrinterUnfit)
            raise kind(f"{name} was not added: {remark.fact}.", action=remark.remedy)
