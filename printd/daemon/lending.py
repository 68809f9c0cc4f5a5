"""What the daemon lends to the API beside its store: what only it can ask or try."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from printd.core.compute import Compute
from printd.core.config import Config
from printd.core.errors import CameraAway
from printd.pipeline import tasks
from printd.pipeline.doctoring import Finding, basics, findings
from printd.pipeline.place import Place
from printd.pipeline.slicing import slice_limits
from printd.pipeline.tools import Programs
from printd.printers.camera import still_of
from printd.slicers.profiles import Profile

TRIAL_S: Final = 120.0  # a small cube, once for each material and quality


@dataclass(frozen=True, slots=True)
class Lending:
    """What handlers may have done for them; by the configuration as it is at that moment."""

    config: Callable[[], Config]
    config_file: Path | None
    profile_folders: Sequence[Path]
    programs: Programs
    compute: Compute

    def still(self, printer: str) -> bytes:
        """Return a picture (JPEG) of the bed of a printer.

        Raises:
            CameraAway: it is not configured, has no camera, or that gives no picture.
        """
        config = self.config().printers.get(printer)
        if config is None:
            raise CameraAway(f"{printer} is not configured any more.")
        return still_of(printer, config)

    def try_profile(self, profile: Profile) -> str:
        """Try a profile on its slicer, in a child: it is as heavy as a slice."""
        program = self.programs.of(profile.kind)
        return self.compute.run(tasks.try_profile, profile, program, limits=slice_limits(TRIAL_S))

    def doctor(self) -> list[Finding]:
        """Look at everything that ``printd doctor`` looks at."""
        place = Place(self.config(), self.config_file, self.profile_folders)
        return [*basics(), *findings(place)]
