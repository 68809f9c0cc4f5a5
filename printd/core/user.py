"""Under which name printd runs, or a command is typed."""

from __future__ import annotations

import getpass
import os


def me() -> str:
    """Return the name of this user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        return f"user {os.getuid()}"
