"""Files that say whom to trust: a secret of one line, the certificate of an authority.

A secret lies in a file of its own that nobody but its owner and its group may read.
"""

from __future__ import annotations

import os
import ssl
import stat
from pathlib import Path

from printd.core.errors import ConfigInvalid
from printd.core.masking import hide

LONGEST_BYTES = 4096  # no key is longer; what is longer is another file
NOT_FOR_OTHERS = stat.S_IWGRP | stat.S_IRWXO


def read_secret(path: Path) -> str:
    """Return the secret in ``path``; no line of the log shows it from now on.

    Raises:
        ConfigInvalid: it cannot be read, others may read it, or it holds no single line.
    """
    try:
        with path.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            content = stream.read(LONGEST_BYTES + 1)
    except PermissionError as error:
        raise ConfigInvalid(
            f"The secret in {path} may not be read by this user.",
            action="Run this as the user that printd runs as, or give that user the file.",
        ) from error
    except OSError as error:
        raise ConfigInvalid(
            f"The secret in {path} cannot be read: {error.strerror}.",
            action="Put the key into that file, or name the file that holds it.",
        ) from error
    if mode & NOT_FOR_OTHERS:
        raise ConfigInvalid(
            f"The secret in {path} can be read or changed by others.",
            action=f"Run `chmod 600 {path}`.",
        )
    text = content.decode("ascii", "replace").strip()
    if not text or len(content) > LONGEST_BYTES or not text.isprintable() or "\ufffd" in text:
        raise ConfigInvalid(
            f"{path} does not hold a secret of one line.",
            action="Put nothing but the key into it.",
        )
    hide(text)
    return text


def check_ca_file(path: Path | None) -> None:
    """Read the certificate of an authority, if there is one of its own.

    Raises:
        ConfigInvalid: the file cannot be read, or holds no certificate.
    """
    if path is None:
        return
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:  # an SSLError is one
        raise ConfigInvalid(
            f"The certificate in {path} cannot be used: {error.strerror or error}.",
            action="Put the certificate that signed the server's into that file, as PEM.",
        ) from error
