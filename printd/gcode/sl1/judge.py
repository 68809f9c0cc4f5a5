"""Runs the rules over a ``.sl1``: all members' bytes are read, some layers' pictures decoded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BufferedReader
from typing import Final

from printd.core.machine import Machine
from printd.gcode.contents import Bounds
from printd.gcode.sl1.archive import CONFIG, SETTINGS, Archive
from printd.gcode.sl1.config import Config, Sl1Contents, pairs_of, read_config
from printd.gcode.sl1.faults import Fault, refusal
from printd.gcode.sl1.layers import exposed, opened, sample, size_of
from printd.gcode.sl1.limits import Box, ResinLimits
from printd.gcode.verdict import Level, Refusal, Verdict

DECODED: Final = 24  # a layer of an SL1 takes 7 ms; what is wrong with a display is wrong in all
SHOWN_PER_RULE: Final = 5
FIRST_LAYER: Final = "initial_layer_height"

Found = Iterator[tuple[str, str]]  # rule, text


def judge(
    stream: BufferedReader, machine: Machine, limits: ResinLimits, level: Level
) -> tuple[Verdict, Sl1Contents | None]:
    """Judge a file; return the verdict and what is in it.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    size_bytes = stream.tell()
    file: _File | None = None
    found: list[Refusal] = []
    try:
        file = _File(Archive(stream), machine, limits)
        for rule, text in file.faults():
            found.append(refusal(rule, text))
    except Fault as fault:
        found.append(refusal(fault.rule, fault.text))
    contents = file.contents() if file else None
    verdict = Verdict(
        level=level,
        refusals=tuple(_first(found)),
        refused_lines=len(found),
        sha256=digest,
        size_bytes=size_bytes,
        limits_hash=machine.limits_hash,
        max_nozzle_c=0.0,
        max_bed_c=0.0,
        bounds_mm=contents.bounds_mm if contents else None,
        extruded_mm=0.0,
        layers=contents.layers if contents else 0,
    )
    return verdict, contents


class _File:
    """A file whose members may be read and whose numbers are numbers."""

    def __init__(self, archive: Archive, machine: Machine, limits: ResinLimits) -> None:
        self.archive = archive
        self.machine = machine
        self.limits = limits
        self.config = read_config(archive.read_text(CONFIG))
        self.first_layer_mm = _first_layer_mm(archive, self.config)
        self.boxes: list[Box] = []

    def faults(self) -> Found:
        """Ask every rule that looks at a file which can be read."""
        yield from self._numbers()
        yield from self._counted()
        yield from self._pictures()

    def contents(self) -> Sl1Contents:
        """Return what is in it; where it prints only after ``faults`` has looked."""
        config = self.config
        return Sl1Contents(
            slicer=config.slicer,
            printer_model=config.printer_model,
            time_s=config.time_s,
            resin_ml=config.resin_ml,
            layers=len(self.archive.layers),
            layer_mm=config.layer_mm,
            height_mm=self._height_mm(),
            exposure_s=config.exposure_s,
            first_exposure_s=config.first_exposure_s,
            bounds_mm=self._bounds(),
        )

    def _numbers(self) -> Found:
        config, machine = self.config, self.machine
        for name, seconds, (least, most) in (
            ("the exposure time", config.exposure_s, self.limits.exposure_s),
            ("the first exposure time", config.first_exposure_s, self.limits.first_exposure_s),
        ):
            if not least <= seconds <= most:
                yield "R7", f"{name} is {seconds:g} s; {least:g} to {most:g} s are allowed"
        height_mm = self._height_mm()
        if height_mm > machine.height_mm + config.layer_mm / 2:
            yield "R8", f"the layers come to {height_mm:g} mm; {machine.height_mm:g} mm is the most"
        if machine.model and config.printer_model not in ("", machine.model):
            yield "R11", f"it is for a {config.printer_model[:40]!r}, not for a {machine.model!r}"

    def _counted(self) -> Found:
        layers, config = self.archive.layers, self.config
        said = config.fast_layers + config.slow_layers
        if not layers:
            yield "R5", "it has no layers"
        elif len(layers) != said:
            yield "R5", f"it has {len(layers)} layers and counts {said}"
        for number, name in enumerate(layers):
            if name != f"{config.job}{number:05d}.png":
                yield "R5", f"layer {number} is not where it should be, but {name!r}"
                return

    def _pictures(self) -> Found:
        layers = self.archive.layers
        decoded = set(sample(len(layers), DECODED))
        wanted = (self.limits.columns, self.limits.rows)
        for number, name in enumerate(layers):
            content = self.archive.read(name)
            try:
                size = size_of(content)
                if size != wanted:
                    text = "is {} x {} dots; the display has {} x {}".format(*size, *wanted)
                    yield "R6", f"layer {number} {text}"
                elif number in decoded:
                    yield from self._lit(number, exposed(opened(content)))
            except ValueError as error:
                yield "R6", f"layer {number} {error}"

    def _lit(self, number: int, box: Box | None) -> Found:
        if box is None:
            if number == 0:
                yield "R9", "nothing is exposed in the first layer"
            return
        self.boxes.append(box)
        left, top, right, bottom = box
        if not left or not top or right == self.limits.columns or bottom == self.limits.rows:
            yield "R10", f"layer {number} reaches the border of the display"

    def _height_mm(self) -> float:
        return self.first_layer_mm + self.config.layer_mm * (len(self.archive.layers) - 1)

    def _bounds(self) -> Bounds | None:
        if not self.boxes:
            return None
        lefts, tops, rights, bottoms = zip(*self.boxes, strict=True)
        box = (min(lefts), min(tops), max(rights), max(bottoms))
        machine = self.machine
        x0, y0, x1, y1 = self.limits.on_bed(box, machine.bed_w_mm, machine.bed_d_mm)
        return x0, y0, 0.0, x1, y1, self._height_mm()


def _first_layer_mm(archive: Archive, config: Config) -> float:
    """Return how thick the first layer is, which only the slicer's own settings say."""
    said = pairs_of(archive.read_text(SETTINGS)).get(FIRST_LAYER, "")
    try:
        thickness_mm = float(said) if said else config.layer_mm
    except ValueError as error:
        raise Fault("R4", f"{SETTINGS}: {FIRST_LAYER} = {said[:40]} is no number") from error
    if not 0 < thickness_mm <= 1:
        raise Fault("R4", f"{SETTINGS}: {FIRST_LAYER} = {said[:40]} cannot be meant")
    return thickness_mm


def _first(found: list[Refusal]) -> Iterator[Refusal]:
    """Return the first few of each rule."""
    shown: dict[str, int] = {}
    for each in found:
        shown[each.rule] = shown.get(each.rule, 0) + 1
        if shown[each.rule] <= SHOWN_PER_RULE:
            yield each
