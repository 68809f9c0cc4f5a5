"""``printd photo-check``: what a mesh service could make of photos, measured before it is paid."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from printd.cli.output import advice, say, show_json, show_text, table
from printd.cli.places import there
from printd.cli.session import configuration
from printd.core.compute import Compute, Limits
from printd.core.errors import PhotoForbidden, PhotoRefused, SettingInvalid
from printd.pipeline import tasks

MEMORY_BYTES: Final = 1 << 30  # as for decoding alone: nothing larger than 1024 px is measured
FAILED: Final = 1


def photo_check(args: argparse.Namespace) -> int:
    """Check photos; 1 if one of them is bad, or none at all."""
    config = configuration(args).config
    photos = [there(word) for word in args.photos]
    mask = _mask(args, photos)
    most_bytes = int(config.limits.photo_max_mb * 1e6)
    limits = Limits(memory_bytes=MEMORY_BYTES, wall_s=config.limits.decode_timeout_s)
    found = []
    with Compute(workers=1) as compute:
        for word, photo in zip(args.photos, photos, strict=True):
            try:
                facts = compute.run(tasks.check_photo, photo, most_bytes, mask, limits=limits)
            except PhotoRefused as error:
                found.append({"file": word, "error": _refusal(error)})
            except OSError as error:
                unread = PhotoForbidden(f"The file cannot be read: {error.strerror or error}.")
                found.append({"file": word, "error": _refusal(unread)})
            else:
                found.append({"file": word, **facts})
            if not args.json:
                _tell(found[-1])
    if args.json:
        show_json(found)
    return FAILED if any(one.get("verdict", "bad") == "bad" for one in found) else 0


def _mask(args: argparse.Namespace, photos: Sequence[Path]) -> Path | None:
    if args.mask_file is None:
        return None
    if len(photos) > 1:
        raise SettingInvalid(
            "--mask-file belongs to one photo, and several are named.", action="Name one photo."
        )
    return there(args.mask_file)


def _refusal(error: PhotoRefused) -> dict[str, str]:
    return {"code": error.code, "problem": error.problem, "action": advice(error)}


def _tell(found: Mapping[str, Any]) -> None:
    if "error" in found:
        error = found["error"]
        say(f"{found['file']}: {error['problem']}\n→ {error['action']}  [{error['code']}]")
        return
    size = f"{found['width_px']} x {found['height_px']}"
    show_text(f"{found['file']}, {size}: {found['verdict']}. {found['sentence']}")
    table(
        (f"  {check['verdict']}", _words(check["code"]), _value(check), _advice(check))
        for check in found["checks"]
    )


def _words(code: str) -> str:
    return code.replace("_", " ")


def _value(check: Mapping[str, Any]) -> str:
    unit = check["unit"]
    return f"{check['value']:g}{'' if unit.startswith('%') else ' '}{unit}".replace("%", " %", 1)


def _advice(check: Mapping[str, Any]) -> str:
    return f"→ {check['advice']}" if check["advice"] else ""
