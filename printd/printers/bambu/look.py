"""What stands between a Bambu printer and a print, as ``printd doctor`` tells it.

It only asks; ``printd printers add`` also sends a small file and deletes it again. The questions go
from the outside to the inside (file, network, certificate, code, modes, storage); where one has a
bad answer, those behind it are not asked. Models that do not say whether Developer Mode is on are
told to keep the speed that they have: without it they refuse even that.
Source: OpenBambuAPI cloud-x509-auth.md, bambuddy (#1150, #2732), ha-bambulab; tried against a
scripted printer, not a real one.
"""

from __future__ import annotations

import hmac
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from printd.core.errors import ConfigInvalid
from printd.core.jobs import Because
from printd.core.machine import Machine
from printd.core.printer_config import BambuPrinterConfig
from printd.core.secretfile import check_ca_file, read_secret
from printd.printers.bambu.address import address_of
from printd.printers.bambu.certificate import Shown, certificate_at
from printd.printers.bambu.errors import DEVELOPER_MODE, Meaning, refusal_in
from printd.printers.bambu.failures import Closed, NoAnswer, OtherCertificate, WrongCode
from printd.printers.bambu.ftps import Refused
from printd.printers.bambu.ledger import BambuLedger
from printd.printers.bambu.link import Link
from printd.printers.bambu.models import MAKER, OTHER, Model, model_of
from printd.printers.bambu.report import STARTABLE, Snapshot, Version
from printd.printers.bambu.status import unusable_card, upgrading, wrong_nozzle
from printd.printers.bambu.storage import NoRoom, NotWhole, Storage
from printd.printers.bambu.talk import Pace, View
from printd.printers.base import Remark
from printd.printers.ledger import FILE, LEDGER_ERRORS

ANSWER_S: Final = 5.0  # to one question; a person waits for this
REPORT_S: Final = 15.0  # to the first report: a busy printer takes its time
HINT_S: Final = 3.0  # from an answer without a word to the message that says what it means
PACE: Final = Pace(answer_s=ANSWER_S, first_s=REPORT_S - ANSWER_S, ask_again_s=3.0)
ROOM_BYTES: Final = 500_000_000  # the largest file that printd takes
WAIT: Final = (
    "Check power and network of the printer, and `host`; end other programs that are connected to "
    "it, of which some models take only about four."
)
# The root is none of them: what lies there may be printed at the next power-on, if it is a .3mf.
ANY_FOLDER: Final = "cache"
TEST_FILE: Final = "printd-test.txt"
TEST_CONTENT: Final = b"printd has tried whether files can be sent; this one can be deleted.\n"
STORAGE: Final = (
    "Look whether a memory card is in the printer and has room, and that Developer Mode is on."
)
LAN_MODE: Final = "Switch on LAN Only Mode and Developer Mode at the printer, and check `host`."
LATER: Final = "Look again in some minutes."
WHERE: Final = "Check `serial` and `host` of the printer."
IS_STARTING: Final = (
    "it has just been told to start a print, which whoever connects to it now could spoil"
)


def look(config: BambuPrinterConfig, ledger: Path, machine: Machine | None) -> Iterator[Remark]:
    """Ask one printer everything, as far as it can be asked.

    Args:
        config: where it is.
        ledger: folder of the adapter's ledger; it may not be there yet.
        machine: what its files are made for; None: not compared.
    """
    try:
        code = read_secret(config.access_code_file)
        check_ca_file(config.ca_file)
    except ConfigInvalid as error:
        yield Remark("fail", "access_code_file", error.problem, error.action)
        return
    yield Remark("ok", "access_code_file", f"{config.access_code_file}, for its owner only")
    remark = _start_remark(ledger, config.lands_s)
    if remark is not None:
        yield remark
        return
    yield from asked(config, code, machine)


def asked(config: BambuPrinterConfig, code: str, machine: Machine | None) -> Iterator[Remark]:
    """Ask it all that needs no file of ours; the last remark may be a fault that shuts the rest.

    Args:
        config: where it is.
        code: the access code.
        machine: as for ``look``.
    """
    try:
        shown = certificate_at(config.host, config.mqtt_port, ANSWER_S)
        remark = certificate_remark(config, shown)
        yield remark
        if remark.verdict == "ok":
            yield from _told(config, code, machine)
            yield storage_remark(config, code)
    except NoAnswer as error:
        yield failure_remark(config.host, config.ftps_port, error)


def _fact(error: NoAnswer) -> str:
    return error.words.rstrip(".")


def _start_remark(ledger: Path, lands_s: float) -> Remark | None:
    """Say that nobody must connect now: a printer that reads a job gives it up then."""
    if not (ledger / FILE).exists():
        return None
    try:
        entry = BambuLedger(ledger).last_asked()
    except LEDGER_ERRORS as error:
        return Remark("warn", "", f"its ledger cannot be read: {error}", "Run this as printd.")
    if entry is not None and entry.is_landing(lands_s):
        return Remark("warn", "", IS_STARTING, LATER)
    return None


def certificate_remark(config: BambuPrinterConfig, shown: Shown) -> Remark:
    """Say whether the certificate is the one of this printer."""
    if shown.name != config.serial:
        whose = f"of {shown.name}" if shown.name else "without a serial number"
        fact = f"{config.host} shows a certificate {whose}, not of {config.serial}"
        return Remark("fail", "serial", fact, WHERE)
    pinned = config.fingerprint
    if pinned is not None and not hmac.compare_digest(pinned, shown.fingerprint):
        error = OtherCertificate(shown.fingerprint)
        return Remark("fail", "certificate", _fact(error), error.action)
    known = "by its fingerprint" if pinned is not None else f"if {config.ca_file} vouches for it"
    return Remark("ok", "certificate", f"of {shown.name}, known {known}")


def failure_remark(host: str, ftps_port: int, error: NoAnswer) -> Remark:
    """Say why it cannot be spoken to.

    Args:
        host: where it is.
        ftps_port: of its storage.
        error: how it failed at its other door.
    """
    if isinstance(error, WrongCode):
        return Remark("fail", "access_code", _fact(error), error.action)
    if isinstance(error, Closed) and not _is_open(host, ftps_port):
        words = f"{host}: {_fact(error)}, nor at port {ftps_port}: LAN Only Mode is off, or this "
        return Remark("fail", "", f"{words}is another device", LAN_MODE)
    return Remark("fail", "", f"{host}: {_fact(error)}", error.action or WAIT)


def _is_open(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), ANSWER_S).close()
    except OSError:
        return False
    return True


def _told(config: BambuPrinterConfig, code: str, machine: Machine | None) -> Iterator[Remark]:
    """Say what its reports tell.

    Raises:
        NoAnswer: it does not let printd in, or tells nothing.
    """
    with _linked(config, code) as link:
        view = link.view(REPORT_S)
        link.wait_until(lambda: link.version is not None, ANSWER_S)
        version = link.version or Version("", "", ())
        model = model_of(product=version.product, serial=config.serial)
        yield Remark("ok", "", " ".join(filter(None, (*_who(version, model), config.host))))
        yield from model_remarks(config, version, machine)
        yield _developer_mode(link, view)
        yield from state_remarks(view.now, model, machine.nozzle_mm if machine else None)


def _who(version: Version, model: Model) -> tuple[str, ...]:
    firmware = f"with firmware {version.firmware}," if version.firmware else ""
    return version.product or model.product, firmware, "at"


@contextmanager
def _linked(config: BambuPrinterConfig, code: str) -> Iterator[Link]:
    link = address_of(config, code).link("look", lambda _: None, PACE)
    try:
        yield link
    finally:
        link.close()


def model_remarks(
    config: BambuPrinterConfig, version: Version, machine: Machine | None
) -> Iterator[Remark]:
    """Say where the configuration takes it for another model than it is."""
    product = model_of(product=version.product).product
    if product == OTHER:
        return  # it does not say, or is of later
    if config.model is not None and f"{MAKER} {config.model}" != product:
        fact = f"it is a {product}; `model` says {config.model}"
        yield Remark("fail", "model", fact, "Mend `model`, or leave it out.")
    wanted = model_of(product=machine.model).product if machine else OTHER
    if machine is not None and wanted not in (OTHER, product):
        fact = f"it is a {product}; its profile {machine.name} is for a {wanted}"
        yield Remark("warn", "profile", fact, "Name another `profile`; see `printd profiles`.")


def state_remarks(now: Snapshot, model: Model, nozzle_mm: float | None) -> Iterator[Remark]:
    """Say what its state keeps from printing."""
    faults = {
        "firmware": upgrading(now),
        "card": unusable_card(now, needs_card=model.needs_card),
        "nozzle": wrong_nozzle(now, nozzle_mm),
    }
    for about, fault in faults.items():
        if fault is not None:
            yield _fault_remark(about, fault)
    trouble = now.trouble
    if trouble is not None and trouble.meaning not in (Meaning.CANCELLED, Meaning.LOCKED):
        yield Remark("warn", "display", str(trouble), trouble.action)


def _fault_remark(about: str, fault: Because) -> Remark:
    return Remark("fail", about, fault.problem.rstrip("."), fault.action)


def _developer_mode(link: Link, view: View) -> Remark:
    """Say whether it takes orders.

    Raises:
        NoAnswer: the connection was lost.
    """
    is_locked = view.now.is_locked
    if is_locked is None:
        if view.now.phase not in STARTABLE:
            fact = f"cannot be told now ({view.now.phase}); what prints is not disturbed"
            return Remark("ok", "developer_mode", fact)
        is_locked = _refuses_orders(link, view)
    if is_locked is None:
        return Remark("ok", "developer_mode", "it does not say whether it is on")
    if is_locked:
        fact = "the printer takes no commands: Developer Mode is off"
        return Remark("fail", "developer_mode", fact, DEVELOPER_MODE)
    return Remark("ok", "developer_mode", "on: it takes commands")


def _refuses_orders(link: Link, view: View) -> bool | None:
    """Let it keep its speed, and see whether it says no; None: it says nothing."""
    if view.now.speed_level is None:
        return None
    body = {"command": "print_speed", "param": str(view.now.speed_level)}
    number = link.tell("print", body, connection=view.connection)

    def is_locked() -> bool:
        return bool(link.view(0.0).now.is_locked)

    link.wait_until(lambda: link.answer(number) is not None or is_locked(), ANSWER_S)
    answer = link.answer(number)
    refusal = refusal_in(answer)
    if refusal is not None:
        return refusal.meaning is Meaning.LOCKED
    if answer is not None and answer.get("result"):
        return is_locked()
    # Some firmwares repeat the order without a word, and complain in a report.
    return link.wait_until(is_locked, HINT_S) or None


def storage_remark(config: BambuPrinterConfig, code: str) -> Remark:
    """Say whether files can be sent, and what still fits.

    Raises:
        WrongCode: it does not let anybody in with this code.
    """
    storage = storage_of(config, code)
    try:
        free = storage.free_bytes()
    except WrongCode:
        raise
    except NoAnswer as error:
        return Remark("fail", "storage", _fact(error), error.action or WAIT)
    except Refused as error:
        return Remark("fail", "storage", str(error).rstrip("."), "Look at the printer's display.")
    finally:
        storage.close()
    if free is None:
        return Remark("ok", "storage", "it does not say how much is free")
    fact = f"{free / 1e9:.1f} GB free"
    if free < ROOM_BYTES:
        return Remark("warn", "storage", fact, "Delete files and timelapses at the printer.")
    return Remark("ok", "storage", fact)


def storage_of(config: BambuPrinterConfig, code: str) -> Storage:
    """Return the way to its files."""
    return address_of(config, code).storage(answer_s=ANSWER_S)


def upload_remark(config: BambuPrinterConfig, code: str, model: Model) -> Remark:
    """Send a small file and delete it again; no program takes it for something to be printed."""
    folder, storage = model.folder or ANY_FOLDER, storage_of(config, code)
    place = f"{folder}/{TEST_FILE}"
    try:
        storage.store(folder, TEST_FILE, len(TEST_CONTENT), iter([TEST_CONTENT]))
    except (NoAnswer, Refused, NoRoom, NotWhole) as error:
        fact = f"a small file could not be stored as {place}: {str(error).rstrip('.')}"
        return Remark("fail", "upload", fact, STORAGE)
    try:
        storage.remove(folder, TEST_FILE)
    except (NoAnswer, Refused) as error:
        fact = f"the file of this test stays as {place}: {str(error).rstrip('.')}"
        return Remark("warn", "upload", fact, "Delete it at the printer.")
    finally:
        storage.close()
    return Remark("ok", "upload", f"a small file was stored as {place}, and deleted")
