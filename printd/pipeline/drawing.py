"""RECEIVED → DRAWN: have the picture made that a mesher will see, once: of words, or of a photo.

The picture comes with the answer to the order, and exists nowhere else: it is written and synced
before anything else is done with it, then decoded like a stranger's. What words cost is never
agreed to by a recipe, only by a person.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from printd.core.compute import Limits
from printd.core.errors import (
    ComputeCrashed,
    ComputeMemory,
    ComputeTimeout,
    DiskError,
    InternalError,
    NotHappened,
    OrderInDoubt,
    PhotoRefused,
    ResultUnusable,
    SettingInvalid,
)
from printd.core.files import JobFolders, sha256_of, sync_folder
from printd.core.given import Given
from printd.core.jobs import Facts, Job
from printd.core.prices import Money
from printd.core.prompts import words_of
from printd.core.route import DRAWN, artist_of
from printd.core.spending import Purpose
from printd.pipeline import tasks
from printd.pipeline.photo_checking import check_before_paying
from printd.pipeline.tools import Tools
from printd.services.artist import Artist
from printd.services.sent import forget, sending, sent

PICTURE: Final = Limits(memory_bytes=1 << 30, wall_s=60.0)
MOST_BYTES: Final = 60_000_000  # as of a photo
OF_WORDS: Final = Purpose("picture", persons_only=True)
OF_PHOTO: Final = Purpose("photo without its background")


def may_draw(job: Job, tools: Tools) -> None:
    """Look whether the picture is agreed to, and take away what an earlier order has left.

    Raises:
        NeedsPriceConsent: a person has to agree to the price.
        BudgetReached: it waits for the next day or month.
        PhotoRefused: the service could do nothing with this photo.
        PhotoDoubtful: a mesher could do little with it, and a person looks first.
        PromptRefused: nor with these words.
    """
    artist, folder = _artist(job, tools), tools.folders.of(job.id)
    given = folder / job.given.file
    if sha256_of(given) != job.sha256:
        raise DiskError(f"The {job.given.words} of #{job.number} is not what was taken.")
    if job.given is Given.WORDS:
        _words(given)
    else:
        service = folder / JobFolders.FOR_SERVICE
        wanted = asdict(artist.picture)
        tools.compute.run(tasks.picture_for_service, given, service, **wanted, limits=PICTURE)
        check_before_paying(job, given, tools)
    tools.spending.check(job, artist.name, price_of(job, tools), _purpose(job))
    picture = folder / _file(job)
    forget(picture)
    picture.unlink(missing_ok=True)
    if job.given is Given.WORDS:
        (folder / JobFolders.PHOTO_CHECK).unlink(missing_ok=True)  # of the picture before
    sync_folder(folder)


def price_of(job: Job, tools: Tools) -> Money:
    """Return what the picture costs."""
    return tools.spending.price(_artist(job, tools).price_usd)


def reserve_price(job: Job, tools: Tools) -> None:
    """Reserve what it costs, in the transaction of its mark; raises as ``may_draw``."""
    artist = _artist(job, tools)
    tools.spending.reserve(job, artist.name, price_of(job, tools), _purpose(job))


def draw_picture(job: Job, tools: Tools) -> Facts:
    """Order the picture; runs once."""
    artist, folder = _artist(job, tools), tools.folders.of(job.id)
    picture = folder / _file(job)
    with sending(picture, _sender(artist)):
        if job.given is Given.WORDS:
            artist.draw(_words(folder / JobFolders.WORDS), picture)
        else:
            artist.cut_out(folder / JobFolders.FOR_SERVICE, picture)
    return _drawn(job, artist, picture, tools)


def find_picture(job: Job, tools: Tools) -> Facts:
    """Look for the picture that an interrupted ``draw_picture`` may have left.

    Raises:
        NotHappened: nothing was sent.
        OrderInDoubt: the answer was lost.
    """
    artist = _artist(job, tools)
    picture = tools.folders.of(job.id) / _file(job)
    if sent(picture, _sender(artist)) is None:
        raise NotHappened("Nothing was sent.")
    if picture.is_file():
        return _drawn(job, artist, picture, tools)
    raise OrderInDoubt(
        f"{artist.label} may have made the picture; its answer was lost, and cannot be fetched "
        f"again. It costs up to {price_of(job, tools)}.",
        action="Run `printd resolve JOB lost` (or `not-accepted`, if your account says so) to have "
        "it made once more, at its price; or `printd cancel JOB`.",
    )


def picture_of(job: Job) -> tuple[str, str]:
    """Return the name in the job's folder of the picture that a mesher sees, and its SHA-256."""
    drawn = job.facts.get(DRAWN)
    return (drawn["file"], drawn["sha256"]) if drawn else (JobFolders.PHOTO, job.sha256)


def known(job: Job, tools: Tools, order: str) -> Facts:
    """Refuse the number of an order: no account shows such orders.

    Raises:
        SettingInvalid: always.
    """
    raise SettingInvalid(
        f"{order!r} cannot be fetched: {_artist(job, tools).label} keeps no orders.",
        action="Say `lost` or `not-accepted` instead.",
    )


def _drawn(job: Job, artist: Artist, picture: Path, tools: Tools) -> Facts:
    facts = _decoded(picture, artist, tools)
    drawn = {"by": artist.name, "file": picture.name, "sha256": sha256_of(picture)}
    if job.given is not Given.WORDS:
        return {DRAWN: drawn}
    return {DRAWN: drawn, "photo": {**facts, "bytes": picture.stat().st_size}}


def _decoded(picture: Path, artist: Artist, tools: Tools) -> dict[str, Any]:
    """Decode what was paid for; whatever it is, it is not ordered again without a word."""
    try:
        return dict(tools.compute.run(tasks.decode_photo, picture, MOST_BYTES, limits=PICTURE))
    except (PhotoRefused, ComputeTimeout, ComputeMemory, ComputeCrashed, InternalError) as error:
        raise ResultUnusable(
            f"What {artist.label} has made is no picture to go on with: {error.problem}",
            action="Run `printd retry JOB` to have it made once more, at its price.",
        ) from error


def _words(file: Path) -> str:
    try:
        return words_of(file.read_bytes())
    except OSError as error:
        raise DiskError(f"{file.name} cannot be read: {error.strerror or error}.") from error


def _purpose(job: Job) -> Purpose:
    return OF_WORDS if job.given is Given.WORDS else OF_PHOTO


def _file(job: Job) -> str:
    return JobFolders.PHOTO if job.given is Given.WORDS else JobFolders.CUT


def _sender(artist: Artist) -> str:
    """Return what the note of an order is signed with; a mesher may have the same name."""
    return f"pictures.{artist.name}"


def _artist(job: Job, tools: Tools) -> Artist:
    name = artist_of(job) or ""
    if name not in tools.artists:
        raise InternalError(f"Job #{job.number} asks for the artist {name!r}, who is gone.")
    return tools.artists[name]
