"""The local mesher: photo to height map to a closed relief, in a limited child process.

An order costs nothing and leaves nothing behind, so it is answered at once, and all the work is
in ``collect``: see ``making.make_relief``. The height map is kept beside the photo, so that other
settings never ask for it again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from printd.core.compute import Limits
from printd.core.errors import SettingInvalid
from printd.core.files import JobFolders
from printd.core.jobs import Facts
from printd.core.relief_settings import ReliefSettings
from printd.depth.base import MEMORY_BYTES, DepthSource
from printd.depth.picture import PictureDepth
from printd.meshers.base import Ticket
from printd.meshers.making import Beside, ReliefReport, make_relief

T = TypeVar("T")

MOST_JOB_TRIANGLES: Final = 2_500_000  # a slicer takes minutes for more; files alone may be larger
MEMORY_PER_CELL: Final = 100
WALL_S: Final = 120.0
WALL_S_PER_CELL: Final = 20e-6


class Runs(Protocol):
    """What runs the work; ``core.compute.Compute`` does."""

    def run(self, fn: Callable[..., T], /, *args: Any, limits: Limits, **kwargs: Any) -> T:
        """Run a module-level function on plain values, and return its result."""
        ...


def relief_limits(settings: ReliefSettings, depth: DepthSource | None = None) -> Limits:
    """Return what ``make_relief`` may use."""
    cells = settings.mesh_quality**2
    memory_bytes, wall_s = (depth.memory_bytes, depth.wall_s) if depth else (MEMORY_BYTES, 0.0)
    return Limits(
        memory_bytes=memory_bytes + MEMORY_PER_CELL * cells,
        wall_s=WALL_S + wall_s + WALL_S_PER_CELL * cells,
    )


class ReliefMesher:
    """A ``Mesher`` that works on this machine.

    Args:
        name: as in the configuration.
        compute: runs the work.
        depth: where height maps come from; the built-in way by default.
        of_files: how a depth file is read that is given beside a photo; its path comes later.
    """

    raw = JobFolders.RAW
    picture = None  # it works on the photo itself

    def __init__(
        self,
        name: str,
        compute: Runs,
        depth: DepthSource | None = None,
        of_files: PictureDepth | None = None,
    ) -> None:
        self.name = name
        self._compute = compute
        self._depth = depth
        self._of_files = of_files or PictureDepth()

    def price_usd(self, photo: Path, settings: Facts) -> Decimal:  # noqa: ARG002 - of the protocol
        """See ``Mesher.price_usd``."""
        return Decimal(0)

    def order(self, photo: Path, settings: Facts) -> Ticket:
        """See ``Mesher.order``; nothing is sent anywhere."""
        check_prints(ReliefSettings.of(settings))
        return Ticket(mesher=self.name, order=photo.name)

    def find(
        self,
        photo: Path,
        since: datetime,  # noqa: ARG002 - of the protocol
        taken: Collection[str] | None = None,  # noqa: ARG002
    ) -> Ticket | None:
        """See ``Mesher.find``; an order that left nothing can be given again."""
        return Ticket(mesher=self.name, order=photo.name)

    def known(self, order: str) -> Ticket:
        """See ``Mesher.known``; all orders are alike here."""
        return Ticket(mesher=self.name, order=order)

    def collect(
        self,
        ticket: Ticket,  # noqa: ARG002 - of the protocol; photo and settings say it all
        photo: Path,
        settings: Facts,
        out: Path,
    ) -> Facts:
        """See ``Mesher.collect``."""
        chosen = ReliefSettings.of(settings)
        given = _given(photo, JobFolders.DEPTH)
        depth = self._depth if given is None else replace(self._of_files, path=given)
        progress = out.with_name(JobFolders.PROGRESS)
        report: ReliefReport = self._compute.run(
            make_relief,
            photo,
            chosen,
            out,
            depth,
            MOST_JOB_TRIANGLES,
            Beside(mask=_given(photo, JobFolders.MASK), kept=out.parent, progress=progress),
            limits=relief_limits(chosen, depth),
        )
        progress.unlink(missing_ok=True)  # the next step has its own
        return report.as_facts()


def _given(photo: Path, name: str) -> Path | None:
    """Return what was handed in beside a photo, if it was."""
    file = photo.with_name(name)
    return file if file.is_file() else None


def check_prints(settings: ReliefSettings) -> None:
    """Refuse what is a file for somebody, but nothing to print.

    Raises:
        SettingInvalid: with the sentence for a person.
    """
    if settings.mode == "planar":
        raise SettingInvalid(
            "mode: planar is a surface alone, and cannot be printed.",
            action="Use mode solid; `printd relief` makes surfaces.",
        )
