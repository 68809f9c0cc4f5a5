"""Whether there is a way to a service, and a key: asked by ``printd doctor``; orders nothing."""

from __future__ import annotations

from typing import Final

import httpx

from printd.core.errors import ServiceAway
from printd.core.secretfile import check_ca_file, read_secret
from printd.core.service_config import ServiceConfig
from printd.services.line import AGAIN_S, Line, Waits

ANSWER_S: Final = 10.0


def look(config: ServiceConfig) -> str:
    """Return what stands at the address of a service; its key is read, and shown to nobody.

    Raises:
        ConfigInvalid: the key or a certificate cannot be used.
        ServiceAway: nothing answers.
    """
    key_file = getattr(config, "key_file", None)
    if key_file is not None:
        read_secret(key_file)
    check_ca_file(config.ca_file)
    waits = Waits(connect_s=min(config.connect_s, ANSWER_S), answer_s=ANSWER_S)
    line = Line(config.base_url, config.base_url, None, waits=waits, ca_file=config.ca_file)
    try:
        with line.client() as client, client.stream("GET", config.base_url):
            pass  # any answer: what it says to somebody without a key differs
    except httpx.HTTPError as error:
        words = f"{type(error).__name__} {error}".strip()
        raise ServiceAway(f"{config.base_url} does not answer: {words}.", AGAIN_S) from error
    return f"{config.base_url} answers{'' if key_file is None else f', key in {key_file.name}'}"
