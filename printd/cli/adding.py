"""What every ``printd printers add`` does: names, a secret in a file of its own, lines of YAML.

The order is: what cannot be is said before anybody is asked; the secret is kept only together with
a printer that answers; and whatever goes wrong leaves nothing behind.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from printd.cli.output import say, show_json
from printd.cli.places import placed
from printd.cli.session import profile_folders
from printd.core.config import Config
from printd.core.config_types import Name
from printd.core.configedit import NotEdited, Values, add_printer, lines_to_paste
from printd.core.configfile import Loaded, config_path, load, parsed
from printd.core.errors import ConfigInvalid, NotPossibleNow, PrintdError, SettingInvalid
from printd.core.files import write_file
from printd.core.printer_config import PrinterConfig
from printd.core.secretfile import check_ca_file
from printd.slicers.profiles import Profile, ProfileWaits, configured_profiles, load_profile

NEW_CONFIG: Final = Path("config.yaml")  # made here when there is no configuration at all
PLAIN: Final = "Use small letters, digits, - and _; at most 32."
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Addition:
    """A printer on its way into a configuration file."""

    loaded: Loaded
    file: Path  # of the configuration; it may not be there yet
    name: str

    @property
    def config(self) -> Config:
        """The configuration as it is."""
        return self.loaded.config


def addition(args: argparse.Namespace, name: str) -> Addition:
    """Read the configuration, and look whether a printer of this name can be added.

    Raises:
        SettingInvalid: the name cannot be, or is taken.
        ConfigInvalid: the configuration cannot be used as it is.
    """
    file = config_path(Path(args.config) if args.config else None, os.environ) or NEW_CONFIG
    loaded = parsed(b"", file) if _is_missing(file) else load(file)
    plain: str = checked(Name, "--name", name, PLAIN)
    if plain in loaded.config.printers:
        raise SettingInvalid(f"A printer is called {plain} already.", action="Choose another name.")
    return Addition(loaded, file, plain)


def _is_missing(file: Path) -> bool:
    try:
        file.stat()
    except FileNotFoundError:
        return True
    except OSError:
        pass  # whoever reads it says why that cannot be
    return False


def checked(kind: Any, flag: str, value: Any, action: str) -> Any:
    """Return the value of a flag as the configuration would have it.

    Raises:
        SettingInvalid: it would not.
    """
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        (detail, *_) = error.errors()
        words = str(detail.get("ctx", {}).get("error") or f"{value!r}: {detail['msg']}")
        raise SettingInvalid(f"{flag}: {words}.", action=action) from error


def secret_file(word: str | None, adds: Addition, ending: str, flag: str) -> Path:
    """Return where the secret is, or where it will be: beside the configuration.

    Args:
        word: the file that a person has named; None: a new one.
        adds: what is added.
        ending: of a new one.
        flag: by which a person names one.

    Raises:
        NotPossibleNow: something lies where a new one would.
    """
    if word is not None:
        return Path(word).absolute()
    new = placed(str(adds.file.absolute().parent / f"{adds.name}{ending}"))
    if new.exists():
        raise NotPossibleNow(
            f"{new} is there already.",
            action=f"Use it with `{flag} {new}`, or choose another name.",
        )
    return new


def from_config(file: Path, path: Path) -> str:
    """Return a path as the configuration names it: short when it lies beside it."""
    folder = file.absolute().parent
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def trusted(args: argparse.Namespace, file: Path) -> dict[str, str]:
    """Return what the configuration says of the certificate of an authority, if one is named."""
    if not args.ca_file:
        return {}
    ca_file = Path(args.ca_file).absolute()
    check_ca_file(ca_file)
    return {"ca_file": from_config(file, ca_file)}


def checked_profile(adds: Addition, values: Values) -> Profile:
    """Return the profile of the new printer.

    Raises:
        ProfileWaits: it has no settings yet.
        SettingInvalid: the printer cannot use it, or not with this material.
    """
    folders = profile_folders(adds.loaded)
    printer: Any = TypeAdapter(PrinterConfig).validate_python(dict(values))
    alone = adds.config.model_copy(update={"printers": {adds.name: printer}, "recipes": {}})
    try:
        return configured_profiles(alone, folders)[adds.name]
    except ConfigInvalid as error:
        if waits := _waits(printer.profile, folders):
            raise waits from error
        words = error.problem.removeprefix(f"printers.{adds.name}.")
        raise SettingInvalid(
            f"--{words}", action="See `printd profiles`; name another `--profile` or `--material`."
        ) from error


def _waits(name: str, folders: Sequence[Path]) -> ProfileWaits | None:
    try:
        load_profile(name, folders)
    except ProfileWaits as error:
        return error
    except PrintdError:
        return None
    return None


@contextmanager
def kept(file: Path, secret: str | None, data_dir: Path) -> Iterator[None]:
    """Keep a new secret in its file; whatever then goes wrong, it does not stay there.

    Args:
        file: of the secret.
        secret: None: the file was there before.
        data_dir: whose owner has to read it.
    """
    if secret is None:
        yield
        return
    try:
        write_file(file, f"{secret}\n".encode())
        if os.geteuid() == 0 and data_dir.exists():
            whose = data_dir.stat()  # the daemon's, which has to read it
            os.chown(file, whose.st_uid, whose.st_gid)
        yield
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def written(adds: Addition, values: Values) -> str | None:
    """Add the printer to the file; return why not, if not."""
    try:
        add_printer(adds.file, adds.name, values)
    except NotEdited as error:
        return str(error)
    return None


def told(
    args: argparse.Namespace,
    adds: Addition,
    values: Values,
    *,
    secret: str,
    why_not: str | None,
    more: Mapping[str, object],
) -> int:
    """Tell what was written, or what is to be pasted; return the exit code.

    Args:
        args: with ``write`` and ``json``.
        adds: what is added.
        values: of the printer.
        secret: a word for it, and the file that it is in.
        why_not: the file was to be written, and was not.
        more: what programs are told, too.
    """
    is_written = args.write and why_not is None
    lines = lines_to_paste(adds.file, adds.name, values)
    if is_written:
        say(
            f"{adds.name} is in {adds.file}. Look with `printd doctor`; printd reads it when it "
            "starts again."
        )
    else:
        reason = f"{adds.file} was not changed: {why_not}. " if why_not else ""
        new = _is_missing(adds.file)
        where = f"a new file {adds.file}" if new else f"{adds.file}, under `printers:`"
        say(f"{reason}{secret}. Paste this into {where}:")
    if args.json:
        found = {"name": adds.name, "config": str(adds.file), "written": is_written}
        show_json({**found, "lines": lines, "printer": dict(values), **more})
    elif not is_written:
        print(lines, end="")
    return 1 if why_not else 0
