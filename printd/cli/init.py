"""``printd init``: five questions, and a first configuration with comments.

Nothing is written before the last answer, a file that is there is never replaced, and whatever goes
wrong leaves nothing behind. What is written passes ``printd check``.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from printd.cli.adding import NEW_CONFIG, PLAIN, checked, from_config, kept
from printd.cli.dialogue import Dialogue, is_somebody_there, typed_path
from printd.cli.init_printer import Chosen, chosen_printer
from printd.cli.init_text import First, config_text
from printd.cli.output import say, show_json
from printd.cli.places import placed
from printd.cli.session import me, profile_folders
from printd.core.config import Config
from printd.core.config_types import Name
from printd.core.configedit import replace_file
from printd.core.configfile import parsed
from printd.core.database import is_network, mount_kind
from printd.core.errors import (
    FolderUnusable,
    NoSuchFile,
    NotPossibleNow,
    SettingInvalid,
    SlicerMissing,
)
from printd.core.secretfile import read_secret
from printd.printers import check_files
from printd.slicers.find import find_slicer
from printd.slicers.profiles import configured_profiles

SYSTEM: Final = Path("/etc")  # a configuration in it is that of a service
OURS: Final = ("_", ".", "README.txt")  # how files begin that printd itself keeps in a drop folder
LATER: Final = "later"
GIVEN_UP: Final = 130
FLAGS: Final = ("drop", "printer", "address", "profile", "slicer")
SCHEMA: Final = "config.schema.json"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the configuration will be, and what lies beside it."""

    file: Path
    data_dir: Path
    drop: Path  # unless a person wants another one

    def words(self, path: Path) -> str:
        """Return how the configuration names a path."""
        return from_config(self.file, path)


def init(args: argparse.Namespace) -> int:
    """Ask, write, and say what comes next."""
    place = _place(args)
    asks = not args.yes and is_somebody_there()
    if not asks and not args.yes:
        raise SettingInvalid(
            "Nobody is at a terminal to answer.",
            action="Answer by flags: `printd init --yes --drop DIR --printer octoprint --address "
            "URL --key-file FILE --no-kiosk`; what is left out is as usual: `printd init --help`.",
        )
    dialogue = Dialogue(_given(args), asks=asks)
    try:
        chosen, first = _answers(dialogue, args, place)
        _write(place, chosen, first)
    except (KeyboardInterrupt, EOFError):
        say("\nGiven up; nothing was written.")
        return GIVEN_UP
    _tell(args, place, chosen)
    return 0


def _place(args: argparse.Namespace) -> Place:
    """Look whether a configuration can be written there.

    Raises:
        NotPossibleNow: there is one already.
        NoSuchFile: its folder is missing or may not be written.
        FolderUnusable: the data would lie on a network share.
    """
    named = args.config or os.environ.get("PRINTD_CONFIG") or NEW_CONFIG
    file = placed(str(named)).resolve()
    if os.path.lexists(file):
        raise NotPossibleNow(
            f"{file} is there already; it is not replaced.",
            action="Change it in an editor, name another file by --config, or move it away. "
            "`printd printers add` adds a printer to it.",
        )
    args.config = str(file)
    if args.name:
        checked(Name, "--name", args.name, PLAIN)
    if args.key_file:
        read_secret(Path(args.key_file).absolute())
    is_service = file.is_relative_to(SYSTEM)
    data_dir = Path("/var/lib/printd") if is_service else file.parent / "data"
    if args.data_dir:
        data_dir = typed_path(args.data_dir)
    parent = _nearest(data_dir)
    if is_network(parent):
        raise FolderUnusable(
            f"{data_dir}, for jobs and the database, is on {mount_kind(parent)}.",
            action="Name a folder on a local disk by --data-dir.",
        )
    return Place(file, data_dir, Path("/srv/printd-inbox") if is_service else file.parent / "drop")


def _given(args: argparse.Namespace) -> dict[str, str | None]:
    words = {flag: getattr(args, flag) for flag in FLAGS}
    for flag in ("kiosk", "phones"):
        answer = getattr(args, flag)
        words[flag] = None if answer is None else "yes" if answer else "no"
    return words


def _answers(dialogue: Dialogue, args: argparse.Namespace, place: Place) -> tuple[Chosen, First]:
    dialogue.say(
        f"Five questions, then {place.file} is written.",
        "Enter takes what stands in [ ]; Ctrl-C leaves everything as it is.",
    )
    drop = _drop(dialogue, place)
    chosen = chosen_printer(dialogue, args, drop)
    slicer = _slicer(dialogue, chosen.profile.kind)
    kiosk, phones = _kiosk(dialogue)
    first = First(
        data_dir=place.words(place.data_dir),
        drop=place.words(drop),
        printer=chosen.adds.name,
        values=chosen.values,
        slicer=slicer,
        kiosk=kiosk,
        phones=phones,
    )
    return chosen, first


# The drop folder.


def _drop(dialogue: Dialogue, place: Place) -> Path:
    dialogue.part("1 of 5  Drop folder", "Pictures that are put into it are taken and printed.")

    def usable(word: str) -> Path:
        return _drop_folder(typed_path(word), place)

    drop = dialogue.answer("drop", "Folder", usable, place.words(place.drop))
    dialogue.say(f"  ok: {drop}{'' if drop.exists() else ', which printd makes'}")
    return drop


def _drop_folder(folder: Path, place: Place) -> Path:
    """Look whether pictures can be taken there, and nothing else would be.

    Raises:
        FolderUnusable: why not.
    """
    for other in (place.file, place.data_dir):
        if other.is_relative_to(folder) or folder.is_relative_to(place.data_dir):
            raise FolderUnusable(
                f"{folder} cannot be the drop folder: {other} belongs to printd itself.",
                action="Name a folder apart from it: whatever lies in a drop folder is taken.",
            )
    parent = _nearest(folder)
    if not parent.is_dir():
        raise FolderUnusable(f"{parent} is a file.", action="Name a folder.")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise FolderUnusable(
            f"{folder} cannot be written by {me()}.",
            action=f"Name another folder, or give {me()} the right to write in {parent}.",
        )
    if folder.is_dir():
        lying = [one.name for one in folder.iterdir() if not one.name.startswith(OURS)]
        if lying:
            raise FolderUnusable(
                f"{folder} is not empty ({min(lying)} lies in it): printd would take and "
                "print what it holds.",
                action="Name a new or an empty folder; the pictures can be moved into it later.",
            )
    return folder


def _nearest(folder: Path) -> Path:
    """Return the folder itself, or the nearest one above it that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


# Slicer and kiosk.


def _slicer(dialogue: Dialogue, kind: str) -> tuple[str, Path] | None:
    """Return a slicer that has to be named; None: it is found by itself, or comes later."""
    kind = "orca" if kind == "orca" else "prusa"
    dialogue.part("4 of 5  Slicer")

    def starts(word: str) -> tuple[str, Path] | None:
        if word == LATER:
            return None
        program = typed_path(word)
        dialogue.say(_slicer_words(kind, program))
        return kind, program

    if not dialogue.has("slicer"):
        try:
            dialogue.say(_slicer_words(kind, None))
        except SlicerMissing as error:
            say(f"  ! {error.problem}\n  → {error.action.partition(', then run')[0]}.")
        else:
            return None
    return dialogue.answer("slicer", f"Its program, or {LATER}", starts, LATER)


def _slicer_words(kind: str, program: Path | None) -> str:
    found = find_slicer(kind, program)
    return f"  ok: {kind} {found.version} at {found.path}"


def _kiosk(dialogue: Dialogue) -> tuple[bool, bool]:
    dialogue.part(
        "5 of 5  Kiosk", "Pages for a touch screen here, at which strangers print their photos."
    )
    if not dialogue.decided("kiosk", "Kiosk:"):
        return False, False
    dialogue.say(
        "  Phones send photos to it by a code on the screen. For that printd listens to all of",
        "  your network at port 8321; whoever wants more than that page needs a key.",
    )
    return True, dialogue.decided("phones", "Phones:")


# Writing.


def _write(place: Place, chosen: Chosen, first: First) -> None:
    """Write everything, or nothing.

    Raises:
        ConfigInvalid: it contradicts the environment (``PRINTD_…``).
        NotPossibleNow: somebody has written such a file meanwhile.
        DiskFull, DiskFailed: it cannot be written.
    """
    text = config_text(first).encode()
    secret: AbstractContextManager[None] = nullcontext()
    if chosen.secret_file is not None:
        secret = kept(chosen.secret_file, chosen.secret, place.data_dir)
    with secret, _claimed(place.file):
        loaded = parsed(text, place.file)
        configured_profiles(loaded.config, profile_folders(loaded))
        for printer in loaded.config.printers.values():
            check_files(printer)
        replace_file(place.file, text)
        schema = json.dumps(Config.model_json_schema(), indent=1)
        replace_file(place.file.with_name(SCHEMA), schema.encode())


@contextmanager
def _claimed(file: Path) -> Iterator[None]:
    """Take the name of a new file; if it cannot be written after all, the name is free again."""
    try:
        file.touch(exist_ok=False)
    except FileExistsError as error:
        raise NotPossibleNow(
            f"{file} has appeared meanwhile; it is not replaced.", action="Look at it."
        ) from error
    except OSError as error:
        raise NoSuchFile(f"{file} cannot be written: {error.strerror}.") from error
    try:
        yield
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def _tell(args: argparse.Namespace, place: Place, chosen: Chosen) -> None:
    files = [place.file]
    if chosen.secret is not None and chosen.secret_file is not None:
        files.append(chosen.secret_file)
    named = "" if place.file == NEW_CONFIG.resolve() else f" --config {place.file}"
    commands = (
        (f"printd doctor{named}", "what is missing on this machine, and the remedy"),
        (f"printd run{named}", "printd itself, in this terminal"),
        (f"printd doctor{named} --print-test", "in another one: a first piece, of 20 mm"),
    )
    if args.json:
        show_json(
            {"written": [str(file) for file in files], "next": [command for command, _ in commands]}
        )
        return
    width = max(len(command) for command, _ in commands)
    say(f"\nWritten: {' and '.join(_short(file) for file in files)}. Next:")
    for command, words in commands:
        print(f"  {command:<{width}}   {words}")


def _short(file: Path) -> str:
    """Return a path as it is typed from here."""
    return str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)
