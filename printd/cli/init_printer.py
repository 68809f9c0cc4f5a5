"""Questions two and three of ``printd init``: which printer, and what lets printd in.

A printer is met before it is written: what ``printd printers add`` tests is tested here too.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from printd.cli import printers_add as octoprint
from printd.cli import printers_add_bambu as bambu
from printd.cli.adding import (
    PLAIN,
    Addition,
    addition,
    checked,
    checked_profile,
    from_config,
    secret_file,
)
from printd.cli.dialogue import Back, Dialogue, typed_path
from printd.cli.output import Progress, duration
from printd.cli.printers_discover import nothing_heard
from printd.cli.session import me, profile_folders
from printd.core.config_types import Name
from printd.core.configedit import Values
from printd.core.errors import (
    FolderUnusable,
    KeyRefused,
    PrintdError,
    PrinterOffline,
    SettingInvalid,
)
from printd.core.secretfile import read_secret
from printd.printers.bambu.discovery import Notice, listen
from printd.printers.octoprint.client import OctoPrintClient
from printd.printers.octoprint.keys import check_is_octoprint
from printd.slicers.profiles import Profile, load_profile, profile_names

KINDS: Final[Mapping[str, str]] = {
    "virtual": "none yet: a printer that is played, to try printd",
    "folder": "a memory card or a share that a printer reads",
    "octoprint": "a printer behind an OctoPrint",
    "bambu": "a Bambu Lab printer in this network, in LAN Only Mode and Developer Mode",
}
DISCOVER: Final = "discover"
LISTEN_S: Final = 60.0  # a printer says once a minute where it is
MORE_S: Final = 6.0  # when one was heard, others have so long
ALLOW_S: Final = 300.0  # for somebody to click
ANOTHER_KEY: Final = (
    "Give another one of OctoPrint's settings (Application Keys), or none to be let in by a click."
)
NO_KEY: Final = "3 of 5  Key: a printer of this kind needs none."


@dataclass(frozen=True, slots=True)
class Chosen:
    """A printer that can be written into the configuration."""

    adds: Addition
    values: Values
    profile: Profile
    secret: str | None = None  # to be kept in ``secret_file``; None: there is none, or it is there
    secret_file: Path | None = None


def chosen_printer(dialogue: Dialogue, args: argparse.Namespace, drop: Path) -> Chosen:
    """Ask for a printer and its key until one is met; arguments as of ``printd init``."""
    dialogue.part("2 of 5  Printer", *(f"{kind:<10} {words}" for kind, words in KINDS.items()))
    while True:
        kind = dialogue.answer("printer", "Kind", _kind, "virtual")
        try:
            if kind == "octoprint":
                return _octoprint(dialogue, args)
            if kind == "bambu":
                return _bambu(dialogue, args)
            is_folder = kind == "folder"
            chosen = _folder(dialogue, args, drop) if is_folder else _virtual(dialogue, args)
        except Back:
            continue
        except PrintdError as error:
            dialogue.tell(error)
            continue
        dialogue.say("", NO_KEY)
        return chosen


def _kind(word: str) -> str:
    if word not in KINDS:
        raise SettingInvalid(
            f"There is no kind {word!r} of printers.", action=f"Answer one of {', '.join(KINDS)}."
        )
    return word


def _name(args: argparse.Namespace, usual: str) -> str:
    name: str = checked(Name, "--name", args.name or usual, PLAIN)
    return name


# Without a key.


def _virtual(dialogue: Dialogue, args: argparse.Namespace) -> Chosen:
    adds = addition(args, _name(args, "demo"))
    profile = dialogue.given("profile") or "generic"
    values: Values = {"kind": "virtual", "profile": profile, "speed": 60}
    return Chosen(adds, values, checked_profile(adds, values))


def _folder(dialogue: Dialogue, args: argparse.Namespace, drop: Path) -> Chosen:
    adds = addition(args, _name(args, "card"))
    folder = dialogue.answer("address", "Folder of the card or share", _card(drop))
    dialogue.say(f"  ok: {folder}")

    def values(profile: str) -> Values:
        return {"kind": "folder", "profile": profile, "path": from_config(adds.file, folder)}

    return Chosen(adds, *_profile(dialogue, adds, values))


def _card(drop: Path) -> Callable[[str], Path]:
    def is_card(word: str) -> Path:
        folder = typed_path(word)
        if not folder.is_dir():
            raise FolderUnusable(
                f"There is no folder {folder}.", action="Put the card in, or make the folder first."
            )
        if not os.access(folder, os.W_OK | os.X_OK):
            raise FolderUnusable(f"{folder} cannot be written by {me()}.")
        if folder.is_relative_to(drop):
            raise FolderUnusable(
                f"{folder} belongs to the drop folder.",
                action="Name a folder apart from it: what lies in the drop folder is taken.",
            )
        return folder

    return is_card


def _profile(
    dialogue: Dialogue,
    adds: Addition,
    values: Callable[[str], Values],
) -> tuple[Values, Profile]:
    """Ask what machine it is: that decides what it may be told."""

    def usable(name: str) -> tuple[Values, Profile]:
        return values(name), checked_profile(adds, values(name))

    dialogue.say(f"  What machine it is: {', '.join(_profiles_there(adds))}.")
    return dialogue.answer("profile", "Profile", usable, "generic")


def _profiles_there(adds: Addition) -> list[str]:
    """Return the profiles that have settings."""
    found, folders = [], profile_folders(adds.loaded)
    for name, _ in profile_names(folders):
        try:
            profile = load_profile(name, folders)
        except PrintdError:
            continue  # `printd profiles` says what is wrong with it
        if not profile.takes_container:
            found.append(name)
    return found


# OctoPrint.


def _octoprint(dialogue: Dialogue, args: argparse.Namespace) -> Chosen:
    url = dialogue.answer("address", "Address, such as http://octopi.local", _octoprint_at(args))
    dialogue.say(f"  ok: OctoPrint answers at {url}")
    adds = addition(args, _name(args, octoprint.host_word(url)))
    key_file = secret_file(args.key_file, adds, ".key", "--key-file")
    like = argparse.Namespace(**{**vars(args), "material": None})

    def values(profile: str) -> Values:
        like.profile = profile
        return octoprint.octoprint_values(like, url, adds.file, key_file)

    said, profile = _profile(dialogue, adds, values)
    dialogue.part(
        "3 of 5  Key",
        "Enter: printd asks OctoPrint, and you click Allow in its page.",
        "Or paste a key of OctoPrint's settings (Application Keys); it is not shown.",
    )

    def met(word: str) -> str:
        authority = octoprint.ca_file(args)
        try:
            key, who = octoprint.key_and_user(url, word, authority, None, ALLOW_S)
        except KeyRefused as error:
            raise KeyRefused(error.problem, action=ANOTHER_KEY) from error
        dialogue.say(*(f"  {line}" for line in octoprint.met_words(url, who)))
        return key

    key = _let_in(dialogue, args, met, "Key", "")
    return Chosen(adds, said, profile, None if args.key_file else key, key_file)


def _octoprint_at(args: argparse.Namespace) -> Callable[[str], str]:
    def answers(word: str) -> str:
        url = octoprint.address("--address", word)
        with OctoPrintClient(url, "", ca_file=octoprint.ca_file(args)) as stranger:
            check_is_octoprint(stranger, url)
        return url

    return answers


def _let_in(
    dialogue: Dialogue,
    args: argparse.Namespace,
    met: Callable[[str], str],
    words: str,
    usual: str | None,
) -> str:
    """Return the key or code with which a printer was met.

    Args:
        dialogue: where it is asked for.
        args: with ``key_file`` and ``key_stdin``.
        met: meets the printer with it.
        words: what it is called.
        usual: what no answer means; None: it has to be given.
    """
    if args.key_file:
        return met(read_secret(Path(args.key_file).absolute()))
    if args.key_stdin:
        return met(_plain(sys.stdin.readline().strip(), None))
    if not dialogue.asks:
        raise SettingInvalid(
            "Nobody is there to type the key of the printer.",
            action="Give it by --key-file or --key-stdin.",
        )
    while True:
        try:
            return met(_plain(dialogue.secret(words), usual))
        except PrinterOffline:
            raise  # another address may help
        except PrintdError as error:
            dialogue.tell(error)


def _plain(word: str, usual: str | None) -> str:
    return usual if not word and usual is not None else bambu.access_code(word)


# Bambu.


def _bambu(dialogue: Dialogue, args: argparse.Namespace) -> Chosen:
    printer, adds, code_file = _bambu_found(dialogue, args)
    dialogue.part("3 of 5  Access code", "As the printer's display shows it; it is not shown here.")

    def met(code: str) -> str:
        bambu.tested(adds.name, printer, code)
        return code

    code = _let_in(dialogue, args, met, "Access code", None)
    profile = checked_profile(adds, printer.values)
    return Chosen(adds, printer.values, profile, None if args.key_file else code, code_file)


def _bambu_found(
    dialogue: Dialogue, args: argparse.Namespace
) -> tuple[bambu.Found, Addition, Path]:
    like = argparse.Namespace(**{**vars(args), "material": None, "wait_s": LISTEN_S})

    def found(word: str) -> tuple[bambu.Found, Addition, Path]:
        like.host, like.serial = word, args.serial
        if word == DISCOVER:
            like.host, like.serial = _heard_host(dialogue, args)
        adds = addition(args, _name(args, "bambu"))
        code_file = secret_file(args.key_file, adds, ".code", "--key-file")
        like.profile = dialogue.given("profile")
        return bambu.found(like, adds, code_file), adds, code_file

    dialogue.say(f"  {DISCOVER} listens for printers; their displays show the address, too.")
    return dialogue.answer("address", f"Address, or {DISCOVER}", found, DISCOVER)


def _heard_host(dialogue: Dialogue, args: argparse.Namespace) -> tuple[str, str]:
    """Listen, and return address and serial number of the printer that is meant."""
    notices = _heard(args)
    if not notices:
        raise nothing_heard("No Bambu printer", LISTEN_S, args.discovery_port)
    dialogue.say(
        *(f"  {row}  {one.model} {one.name} at {one.address}" for row, one in enumerate(notices, 1))
    )

    def which(word: str) -> Notice:
        if not word.isascii() or not word.isdigit() or not 1 <= int(word) <= len(notices):
            raise SettingInvalid(f"{word!r} is none of them.", action="Answer its number.")
        return notices[int(word) - 1]

    found = dialogue.answer("number", "Which one", which, "1" if len(notices) == 1 else None)
    return found.address, found.serial


def _heard(args: argparse.Namespace) -> list[Notice]:
    """Listen for the one with this serial number, or until a while after the first was heard."""
    progress, notices, until_s = Progress("  listening"), list[Notice](), 0.0
    try:
        for left_s, notice in listen(LISTEN_S, args.discovery_port):
            progress(1 - left_s / LISTEN_S, f"{len(notices)} heard, {duration(left_s)} left")
            if notice is not None and args.serial in (None, notice.serial):
                notices.append(notice)
                until_s = max(until_s, left_s - (0.0 if args.serial else MORE_S))
            if left_s <= until_s:
                break
    finally:
        progress.done()
    return notices
