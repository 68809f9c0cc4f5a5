"""Words that are nobody's business: secrets, addresses, serial numbers, names.

They are found where they stand: in the configuration, the database and the drop folder.
"""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from printd.core.config import Config
from printd.core.database import FILE
from printd.core.errors import PrintdError
from printd.core.secretfile import read_secret
from printd.core.service_config import ServiceConfig
from printd.core.user import me

MOST_NAMES: Final = 10_000  # of files in the drop folder
OURS: Final = frozenset({"", "printd", "root", "drop folder", "command", "kiosk", "slicer"})
HERE: Final = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "::"})  # noqa: S104
PLACES: Final = frozenset({"host", "serial", "fingerprint"})
NAMED: Final = frozenset({"kiosk.wifi.name", "web.names", "web.source_hosts"})


def opened(file: Path) -> sqlite3.Connection:
    """Open a database to be read, whatever its version is; it is not changed."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


def private_words(config: Config | None) -> Iterator[tuple[str, str]]:
    """Yield each word that is not to be seen, and what stands for it."""
    yield str(Path.home()), "~"
    yield platform.node(), "[this machine]"
    if me() not in OURS:
        yield me(), "[user]"
    if config is None:
        return
    _hide_secrets(config)
    yield from _places(config)
    with suppress(OSError):
        yield from _dropped(config.drop.path)
    with suppress(sqlite3.Error), closing(opened(config.data_dir / FILE)) as connection:
        yield from _people(connection)
        for number, name in connection.execute("SELECT number, name FROM job"):
            yield name, f"[name of #{number}]"


def _hide_secrets(config: Config) -> None:
    """Read every secret that the configuration names: what was read is masked."""
    for key, value in _leaves(config.model_dump()):
        if isinstance(value, Path) and key.endswith("_file"):
            with suppress(PrintdError):
                read_secret(value)


def _places(config: Config) -> Iterator[tuple[str, str]]:
    """Yield addresses and serial numbers; those of public services are no secret."""
    public = {
        f"{part}.{name}.base_url"
        for part in ("meshers", "depth", "pictures")
        for name, entry in getattr(config, part).items()
        if isinstance(entry, ServiceConfig) and not entry.local
    }
    for key, value in _leaves(config.model_dump(mode="json")):
        if not isinstance(value, str) or key in public:
            continue
        last = key.rpartition(".")[2]
        if "://" in value:
            yield value, f"[{key}]"
            with suppress(ValueError):
                parts = urlsplit(value)
                if parts.hostname and parts.hostname not in HERE:
                    yield parts.netloc, f"[{key}]"
                    yield parts.hostname, f"[{key}]"
        elif value not in HERE and (last in PLACES or key in NAMED):
            yield value, f"[{key}]"


def _leaves(tree: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted key and the value of everything; of a list, under the key of the list."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _leaves(value, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(tree, list | tuple):
        for value in tree:
            yield from _leaves(value, prefix)
    else:
        yield prefix, tree


def _dropped(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the names of what lies in the drop folder, with what was refused."""
    count = 0
    for below, _, names in os.walk(folder):
        for name in names:
            count += 1
            if count > MOST_NAMES:
                return
            if not name.startswith("_") and name != "README.txt":
                yield name, "[file]"
                if Path(below).name.startswith("_"):
                    yield name.removesuffix(".txt"), "[file]"


def _people(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    for query in (
        "SELECT DISTINCT owner FROM job",
        "SELECT DISTINCT who FROM event",
        "SELECT name FROM person",
        "SELECT DISTINCT shown_name FROM ticket",
    ):
        with suppress(sqlite3.Error):  # an older database has not all of them
            for (name,) in connection.execute(query):
                if name not in OURS:
                    yield name, "[somebody]"
