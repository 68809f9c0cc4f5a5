"""What stands between an OctoPrint and a print, as ``printd doctor`` tells it. Only asks.

The one idea: the questions go from the outside to the inside (file, network, key, version, cable,
disk, other people), and where one has a bad answer, those behind it are not asked.

Source: OctoPrint 1.11.8 and 2.0.0rc7, observed with its virtual printer, November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Final

from printd.core.errors import ConfigInvalid
from printd.core.printer_config import OctoPrintPrinterConfig
from printd.core.secretfile import check_ca_file, read_secret
from printd.printers.base import Remark
from printd.printers.journal import JournalBusy, JournalDamaged
from printd.printers.ledger import FILE
from printd.printers.octoprint.answers import JobAnswer, UserAnswer
from printd.printers.octoprint.client import OctoPrintClient
from printd.printers.octoprint.errors import NoAnswer, Refused
from printd.printers.octoprint.ledger import OctoPrintLedger
from printd.printers.octoprint.status import FOLDER, Phase, name_in, phase_of, trouble_of

ANSWER_S: Final = 5.0  # a person waits for this
OLDEST: Final = (1, 11)  # that printd was tried with ...
NEWEST: Final = (2, 0)  # ... and the newest
ROOM_BYTES: Final = 10**9  # an upload lies there twice for a moment; printd takes files of 500 MB
RIGHTS: Final = (
    *("STATUS", "FILES_LIST", "FILES_UPLOAD", "FILES_DOWNLOAD", "FILES_SELECT", "FILES_DELETE"),
    "PRINT",
)
ONE_AT_A_TIME: Final = (
    "Start nothing there while printd has jobs for it, and let one printd use it: when two start "
    "at once, OctoPrint says yes to both and prints one, or none."
)


def look(config: OctoPrintPrinterConfig, ledger: Path) -> Iterator[Remark]:
    """Ask one OctoPrint everything, as far as it can be asked.

    Args:
        config: where it is.
        ledger: folder of the adapter's ledger; it may not be there yet.
    """
    try:
        key = read_secret(config.key_file)
        check_ca_file(config.ca_file)
    except ConfigInvalid as error:
        yield Remark("fail", "key_file", error.problem, error.action)
        return
    yield Remark("ok", "key_file", f"{config.key_file}, for its owner only")
    answer_s = min(config.answer_s, ANSWER_S)
    try:
        with OctoPrintClient(config.url, key, ca_file=config.ca_file, answer_s=answer_s) as client:
            yield from _asked(client, config, ledger)
    except (NoAnswer, Refused) as error:
        yield Remark("fail", "", *why_not(config.url, error))


def why_not(url: str, error: NoAnswer | Refused) -> tuple[str, str]:
    """Return why an OctoPrint cannot be spoken to, and what to do about it."""
    if isinstance(error, NoAnswer):
        if error.lasting:
            remedy = "Check `url` with its prefix, and `ca_file` if it is https."
        else:
            remedy = "Check power and network of its computer, that OctoPrint runs, and `url`."
        return f"{url}: {error}", remedy
    if error.by_octoprint and error.status == HTTPStatus.FORBIDDEN:
        fact = f"{url}: OctoPrint answers nobody yet"
        return fact, "Open it in the browser and go through its set-up to the end."
    if error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        fact = f"{url}: no OctoPrint at this address ({error.status})"
        return fact, "Check `url` with its port and prefix."
    fact = f"{url}: it answers {error.status} ({error.words.rstrip('.')})"
    return fact, "Start OctoPrint, and look into its log."


def missing_rights(user: UserAnswer) -> list[str]:
    """Return what the user of a key may not do and printd has to."""
    return [right for right in RIGHTS if right not in user.permissions]


def _asked(
    client: OctoPrintClient, config: OctoPrintPrinterConfig, ledger: Path
) -> Iterator[Remark]:
    user = client.user()
    if user.name is None:
        yield Remark("ok", "", f"an OctoPrint answers at {config.url}")
        yield Remark(
            "fail",
            "key",
            f"OctoPrint does not know the key in {config.key_file}",
            "Make a key in OctoPrint's settings under Application Keys, and put it into that file.",
        )
        return
    missing = missing_rights(user)
    if "STATUS" in missing:
        yield Remark("ok", "", f"an OctoPrint answers at {config.url}")
        yield _rights(user.name, missing)
        return
    version = client.version()
    yield Remark("ok", "", f"OctoPrint {version} at {config.url}")
    yield version_remark(version)
    yield _rights(user.name, missing)
    job = client.job()
    yield connection_remark(job)
    if "FILES_LIST" not in missing:
        yield room_remark(client.free_bytes())
        yield _others(job, client.paths_in(FOLDER), ledger)


def _rights(name: str, missing: list[str]) -> Remark:
    if not missing:
        return Remark("ok", "key", f"of the user {name}, who may do all that is needed")
    return Remark(
        "fail",
        "key",
        f"its user {name} lacks {', '.join(missing)}",
        f"Put {name} into the group Operator in OctoPrint's settings under Access Control.",
    )


def version_remark(version: str) -> Remark:
    """Judge a version, which need not be plain numbers."""
    found = re.match(r"(\d+)\.(\d+)", version)
    numbers = (int(found[1]), int(found[2])) if found else None
    if numbers is None or numbers > NEWEST:
        known = ".".join(map(str, NEWEST))
        fact = f"{version} is not known; printd was tried up to {known}"
        return Remark("warn", "version", fact, "Update printd, and watch its first prints there.")
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        fact = f"{version} is too old; printd was tried from {oldest} on"
        return Remark("fail", "version", fact, f"Update OctoPrint to {oldest} or later.")
    return Remark("ok", "version", f"{version} is known")


def connection_remark(job: JobAnswer) -> Remark:
    """Say whether a printer hangs on OctoPrint's cable."""
    if phase_of(job.state) is not Phase.AWAY:
        return Remark("ok", "connection", f"its printer is connected ({job.state})")
    return Remark(
        "fail",
        "connection",
        trouble_of(job),
        "Switch the printer on, check its cable, and press Connect on OctoPrint's page.",
    )


def room_remark(free: int | None) -> Remark:
    """Say whether a large file fits on OctoPrint's disk."""
    if free is None:
        return Remark("ok", "storage", "it does not say how much is free")
    fact = f"{free / 1e9:.1f} GB free on its disk"
    if free < ROOM_BYTES:
        return Remark("warn", "storage", fact, "Delete files and timelapses on OctoPrint's page.")
    return Remark("ok", "storage", fact)


def _others(job: JobAnswer, paths: list[str], ledger: Path) -> Remark:
    """Say whether somebody else prints there, too: OctoPrint gives nobody a lock."""
    try:
        known = OctoPrintLedger(ledger) if (ledger / FILE).exists() else None
        foreign = [path for path in paths if not _is_known(known, path)]
        is_foreign = not _is_known(known, job.path or "")
    except (JournalBusy, JournalDamaged, OSError) as error:
        return Remark("warn", "alone", f"its ledger cannot be read: {error}", "Run this as printd.")
    if phase_of(job.state) not in (Phase.AWAY, Phase.READY) and is_foreign:
        fact = f"it prints {job.path or 'something'}, which this printd has not started"
        return Remark("warn", "alone", fact, ONE_AT_A_TIME)
    if foreign:
        fact = f"files in its folder {FOLDER}/ that this printd has not sent: {len(foreign)}"
        return Remark("warn", "alone", fact, ONE_AT_A_TIME)
    return Remark("ok", "alone", "nobody else prints there now")


def _is_known(ledger: OctoPrintLedger | None, path: str) -> bool:
    name = name_in(path)
    return ledger is not None and name is not None and ledger.entry(name) is not None
