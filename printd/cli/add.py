"""``printd add``: hand in pictures, words, meshes or G-code; copied before the daemon is asked."""

from __future__ import annotations

import argparse
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from printd.cli.output import because_values, say, show_json, state_words
from printd.cli.parsing import UsageError
from printd.cli.session import Session, me, session
from printd.cli.setting_flags import PRINT_FLAGS, RELIEF_FLAGS, setting_values
from printd.core.beside import DEPTH_FILE_BYTES, check_mask
from printd.core.config import Config
from printd.core.errors import (
    DaemonAway,
    GcodeRefused,
    MeshTooLarge,
    NoSuchFile,
    NoSuchPrinter,
    PhotoTooLarge,
    PrintdError,
)
from printd.core.files import JobFolders, make_folder, new_file, write_file
from printd.core.given import MESH_FILE_BYTES, Given
from printd.core.jobs import State
from printd.core.names import display_name
from printd.core.prompts import words_of
from printd.core.recipes import copies_of, wished
from printd.core.requests import Answer
from printd.gcode.lines import LARGEST_FILE_BYTES
from printd.pipeline.judging import IN_PARTS, order_of

INCOMING = "incoming"
LOOK_S = 0.3
HELD_EXIT = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """What is handed in: a file, or words for a picture."""

    path: Path | None
    words: str = ""

    def __str__(self) -> str:
        """Return how it is called in what is said of it."""
        return str(self.path) if self.path else f"“{display_name(self.words)}”"

    @property
    def name(self) -> str:
        """Return what the job is called without another word."""
        return self.path.name if self.path else display_name(self.words)

    @property
    def given(self) -> Given:
        """Return what it is taken for."""
        return Given.named(self.path.name) if self.path else Given.WORDS


def _pieces(args: argparse.Namespace) -> list[Piece]:
    """Return what is to be handed in.

    Raises:
        UsageError: nothing, or files and words at once.
        PromptRefused: no picture can be drawn from these words.
    """
    if bool(args.paths) == (args.prompt is not None):
        raise UsageError(
            "Name pictures, or say with --prompt what a picture is to show.",
            action="Look at `printd add --help`.",
        )
    if args.prompt is not None:
        return [Piece(None, words_of(args.prompt.encode("utf-8", "surrogateescape")))]
    return [Piece(Path(word)) for word in args.paths]


def add(args: argparse.Namespace) -> int:
    """Hand in each picture; with ``--wait`` until it is printed or stops."""
    pieces = _pieces(args)
    if len(pieces) > 1 and (args.key or args.mask_file or args.depth_file):
        raise UsageError(
            "One key, mask or depth file is for one picture.", action="Hand them in one by one."
        )
    with session(args, create=True) as here:
        _check_files(pieces, _beside(args), here.config.limits.photo_max_mb)
        for piece in pieces:
            _check_order(here.config, piece, args)
        answers = _hand_in_all(here, pieces, args)
        code = 0
        shown = []
        for piece, answer in zip(pieces, answers, strict=True):
            code = max(code, _tell(piece, answer, as_json=args.json))
            if args.wait and answer.code is None:
                code = max(code, _waited(here, int(answer.values["job"])))
            shown.append({"code": answer.code, **answer.values, **_end(here, answer, args)})
        if args.json:
            show_json(shown)
    return code


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    words = {"material": args.material, "colour": args.colour}
    asked = {name: word for name, word in words.items() if word is not None}
    return {**asked, **setting_values(args, RELIEF_FLAGS), **setting_values(args, PRINT_FLAGS)}


def _beside(args: argparse.Namespace) -> dict[str, Path]:
    """Return the files that are given beside the picture, by their names in the job's folder."""
    words = {JobFolders.MASK: args.mask_file, JobFolders.DEPTH: args.depth_file}
    return {name: Path(word) for name, word in words.items() if word}


def _check_order(config: Config, piece: Piece, args: argparse.Namespace) -> None:
    """Refuse what cannot be ordered, before anything is copied."""
    given = piece.given
    order = order_of(config, given, args.recipe, _settings(args))
    if args.copies is not None:
        copies_of(args.copies)
    if given in (Given.PHOTO, Given.WORDS):
        wished(config, order, draft=args.draft, consent=args.consent)
    elif args.draft or args.consent:
        raise UsageError(f"No service is asked for anything; {piece} is {given.words}.")
    if args.printer is not None and args.printer not in config.printers:
        known = ", ".join(config.printers) or "none is configured"
        raise NoSuchPrinter(f"No printer is called {args.printer!r}; there are: {known}.")
    if given is Given.PHOTO:
        check_mask(order.settings["relief"]["mask"], args.mask_file)
    elif _beside(args):
        raise UsageError(
            f"A mask or a depth file is for a picture; {piece} is {given.words}.",
            action="Leave it out.",
        )


def _check_files(pieces: list[Piece], beside: Mapping[str, Path], photo_mb: float) -> None:
    for piece in pieces:
        others = (LARGEST_FILE_BYTES if piece.given.is_gcode else MESH_FILE_BYTES) / 1e6
        if piece.path:
            _check(piece.path, photo_mb if piece.given is Given.PHOTO else others)
    for name, path in beside.items():
        _check(path, DEPTH_FILE_BYTES / 1e6 if name == JobFolders.DEPTH else photo_mb)


def _check(path: Path, max_mb: float) -> None:
    """Refuse what cannot be copied, before anything is."""
    if not path.is_file():
        raise NoSuchFile(f"There is no file {path}.")
    if not os.access(path, os.R_OK):
        raise NoSuchFile(f"{path} may not be read by {me()}.", action="Ask for the right to.")
    size_mb = path.stat().st_size / 1e6
    if size_mb > max_mb:
        said = f"{path} has {size_mb:.1f} MB; up to {max_mb:g} MB are taken."
        given = Given.named(path.name)
        if given.is_gcode:
            raise GcodeRefused(said, action=IN_PARTS)
        raise (MeshTooLarge if given is Given.MESH else PhotoTooLarge)(said)


def _hand_in_all(here: Session, pieces: list[Piece], args: argparse.Namespace) -> list[Answer]:
    """Hand in each; without a daemon all are kept before that is said."""
    answers = []
    away = None
    for piece in pieces:
        try:
            answers.append(hand_in(here, piece, args))
        except DaemonAway as error:
            away = error
    if away is not None:
        what = "The file is" if len(pieces) == 1 else "The files are"
        raise type(away)(f"{away.problem} {what} copied and kept.") from away
    return answers


def hand_in(here: Session, piece: Piece, args: argparse.Namespace) -> Answer:
    """Copy one piece, and ask the daemon to take it; arguments as of ``printd add``.

    Raises:
        DaemonAway: it does not run; copy and request are kept for its next start.
    """
    folder = here.config.data_dir / INCOMING
    make_folder(folder)
    copies = {"photo": _copied(piece.path or piece.words, folder)}
    copies |= {name: _copied(file, folder) for name, file in _beside(args).items()}
    asked = {
        "file": copies.pop("photo").name,
        "beside": {name: copy.name for name, copy in copies.items()},
        "given": piece.given,
        "name": args.name or piece.name,
        "recipe": args.recipe,
        "settings": _settings(args),
        "key": args.key or uuid.uuid4().hex,
        "hold": args.hold,
        "copies": args.copies,
        "printer": args.printer,
        "consent": args.consent,
        "draft": args.draft,
    }
    try:
        return here.ask("add", asked)
    except DaemonAway:
        raise  # the request is there, and names the copy
    except PrintdError:
        for name in (asked["file"], *asked["beside"].values()):
            (folder / name).unlink(missing_ok=True)
        raise


def _copied(what: Path | str, folder: Path) -> Path:
    """Keep a copy of a file, or words that were typed."""
    copy = folder / uuid.uuid4().hex
    if isinstance(what, str):
        write_file(copy, what.encode())
        return copy
    with what.open("rb") as source, new_file(copy) as stream:
        while chunk := source.read(1 << 20):
            stream.write(chunk)
    return copy


def _tell(piece: Piece, answer: Answer, *, as_json: bool) -> int:
    if answer.code is not None:
        values = answer.values
        say(f"{piece}: {values['problem']}\n→ {values['action']}  [{answer.code}]")
        return int(values.get("exit_code", 1))
    if not as_json:
        print(f"{piece} is #{answer.values['job']}")
    return 0


def _end(here: Session, answer: Answer, args: argparse.Namespace) -> dict[str, object]:
    """Return how a job that was waited for has ended."""
    if not args.wait or answer.code is not None:
        return {}
    job = here.store.job(int(answer.values["job"]))
    why = job.because
    return {"state": job.state, "because": because_values(why) if why else None}


def _waited(here: Session, number: int) -> int:
    """Return what ``_wait`` does; who does not want to wait any longer hears that it goes on."""
    try:
        return _wait(here, number)
    except KeyboardInterrupt as end:
        said = f"#{number} goes on without you; look with `printd show {number}`."
        raise KeyboardInterrupt(said) from end


def _wait(here: Session, number: int) -> int:
    """Say each change, and why it waits; return 0 printed, 2 waiting for a person, 1 otherwise."""
    said = ("", "")
    while True:
        job = here.store.job(number)
        words = state_words(job, here.folders)
        why = here.reasons().get(number) if job.state is State.SLICED else None
        now = (words, why.code if why else "")
        if now != said:
            say(f"#{number} {words}" + (f": {why.problem}" if why else ""))
            if why and why.action:
                say(f"→ {why.action}")
            said = now
        if job.state is State.HELD:
            if job.because:
                say(f"{job.because.problem}\n→ {job.because.action}  [{job.because.code}]")
            return HELD_EXIT
        if job.is_final:
            return 0 if job.state is State.PRINTED else 1
        time.sleep(LOOK_S)
