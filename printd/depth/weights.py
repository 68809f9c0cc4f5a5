"""The files of a network: there, and exactly those that the configuration means."""

from __future__ import annotations

import mmap
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from printd.core.errors import DepthMissing, DepthUnfit, DiskError
from printd.core.files import sha256_of

# How a network names a file that holds some of its weights: an entry "location" and its value,
# as the format's protocol buffers write it. The value's length is one byte below 128.
_LOCATION: Final = re.compile(rb"\x0a\x08location\x12(.)", re.DOTALL)
LONGEST_NAME: Final = 127
RUNTIME: Final = "onnxruntime"
INSTALL: Final = "Install it (`pip install 'printd[onnx]'`), or choose another `depth`."


def check_weights(path: Path, sha256: str, data: Mapping[str, str]) -> None:
    """Make sure that every file of a network is what the configuration says.

    Args:
        path: the network.
        sha256: of it, in hex.
        data: names of the files beside it that hold weights, and their SHA-256.

    Raises:
        DepthMissing: a file is not there, or cannot be read.
        DepthUnfit: a file has changed, or the network names one that the configuration does not.
    """
    _check(path, sha256)
    for name in sorted(_names_in(path)):
        if name not in data:
            raise DepthUnfit(
                f"{path.name} keeps weights in a file {name!r} whose SHA-256 is not given.",
                action=f"Name it under `data:` of the entry: `{name}: SHA-256`.",
            )
    for name, wanted in data.items():
        _check(path.with_name(name), wanted)


def check_runtime() -> None:
    """Make sure that networks can be run, without loading what runs them.

    Raises:
        DepthMissing: it is not installed.
    """
    if find_spec(RUNTIME) is None:
        raise DepthMissing("The runtime of networks is not installed.", action=INSTALL)


def _check(path: Path, wanted: str) -> None:
    if not path.is_file():
        raise DepthMissing(f"There is no file {path}, which holds the weights of a network.")
    try:
        found = sha256_of(path)
    except DiskError as error:
        raise DepthMissing(error.problem) from error
    if found != wanted.lower():
        raise DepthUnfit(
            f"{path} has the SHA-256 {found}, the configuration says {wanted.lower()}.",
            action="Put the right file into place, or correct `sha256`.",
        )


def _names_in(path: Path) -> set[str]:
    if path.stat().st_size == 0:
        return set()
    names = set()
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as graph:
        for found in _LOCATION.finditer(graph):
            length = found[1][0]
            value = graph[found.end() : found.end() + min(length, LONGEST_NAME)]
            names.add(value.decode("utf-8", "replace"))
    return names
