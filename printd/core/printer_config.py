"""The part of the configuration that says which printers there are, and how each is reached."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from printd.core.config_types import (
    Colour,
    Host,
    Model,
    PictureAddress,
    Port,
    RelativePath,
    Seconds,
    WebAddress,
)
from printd.core.house_config import OpeningConfig, QuietConfig


def _is_serial(value: str) -> str:
    if re.fullmatch(r"[0-9A-Z]{8,32}", value) is None:
        raise ValueError(
            f"{value!r} is no serial number: capital letters and digits, as the display shows it"
        )
    return value


def _is_fingerprint(value: str) -> str:
    digits = value.replace(":", "").lower()
    if re.fullmatch(r"[0-9a-f]{64}", digits) is None:
        raise ValueError(f"{value!r} is no SHA-256 of a certificate: 64 hexadecimal digits")
    return digits


def _is_folder_there(value: str) -> str:
    if value and re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)*", value, re.ASCII) is None:
        raise ValueError(f"{value!r} is no folder such as cache or ours/printd")
    return value


Serial = Annotated[str, AfterValidator(_is_serial)]
Fingerprint = Annotated[str, AfterValidator(_is_fingerprint)]
FolderThere = Annotated[str, AfterValidator(_is_folder_there)]
BambuModel = Literal[
    "X1 Carbon",
    "X1",
    "X1E",
    "P1S",
    "P1P",
    "P2S",
    "A1",
    "A1 mini",
    "A2L",
    "H2S",
    "H2D",
    "H2D Pro",
    "H2C",
    "X2D",
]


class AnyPrinterConfig(Model):
    """What every printer has."""

    takes: ClassVar[frozenset[str]] = frozenset({".gcode"})  # endings of what is made for it
    has_light: ClassVar[bool] = False  # one that can be switched from here
    profile: str = "generic"
    material: str | None = None  # what is loaded, one of the profile's; default: its first
    colour: Colour = ""  # of what is loaded; "": not said, taken for any
    circuit: str = ""  # that its heaters hang on
    camera_url: PictureAddress | None = None  # of a still picture of its bed, such as a webcam's
    opening_hours: OpeningConfig | None = None  # default: those of the house
    quiet_hours: QuietConfig | None = None  # likewise

    @property
    def has_camera(self) -> bool:
        """Whether there is a picture of its bed."""
        return self.camera_url is not None

    @property
    def page(self) -> str | None:
        """Where the printer's own page is; None: it has none."""
        return None


class VirtualPrinterConfig(AnyPrinterConfig):
    """A printer that lives in a folder: plays the G-code's own time, times ``speed``."""

    has_bed: ClassVar[bool] = True
    kind: Literal["virtual"]
    speed: Annotated[float, Field(gt=0)] = 1.0
    ejects: bool = False
    folder: RelativePath | None = None  # default: <data_dir>/printers/<name>
    socket: RelativePath | None = None  # of a virtual printer that is a program of its own


class FolderPrinterConfig(AnyPrinterConfig):
    """A folder that somebody prints from: a memory card, a share, a print server's inbox."""

    has_bed: ClassVar[bool] = False
    takes: ClassVar[frozenset[str]] = frozenset({".gcode", ".sl1"})
    kind: Literal["folder"]
    path: RelativePath
    hand_over: Literal["ask", "done"] = "ask"


class OctoPrintPrinterConfig(AnyPrinterConfig):
    """A printer behind an OctoPrint server."""

    has_bed: ClassVar[bool] = True
    kind: Literal["octoprint"]
    url: WebAddress
    key_file: RelativePath  # holds an application key, for its owner's eyes only
    ca_file: RelativePath | None = None  # who signed the server's certificate, if not a public one
    answer_s: Seconds = 15.0  # an answer may take so long

    @property
    def page(self) -> str | None:
        """OctoPrint's."""
        return self.url


class BambuPrinterConfig(AnyPrinterConfig):
    """A printer of Bambu Lab on the local network, in LAN Only Mode with Developer Mode."""

    has_bed: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({".gcode.3mf"})
    has_light: ClassVar[bool] = True
    kind: Literal["bambu"]
    host: Host
    serial: Serial
    access_code_file: RelativePath  # holds the access code, for its owner's eyes only
    fingerprint: Fingerprint | None = None  # SHA-256 of its certificate; this or ca_file
    ca_file: RelativePath | None = None  # the maker's authority, which signed the certificate
    model: BambuModel | None = None  # default: as it says itself
    url_form: Literal["ftp_path", "ftp_host", "card", "mounted_card", "stick"] | None = None
    folder: FolderThere | None = None  # of its storage; default: as is best for the model
    spool: Literal["auto", "ams", "external"] = "auto"
    bed_levelling: bool = True
    flow_calibration: bool = False
    vibration_calibration: bool = False
    layer_inspect: bool = False
    timelapse: bool = False
    lands_s: Seconds = 240.0  # a start may take so long to show
    mqtt_port: Port = 8883
    ftps_port: Port = 990
    camera: bool = False  # the one built in is shown: of P1, A1; X1 and H2 have another kind
    camera_port: Port = 6000
    clear_data: bool = False  # files travel unencrypted: some A1 stall on encrypted ones

    @property
    def has_camera(self) -> bool:
        """Whether there is a picture of its bed."""
        return self.camera or self.camera_url is not None

    @model_validator(mode="after")
    def _can_be_trusted(self) -> Self:
        if self.fingerprint is None and self.ca_file is None:
            raise ValueError(
                "without `fingerprint` or `ca_file` anything could pass for the printer; "
                "`printd printers add bambu` finds the fingerprint"
            )
        if self.url_form == "ftp_host" and self.folder != "":
            raise ValueError("`url_form: ftp_host` reaches no folder; set `folder: ''`")
        return self


PrinterConfig = Annotated[
    VirtualPrinterConfig | FolderPrinterConfig | OctoPrintPrinterConfig | BambuPrinterConfig,
    Field(discriminator="kind"),
]
