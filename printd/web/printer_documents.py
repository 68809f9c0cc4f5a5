"""What the API says of a printer, and how it is made."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from printd.core.beds import Bed, BedState
from printd.core.board import Condition
from printd.core.jobs import Because
from printd.core.loading import tells_itself
from printd.core.matching import Offer
from printd.core.printer_config import PrinterConfig
from printd.core.spools import Spools, Tray
from printd.web.documents import Document, Why, why_document


class BedDocument(Document):
    """What is known of a bed; unknown counts as occupied."""

    state: BedState
    why: str
    at: datetime
    by: str | None
    job: int | None
    revision: int = Field(description="name it as `seen` when you say that the bed is clear")


class TrayDocument(Document):
    """One place for a spool, as the printer says itself."""

    place: str = Field(description="where a person finds it")
    holds: str = Field(description="what is in it, in words")
    material: str = Field(description="empty: not known, or nothing is in it")
    colour: str = Field(description="RRGGBB; empty: not known")
    left: float | None = Field(description="0 to 1; null: not known")
    is_used: bool = Field(description="it is what the nozzle has")


class PrinterDocument(Document):
    """One printer, as it was heard of last."""

    name: str
    profile: str
    condition: Condition | None = Field(description="null: never heard of")
    trouble: str | None = Field(description="the printer's own words")
    fault: str | None = Field(description="what its display shows at rest")
    because: Why | None = Field(description="why it stands still; null: it is at work")
    job: int | None = Field(description="of ours, that has it")
    progress: float | None = Field(description="0 to 1")
    layer: int | None
    layers: int | None
    remaining_s: float | None
    bed: BedDocument | None = Field(description="null: it has none")
    out_of_service: str | None = Field(description="the note, if it is out of service")
    material: str = Field(description="that is loaded")
    colour: str = Field(description="of it, RRGGBB; empty: not said")
    loaded_by: str | None = Field(description="who has said so; null: the configuration")
    loaded_at: datetime | None = Field(description="when")
    materials: list[str] = Field(description="that could be loaded")
    can_load: bool = Field(description="`load` says what is loaded; false: it tells by itself")
    nozzle_mm: float
    loaded: list[TrayDocument] = Field(description="its trays, where it tells of them")
    takes: list[str] = Field(description="endings of files")
    has_light: bool = Field(description="`light` switches it")
    has_camera: bool = Field(description="`camera.jpg` is a picture of its bed")
    page: str | None = Field(description="the printer's own page")
    seen_at: datetime | None


class PrinterList(Document):
    """All configured printers."""

    printers: list[PrinterDocument]


def _tray(tray: Tray, spools: Spools) -> TrayDocument:
    return TrayDocument(
        place=tray.place,
        holds=tray.holds,
        material=tray.material,
        colour=tray.colour,
        left=tray.remain,
        is_used=tray.number == spools.now,
    )


def _bed(bed: Bed) -> BedDocument:
    return BedDocument(
        state=bed.state, why=bed.why, at=bed.at, by=bed.by, job=bed.job, revision=bed.revision
    )


def printer_document(offer: Offer, why: Because | None, config: PrinterConfig) -> PrinterDocument:
    """Return a printer as it is sent.

    Args:
        offer: what it is, and how it is now.
        why: it stands still.
        config: its part of the configuration.
    """
    row, status = offer.row, offer.row.status
    spools = status.spools if status else None
    trays = (*spools.trays, *spools.external) if spools else ()
    return PrinterDocument.model_construct(
        name=offer.name,
        profile=offer.profile,
        condition=status.condition if status else None,
        trouble=status.trouble if status else None,
        fault=status.fault if status else None,
        because=why_document(why),
        job=row.job,
        progress=status.progress if status else None,
        layer=status.layer if status else None,
        layers=status.layers if status else None,
        remaining_s=status.remaining_s if status else None,
        bed=_bed(row.bed) if offer.has_bed else None,
        out_of_service=row.out_of_service,
        material=offer.machine.material,
        colour=offer.colour,
        loaded_by=row.loaded.by if row.loaded else None,
        loaded_at=row.loaded.at if row.loaded else None,
        materials=list(offer.materials),
        can_load=not tells_itself(offer),
        nozzle_mm=offer.machine.nozzle_mm,
        loaded=[_tray(tray, spools) for tray in trays] if spools else [],
        takes=sorted(offer.takes),
        has_light=config.has_light,
        has_camera=config.has_camera,
        page=config.page,
        seen_at=row.seen_at,
    )
