"""What prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from printd.core.machine import Machine
from printd.core.printer_config import (
    BambuPrinterConfig,
    FolderPrinterConfig,
    OctoPrintPrinterConfig,
    PrinterConfig,
    VirtualPrinterConfig,
)
from printd.core.secretfile import check_ca_file, read_secret
from printd.printers.base import Printer, Remark
from printd.printers.folder import FolderPrinter
from printd.printers.virtual.printer import VirtualPrinter


def _virtual(name: str, config: PrinterConfig, own_folder: Path) -> Printer:
    assert isinstance(config, VirtualPrinterConfig)  # noqa: S101  the kind has said so
    return VirtualPrinter(
        name,
        folder=config.folder or own_folder,
        speed=config.speed,
        ejects=config.ejects,
        socket=config.socket,
    )


def _folder(name: str, config: PrinterConfig, own_folder: Path) -> Printer:
    assert isinstance(config, FolderPrinterConfig)  # noqa: S101  the kind has said so
    return FolderPrinter(name, folder=config.path, ledger=own_folder, hand_over=config.hand_over)


def _octoprint(name: str, config: PrinterConfig, own_folder: Path) -> Printer:
    # Imported when there is one: an HTTP client costs everybody else memory and start time.
    from printd.printers.octoprint.printer import OctoPrintPrinter

    assert isinstance(config, OctoPrintPrinterConfig)  # noqa: S101  the kind has said so
    check_files(config)
    return OctoPrintPrinter(
        name,
        url=config.url,
        key=read_secret(config.key_file),
        ledger=own_folder,
        ca_file=config.ca_file,
        answer_s=config.answer_s,
    )


def _bambu(name: str, config: PrinterConfig, own_folder: Path) -> Printer:
    # Imported when there is one, as above: an MQTT client, here.
    from printd.printers.bambu.address import address_of
    from printd.printers.bambu.models import MAKER, model_of
    from printd.printers.bambu.printer import BambuPrinter, Waits
    from printd.printers.bambu.start_command import StartOptions
    from printd.printers.bambu.starting import Manner

    assert isinstance(config, BambuPrinterConfig)  # noqa: S101  the kind has said so
    check_files(config)
    return BambuPrinter(
        name,
        address_of(config, read_secret(config.access_code_file)),
        own_folder,
        model=model_of(product=f"{MAKER} {config.model}") if config.model else None,
        folder=config.folder,
        clear_data=config.clear_data,
        manner=Manner(
            spool=config.spool,
            options=StartOptions(
                bed_levelling=config.bed_levelling,
                flow_calibration=config.flow_calibration,
                vibration_calibration=config.vibration_calibration,
                layer_inspect=config.layer_inspect,
                timelapse=config.timelapse,
            ),
            url_form=config.url_form,
        ),
        waits=Waits(lands_s=config.lands_s),
    )


def check_files(config: PrinterConfig) -> None:
    """Read the files that the part of a printer names, without asking the printer.

    Raises:
        ConfigInvalid: one cannot be used.
    """
    if isinstance(config, OctoPrintPrinterConfig):
        read_secret(config.key_file)
        check_ca_file(config.ca_file)
    elif isinstance(config, BambuPrinterConfig):
        read_secret(config.access_code_file)
        check_ca_file(config.ca_file)


def remarks(
    config: PrinterConfig, own_folder: Path, machine: Machine | None = None
) -> Iterator[Remark]:
    """Ask a printer what stands between it and a print; many kinds have nothing to say.

    Args:
        config: its part of the configuration.
        own_folder: its folder in the data folder, which is not made here.
        machine: what its files are made for; None: not compared.
    """
    if isinstance(config, OctoPrintPrinterConfig):
        from printd.printers.octoprint.look import look

        yield from look(config, own_folder)
    elif isinstance(config, BambuPrinterConfig):
        from printd.printers.bambu.look import look as look_at_bambu

        yield from look_at_bambu(config, own_folder, machine)


# ``kind`` of the configuration to what makes that printer: its name, its part of the
# configuration, and a folder of its own in the data folder.
KINDS: Final[Mapping[str, Callable[[str, PrinterConfig, Path], Printer]]] = MappingProxyType(
    {"bambu": _bambu, "folder": _folder, "octoprint": _octoprint, "virtual": _virtual}
)
