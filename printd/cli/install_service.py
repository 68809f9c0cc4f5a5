"""``printd install-service``: units of systemd for one configuration, and what follows.

Files are written and nothing is started: accounts, owners and starts are a person's commands, which
are told. What is written again is the same again; another text that was there stays as ``.bak``.
"""

from __future__ import annotations

import argparse
import os
import pwd
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Final

from printd.cli import unit_files
from printd.cli.output import say, show_json
from printd.cli.session import configuration, me
from printd.core.config import Config
from printd.core.errors import NoSuchFile, NotPossibleNow, SettingInvalid
from printd.core.files import disk_problem, write_file
from printd.core.printer_config import (
    BambuPrinterConfig,
    FolderPrinterConfig,
    OctoPrintPrinterConfig,
    VirtualPrinterConfig,
)

USER: Final = "printd"  # whom the unit of the system runs as
KIOSK_USER: Final = "printd-kiosk"
STATE: Final = Path("/var/lib/printd")  # what systemd makes for that user
UNITS: Final = Path("/etc/systemd/system")
POLICIES: Final = Path("/etc/chromium/policies/managed")
HIDDEN: Final = tuple(map(Path, ("/home", "/root", "/run/user", "/tmp", "/var/tmp")))  # noqa: S108
RUNS: Final = Path("/run/systemd/system")  # there while systemd runs the machine (sd_booted(3))
READABLE: Final = 0o644
SHELL: Final = "--shell /usr/sbin/nologin"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file, and how it is."""

    path: Path
    text: str

    @property
    def is_there(self) -> bool:
        """Whether it is as it should be."""
        try:
            return self.path.read_text(encoding="utf-8") == self.text
        except (OSError, UnicodeDecodeError):
            return False


@dataclass(frozen=True, slots=True)
class Service:
    """What is to be installed, of which configuration."""

    config: Config
    file: Path
    is_system: bool
    has_kiosk: bool
    root: Path  # what stands for / when files are written

    def seen(self, path: Path) -> Path:
        """Return a path as the machine sees it that will run the service."""
        inside = self.root != Path("/") and path.is_relative_to(self.root)
        return Path("/") / path.relative_to(self.root) if inside else path


def install_service(args: argparse.Namespace) -> int:
    """Write the units, and say what was written and what comes next."""
    service = _service(args)
    files = list(_files(service))
    old = [file for file in files if file.is_there]
    if not args.dry_run:
        for file in files:
            if file not in old:
                _write(file)
    commands = list(_commands(service, files))
    if args.json:
        rows = [
            {"file": str(one.path), "changed": one not in old, "text": one.text} for one in files
        ]
        show_json({"files": rows, "dry_run": args.dry_run, "next": commands})
        return 0
    for file in files:
        word = "as it should be" if file in old else "to be written" if args.dry_run else "written"
        say(f"{file.path}: {word}")
        if args.dry_run:
            print(f"# {file.path}\n{file.text}")
    if service.root == Path("/") and not RUNS.is_dir():
        say("! systemd does not run here; what follows is for when it does.")
    say("\nNext:")
    for command in commands:
        print(f"  {command}")
    return 0


def _service(args: argparse.Namespace) -> Service:
    """Look whether it can be done.

    Raises:
        NoSuchFile: there is no configuration file.
        NotPossibleNow: only root may.
        SettingInvalid: a service could not do its work with this configuration.
    """
    loaded = configuration(args)
    if loaded.path is None:
        raise NoSuchFile(
            "There is no configuration file, and a service needs one.",
            action="Write one with `printd init`, or name it by --config.",
        )
    is_root = os.geteuid() == 0
    is_system = args.system or (not args.user and is_root)
    if is_system and not (is_root or args.root or args.dry_run):
        raise NotPossibleNow(
            f"A service of the system is installed by root, and you are {me()}.",
            action="Run this with sudo, or install your own by `printd install-service --user`.",
        )
    if args.kiosk and not loaded.config.kiosk.enabled:
        raise SettingInvalid(
            f"The kiosk is off in {loaded.path}.", action="Set `kiosk: {enabled: true}` there."
        )
    root = Path(args.root).resolve() if args.root else Path("/")
    service = Service(loaded.config, loaded.path.resolve(), is_system, args.kiosk, root)
    if is_system:
        _check_reachable(service)
    return service


def _check_reachable(service: Service) -> None:
    """Refuse what the system's service, a user without a home, could not see."""
    config = service.config
    program = [Path(sys.prefix)] if service.root == Path("/") else []
    paths = [service.file, config.data_dir, config.drop.path, *_cards(config), *_secrets(config)]
    for path in (*program, *map(service.seen, paths)):
        if any(path.is_relative_to(place) for place in HIDDEN):
            raise SettingInvalid(
                f"The service would not see {path}: it has no part in homes and in /tmp.",
                action="Put printd into /opt/printd, and its files into /etc/printd, "
                "/var/lib/printd and /srv (README, As a service); or use --user.",
            )


def _cards(config: Config) -> Iterator[Path]:
    """Return the folders of printers that printd writes into."""
    for printer in config.printers.values():
        if isinstance(printer, FolderPrinterConfig):
            yield printer.path
        elif isinstance(printer, VirtualPrinterConfig) and printer.folder is not None:
            yield printer.folder


def _secrets(config: Config) -> Iterator[Path]:
    for printer in config.printers.values():
        if isinstance(printer, OctoPrintPrinterConfig):
            yield printer.key_file
        elif isinstance(printer, BambuPrinterConfig):
            yield printer.access_code_file
    for entry in (*config.meshers.values(), *config.depth.values(), *config.pictures.values()):
        key_file: Path | None = getattr(entry, "key_file", None)
        if key_file is not None:
            yield key_file


# The files.


def _files(service: Service) -> Iterator[Wanted]:
    config = service.seen(service.file)
    start = unit_files.command_line(*_program(), "run", "--config", config)
    if service.is_system:
        lines = {"ExecStart": start, "ReadWritePaths": unit_files.path_list(_writes_to(service))}
        yield _of_root(
            service, UNITS / unit_files.SYSTEM, unit_files.unit(unit_files.SYSTEM, lines)
        )
    else:
        text = unit_files.unit(unit_files.USER, {"ExecStart": start})
        yield Wanted(_own_folder() / "systemd/user" / unit_files.SYSTEM, text)
    if service.has_kiosk:
        texts = unit_files.kiosk_files(service.config.web)
        for name, place in _kiosk_places().items():
            yield (
                _of_root(service, place, texts[name])
                if service.is_system
                else Wanted(_own_folder() / "printd" / name, texts[name])
            )


def _program() -> tuple[Path, *tuple[str, ...]]:
    python = Path(sys.executable)
    script = python.with_name("printd")
    return (script,) if script.is_file() else (python, "-m", "printd")


def _writes_to(service: Service) -> list[Path]:
    config = service.config
    folders = [config.drop.path, *_cards(config)]
    if not _is_state(service, config.data_dir):
        folders.append(config.data_dir)
    return [service.seen(folder) for folder in dict.fromkeys(folders)]


def _is_state(service: Service, folder: Path) -> bool:
    return service.seen(folder).is_relative_to(STATE)


def _of_root(service: Service, path: Path, text: str) -> Wanted:
    return Wanted(service.root / path.relative_to("/"), text)


def _own_folder() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _kiosk_places() -> dict[str, Path]:
    """Return where the kiosk's files belong, by their shipped names."""
    places = {unit_files.KIOSK: UNITS, unit_files.POLICY: POLICIES}
    return {name: place / name for name, place in places.items()}


def _write(file: Wanted) -> None:
    """Write a file for everybody to read; another text that was there is kept beside it."""
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        if file.path.exists():
            write_file(file.path.with_name(f"{file.path.name}.bak"), file.path.read_bytes())
        write_file(file.path, file.text.encode())
        file.path.chmod(READABLE)
    except OSError as error:
        raise disk_problem(error, file.path) from error


# What a person does then.


def _commands(service: Service, files: list[Wanted]) -> Iterator[str]:
    if service.is_system:
        yield from _preparations(service)
        yield "systemctl daemon-reload && systemctl enable --now printd"
    else:
        yield "systemctl --user daemon-reload && systemctl --user enable --now printd"
        if not Path("/var/lib/systemd/linger", me()).exists():
            yield f"loginctl enable-linger {quote(me())}   # it also runs when you have logged out"
    if service.has_kiosk:
        yield from _kiosk_commands(service, files)


def _preparations(service: Service) -> Iterator[str]:
    """Return what the service needs and is not there yet."""
    config = service.config
    if not _has_account(USER):
        yield f"useradd --system --user-group --home-dir {STATE} {SHELL} {USER}"
    owned = f"-o {USER} -g {USER}"
    if not config.drop.path.exists():
        yield f"install -d {owned} -m 2770 {_quoted(service, config.drop.path)}"
        yield f"usermod -aG {USER} ANN   # whoever drops pictures into it"
    if not _is_state(service, config.data_dir) and not config.data_dir.exists():
        yield f"install -d {owned} -m 700 {_quoted(service, config.data_dir)}"
    for secret in dict.fromkeys(_secrets(config)):
        if not _belongs_to(secret, USER):
            yield f"chown {USER}: {_quoted(service, secret)}"


def _quoted(service: Service, path: Path) -> str:
    return quote(str(service.seen(path)))


def _kiosk_commands(service: Service, files: list[Wanted]) -> Iterator[str]:
    sudo = "" if service.is_system else "sudo "
    # cage of Debian does not start without Xwayland, which it only recommends.
    missing = [
        package
        for program, package in (("cage",) * 2, ("Xwayland", "xwayland"), ("chromium",) * 2)
        if not Path("/usr/bin", program).exists()
    ]
    if missing:
        yield f"{sudo}apt install --no-install-recommends {' '.join(missing)}"
    if not _has_account(KIOSK_USER):
        home = f"/run/{KIOSK_USER}"
        yield f"{sudo}useradd --system --user-group --home-dir {home} {SHELL} {KIOSK_USER}"
    if not service.is_system:
        for name, place in _kiosk_places().items():
            (source,) = [file.path for file in files if file.path.name == name]
            yield f"sudo install -D -m 644 {quote(str(source))} {place}"
    yield (
        f"{sudo}systemctl set-default graphical.target && {sudo}systemctl daemon-reload && "
        f"{sudo}systemctl enable --now printd-kiosk"
    )


def _has_account(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _belongs_to(file: Path, name: str) -> bool:
    try:
        return file.stat().st_uid == pwd.getpwnam(name).pw_uid
    except (OSError, KeyError):
        return False
