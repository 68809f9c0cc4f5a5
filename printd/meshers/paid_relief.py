"""A relief whose heights a service is paid for, once for each photo.

The depth picture is kept beside the photo as it came. Settings that are changed later read it
again, and so do the jobs that are made again of the same photo: nothing is ordered for them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from printd.core.files import JobFolders
from printd.core.jobs import Facts
from printd.core.relief_settings import ReliefSettings
from printd.depth.answers import answer_beside, clear, note_answer, order_answered
from printd.depth.judged import JudgedDepth
from printd.depth.picture import PictureDepth
from printd.depth.service_base import DepthService
from printd.meshers.relief import ReliefMesher, Runs, check_prints
from printd.services.ticket import PictureWanted, Ticket

NOTHING: Final = "nothing"  # an order of what needs no depth picture


class PaidReliefMesher:
    """A ``Mesher``: what the service gives becomes a relief on this machine.

    Args:
        name: as in the configuration.
        compute: runs the work.
        service: makes depth pictures.
        of_files: how a depth file is read that is given beside a photo.
    """

    raw = JobFolders.RAW

    def __init__(
        self,
        name: str,
        compute: Runs,
        service: DepthService,
        of_files: PictureDepth | None = None,
    ) -> None:
        self.name = name
        self._compute = compute
        self._service = service
        self._of_files = of_files

    @property
    def picture(self) -> PictureWanted:
        """See ``Mesher.picture``."""
        return self._service.picture

    def price_usd(self, photo: Path, settings: Facts) -> Decimal:
        """See ``Mesher.price_usd``; a picture that is there need not be paid again."""
        chosen = ReliefSettings.of(settings)
        if not _needs_depth(photo, chosen) or self._answered(photo, chosen):
            return Decimal(0)
        return self._service.price_usd

    def order(self, photo: Path, settings: Facts) -> Ticket:
        """See ``Mesher.order``; what is not needed, or is there, is not ordered."""
        chosen = ReliefSettings.of(settings)
        check_prints(chosen)
        if not _needs_depth(photo, chosen):
            return Ticket(self.name, NOTHING)
        if (order := self._answered(photo, chosen)) is not None:
            return Ticket(self.name, order)
        answer = answer_beside(photo, self._service, chosen)
        clear(answer)
        return self._ours(self._service.order(photo, chosen, answer))

    def find(
        self, photo: Path, since: datetime, taken: Collection[str] | None = None
    ) -> Ticket | None:
        """See ``Mesher.find``."""
        found = self._service.find(photo, since, taken)
        return None if found is None else self._ours(found)

    def known(self, order: str) -> Ticket:
        """See ``Mesher.known``."""
        return self._ours(self._service.known(order))

    def collect(self, ticket: Ticket, photo: Path, settings: Facts, out: Path) -> Facts:
        """See ``Mesher.collect``."""
        chosen = ReliefSettings.of(settings)
        source = None
        if _needs_depth(photo, chosen):
            answer = answer_beside(photo, self._service, chosen)
            if self._answered(photo, chosen) is None:
                self._service.collect(ticket, photo, answer)
                note_answer(answer, self._service, ticket)
            source = JudgedDepth(answer, self._service.label, self._service.detail)
        relief = ReliefMesher(self.name, self._compute, source, self._of_files)
        return relief.collect(ticket, photo.with_name(JobFolders.PHOTO), settings, out)

    def _answered(self, photo: Path, settings: ReliefSettings) -> str | None:
        answer = answer_beside(photo, self._service, settings)
        return order_answered(answer, self._service)

    def _ours(self, ticket: Ticket) -> Ticket:
        return Ticket(self.name, ticket.order, ticket.details)


def _needs_depth(photo: Path, settings: ReliefSettings) -> bool:
    """Return whether heights are wanted that nobody has given beside the photo."""
    return settings.surface == "relief" and not photo.with_name(JobFolders.DEPTH).is_file()
