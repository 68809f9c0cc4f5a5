"""``printd printers add``: from an address to a printer in the configuration."""

from __future__ import annotations

import argparse
import ipaddress
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from printd.cli.output import Progress, duration, say, show_json
from printd.cli.places import placed
from printd.cli.session import profile_folders
from printd.core.config import Config, Name, OctoPrintPrinterConfig, WebAddress, place_of
from printd.core.configedit import NotEdited, Values, add_printer, lines_to_paste
from printd.core.configfile import Loaded, config_path, load, parsed
from printd.core.errors import ConfigInvalid, NotPossibleNow, SettingInvalid
from printd.core.files import write_file
from printd.core.secretfile import check_ca_file, read_secret
from printd.printers.octoprint_client import OctoPrintClient
from printd.printers.octoprint_keys import LONGEST_S, Met, ask, check_is_octoprint, given_key, meet
from printd.printers.octoprint_look import version_remark
from printd.slicers.profiles import configured_profiles

NEW_CONFIG: Final = Path("config.yaml")  # made here when there is no configuration at all
PLAIN: Final = "Use small letters, digits, - and _; at most 32."


def add(args: argparse.Namespace) -> int:
    """Get a key of an OctoPrint into a file of its own, and a printer into the configuration."""
    url: str = _checked(WebAddress, "--url", args.url, "Give the address of OctoPrint's page.")
    within_s = _wait_s(args.wait_s)
    file = config_path(Path(args.config) if args.config else None, os.environ) or NEW_CONFIG
    loaded = parsed(b"", file) if _is_missing(file) else load(file)
    name = _name(args.name or _host_word(url), url, loaded.config)
    key_file = _key_file(args.key_file, file, name)
    values = _values(args, url, file, key_file)
    _check_profile(loaded, name, values)
    key, met = _key(args, url, key_file, within_s)
    with _kept(key_file, None if args.key_file else key, loaded.config.data_dir):
        why_not = _written(file, name, values) if args.write else None
    return _told(args, file, name, values, met, why_not)


def _is_missing(file: Path) -> bool:
    try:
        file.stat()
    except FileNotFoundError:
        return True
    except OSError:
        pass  # whoever reads it says why that cannot be
    return False


def _checked(kind: Any, flag: str, value: str, action: str) -> Any:
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        (detail, *_) = error.errors()
        words = str(detail.get("ctx", {}).get("error") or f"{value!r}: {detail['msg']}")
        raise SettingInvalid(f"{flag}: {words}.", action=action) from error


def _host_word(url: str) -> str:
    """Return a name after the host: ``octopi`` of octopi.local."""
    host = urlsplit(url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return re.sub(r"[^a-z0-9]+", "-", host.partition(".")[0])[:32].strip("-") or "octoprint"
    return "octoprint"


def _name(word: str, url: str, config: Config) -> str:
    name: str = _checked(Name, "--name", word, PLAIN)
    if name in config.printers:
        raise SettingInvalid(
            f"A printer is called {name} already.", action="Choose another name with `--name`."
        )
    for other, printer in config.printers.items():
        if isinstance(printer, OctoPrintPrinterConfig) and place_of(printer.url) == place_of(url):
            raise SettingInvalid(
                f"{url} is the printer {other} already; its key is in {printer.key_file}.",
                action=f"Look with `printd doctor` how {other} is.",
            )
    return name


def _key_file(word: str | None, file: Path, name: str) -> Path:
    """Return where the key is, or where it will be: beside the configuration."""
    if word is not None:
        return Path(word).absolute()
    new = placed(str(file.absolute().parent / f"{name}.key"))
    if new.exists():
        raise NotPossibleNow(
            f"{new} is there already.",
            action=f"Use it with `--key-file {new}`, or choose another name with `--name`.",
        )
    return new


def _values(args: argparse.Namespace, url: str, file: Path, key_file: Path) -> Values:
    """Return what the configuration says of the printer."""
    values = {"kind": "octoprint", "profile": args.profile, "url": url}
    if args.material:
        values["material"] = args.material
    values["key_file"] = _from(file, key_file)
    if args.ca_file:
        ca_file = Path(args.ca_file).absolute()
        check_ca_file(ca_file)
        values["ca_file"] = _from(file, ca_file)
    return values


def _from(file: Path, path: Path) -> str:
    """Return a path as the configuration names it: short when it lies beside it."""
    folder = file.absolute().parent
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _check_profile(loaded: Loaded, name: str, values: Values) -> None:
    printer = OctoPrintPrinterConfig.model_validate(values)
    alone = loaded.config.model_copy(update={"printers": {name: printer}, "recipes": {}})
    try:
        configured_profiles(alone, profile_folders(loaded))
    except ConfigInvalid as error:
        words = error.problem.removeprefix(f"printers.{name}.")
        raise SettingInvalid(
            f"--{words}", action="See `printd profiles`; name another `--profile` or `--material`."
        ) from error


def _key(args: argparse.Namespace, url: str, key_file: Path, within_s: float) -> tuple[str, Met]:
    """Return the key that was given or is asked for, and whom it belongs to."""
    ca_file = Path(args.ca_file) if args.ca_file else None
    key = read_secret(key_file) if args.key_file else ""
    with OctoPrintClient(url, "", ca_file=ca_file) as stranger:
        check_is_octoprint(stranger, url)
        key = key or _allowed(stranger, url, args.user, within_s)
    with OctoPrintClient(url, key, ca_file=ca_file) as client:
        return key, meet(client, url)


def _wait_s(seconds: float) -> float:
    if not 1.0 <= seconds <= LONGEST_S:
        raise SettingInvalid(f"--wait-s {seconds:g}: from 1 to {LONGEST_S:.0f} seconds.")
    return seconds


def _allowed(client: OctoPrintClient, url: str, user: str | None, within_s: float) -> str:
    """Ask for a key and show how long is left to allow it."""
    asked = ask(client, url, user)
    who = f"user {user}" if user else "as a user who may print"
    say(f"Now open OctoPrint in the browser and click Allow ({who}): {asked.page}")
    progress = Progress("waiting")

    def waiting(over_s: float) -> None:
        progress(over_s / within_s, f"for Allow, {duration(within_s - over_s)} left")

    try:
        return given_key(client, url, asked, within_s=within_s, waiting=waiting)
    except KeyboardInterrupt:
        progress.done()
        say("Given up; nothing was written, and OctoPrint forgets the question.")
        raise
    finally:
        progress.done()


@contextmanager
def _kept(key_file: Path, key: str | None, data_dir: Path) -> Iterator[None]:
    """Keep a new key in its file; whatever then goes wrong, it does not stay there."""
    if key is None:
        yield
        return
    try:
        write_file(key_file, f"{key}\n".encode())
        if os.geteuid() == 0 and data_dir.exists():
            whose = data_dir.stat()  # the daemon's, which has to read it
            os.chown(key_file, whose.st_uid, whose.st_gid)
        yield
    except BaseException:
        key_file.unlink(missing_ok=True)
        raise


def _written(file: Path, name: str, values: Values) -> str | None:
    """Add the printer to the file; return why not, if not."""
    try:
        add_printer(file, name, values)
    except NotEdited as error:
        return str(error)
    return None


def _told(
    args: argparse.Namespace, file: Path, name: str, values: Values, met: Met, why_not: str | None
) -> int:
    is_written = args.write and why_not is None
    lines = lines_to_paste(file, name, values)
    say(f"{values['url']} is OctoPrint {met.version} and takes the key, of its user {met.user}.")
    for remark in _doubts(met):
        say(f"! {remark}")
    if is_written:
        say(
            f"{name} is in {file}. Look with `printd doctor`; printd reads it when it starts again."
        )
    else:
        reason = f"{file} was not changed: {why_not}. " if why_not else ""
        where = f"a new file {file}" if _is_missing(file) else f"{file}, under `printers:`"
        say(f"{reason}The key is in {values['key_file']}. Paste this into {where}:")
    if args.json:
        found = {"name": name, "config": str(file), "written": is_written, "lines": lines}
        show_json({**found, "printer": dict(values), "version": met.version, "user": met.user})
    elif not is_written:
        print(lines, end="")
    return 1 if why_not else 0


def _doubts(met: Met) -> Iterator[str]:
    remark = version_remark(met.version)
    if met.version and remark.verdict != "ok":
        yield f"{remark.fact}. {remark.remedy}"
    if met.missing:
        words = ", ".join(met.missing)
        yield f"{met.user} lacks {words}: put it into the group Operator, in Access Control."
