"""The API of a store as a program of its own: ``python -m tests.peers.api_program FOLDER N``.

N virtual printers. Says its address and a key of the scope admin, serves until its input ends.
"""

import sys
from pathlib import Path

from tests.peers.api import served


def main(folder: Path, printers: int) -> None:
    """Serve until standard input ends."""
    configured = {f"p{number}": {"kind": "virtual"} for number in range(printers)}
    with served(folder, printers=configured) as api:
        print(api.server.url, api.key(), flush=True)  # noqa: T201  read by who started it
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
