"""G2 and G3: no heater is ever told to go above what it, and the material, can stand."""

from __future__ import annotations

from printd.gcode.commands import Command
from printd.gcode.heat import Heater, targets_of
from printd.gcode.relaxed import Relaxed
from printd.gcode.rules.base import File, Rule


class Heats(Rule):
    """What G2 and G3 have in common. Nothing widens them."""

    limits_c: dict[Heater, float]

    def command(self, command: Command) -> str:
        """Refuse a temperature that is too high, below zero, or cannot be read."""
        for target in targets_of(command):
            if target.heater not in self.limits_c:
                continue
            if target.celsius is None:
                return f"{command.name}: the temperature cannot be read"
            limit_c = self.limits_c[target.heater]
            if not target.celsius <= limit_c:
                return (
                    f"{command.name}: {target.celsius:g} °C is above the limit of "
                    f"{limit_c:g} °C for the {target.heater}"
                )
            if target.celsius < 0:
                # Firmware counts in 16 bits: far enough below zero is hot again.
                return f"{command.name}: {target.celsius:g} °C is below zero"
        return ""


class NozzleHeat(Heats):
    """G2: no nozzle target above what the hot end and the material stand."""

    number = "G2"
    action = "Choose a lower temperature, or the profile of the material that needs it."

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.limits_c = {"nozzle": file.machine.nozzle_limit_c}

    def command(self, command: Command) -> str:
        """Refuse what is too hot; to purge, a start code may use all that the nozzle stands."""
        if self.file.relaxes(Relaxed.HEAT):
            machine, starting = self.machine, self.file.starting
            self.limits_c["nozzle"] = machine.max_nozzle_c if starting else machine.nozzle_limit_c
        return super().command(command)


class BedHeat(Heats):
    """G3: no bed or chamber target above the machine's; no chamber where there is none."""

    number = "G3"
    action = "Choose a temperature that this printer's bed and chamber can hold."

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.limits_c = {"bed": file.machine.max_bed_c, "chamber": file.machine.max_chamber_c}

    def command(self, command: Command) -> str:
        """Refuse any word to a chamber that is not there, then as any heater."""
        if not self.machine.has_chamber and any(
            target.heater == "chamber" for target in targets_of(command)
        ):
            return f"{command.name}: this printer has no heated chamber"
        return super().command(command)
