"""The configuration of the kiosk: what strangers may make at its screen, and how it speaks."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from printd.core.config_types import RelativePath
from printd.core.web_config import ORIGIN

Language = Literal["en", "de"]
Line = Annotated[str, Field(min_length=1, max_length=120)]


def _is_phone_url(value: str) -> str:
    lower = value.lower().rstrip("/")
    if ORIGIN.fullmatch(lower) is None:
        raise ValueError(f"{value!r} is no address such as http://print.local:8321")
    return lower


PhoneUrl = Annotated[str, AfterValidator(_is_phone_url)]


class WifiConfig(BaseModel):
    """A network for guests, which a second QR code joins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=32)]
    password_file: RelativePath | None = None  # None: an open network


class KioskConfig(BaseModel):
    """The pages under ``/kiosk``; they are off unless ``enabled`` says so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = False
    anywhere: bool = False  # whether other machines than this one may open it
    title: Line = "Print your photo"
    recipes: list[Annotated[str, Field(max_length=64)]] = []  # offered, in this order; []: all
    languages: list[Language] = ["en", "de"]  # the first is that of the attract screen
    rules: list[Line] = []  # two lines: what may be printed, what it costs
    pick_up: Line = "the counter"
    camera: bool = False  # whether a ticket shows what the printer's camera sees while it prints
    idle_s: Annotated[float, Field(gt=0, le=3600)] = 60.0  # without a touch, until it asks
    warn_s: Annotated[float, Field(ge=20, le=300)] = (
        20.0  # that it asks for; WCAG 2.2.1: 20 at least
    )
    phone_url: PhoneUrl | None = None  # such as http://print.local:8321
    wifi: WifiConfig | None = None
    usb: RelativePath | None = None  # the folder under which sticks are mounted

    @property
    def phone_host(self) -> str:
        """Return the name by which phones call this machine; "": its address in the network."""
        return urlsplit(self.phone_url or "").hostname or ""

    @field_validator("languages")
    @classmethod
    def _speaks(cls, value: list[Language]) -> list[Language]:
        if not value:
            raise ValueError("name one language at least")
        return value
