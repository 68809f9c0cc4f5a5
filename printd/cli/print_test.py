"""``printd doctor --print-test``: a first small piece, by the way of everything that is printed.

It is a job like any other: the bed has to be called clear by a person before it is started.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Final

from printd.cli.add import Piece, hand_in
from printd.cli.dialogue import Dialogue, is_somebody_there
from printd.cli.output import say
from printd.cli.parser import build_parser
from printd.cli.session import Session, session
from printd.core.beds import BedState
from printd.core.compute import Compute, Limits
from printd.core.config import Config
from printd.core.errors import DaemonAway, NoSuchPrinter, NotPossibleNow, SettingInvalid
from printd.depth.base import MEMORY_BYTES
from printd.meshers.first_piece import BASE_MM, SIDE_MM, STEPS_MM, make_first_piece

NAME: Final = "first piece"
LIMITS: Final = Limits(memory_bytes=MEMORY_BYTES, wall_s=120.0)
# As it is, once, of whatever is loaded: whatever the recipe says besides.
FLAGS: Final = (
    *("--name", NAME, "--copies", "1", "--copies-on-bed", "1", "--orient", "as_is"),
    *("--width-mm", f"{SIDE_MM:g}", "--material", "", "--colour", ""),
)
LOOK: Final = (
    f"When it is printed, measure it: {SIDE_MM:g} x {SIDE_MM:g} mm, {BASE_MM:g} mm thick, with "
    f"steps of {', '.join(f'{step:g}' for step in STEPS_MM)} mm from left to right. "
    "Seen from the front the F reads as an F: if not, an axis is turned around."
)


def tested_printer(word: str, config: Config) -> str:
    """Return the printer that is meant; "" means the only one.

    Raises:
        NoSuchPrinter: there is none of this name, none at all, or a choice.
    """
    names = list(config.printers)
    if word in names or (not word and len(names) == 1):
        return word or names[0]
    if not names:
        raise NoSuchPrinter("No printer is configured.", action="Add one: `printd printers add`.")
    said = f"No printer is called {word!r}" if word else "There are several printers"
    raise NoSuchPrinter(
        f"{said}; there are: {', '.join(names)}.",
        action="Name one: `printd doctor --print-test PRINTER`.",
    )


def print_test(args: argparse.Namespace, printer: str) -> int | None:
    """Hand in the first piece for a printer, when a person agrees; return the job's number.

    Raises:
        DaemonAway: it does not run; nothing was noted.
        SettingInvalid: nobody is there to agree.
        NotPossibleNow: the daemon does not take it.
    """
    with session(args, create=True) as here:
        if not here.daemon_runs:
            raise DaemonAway(
                "printd does not run, and nothing was handed in.",
                action="Start it with `printd run` in another terminal, then say this again.",
            )
        if not _agreed(args, printer):
            say("Nothing was handed in.")
            return None
        number = _handed_in(here, printer)
        bed = here.beds.get(printer) if here.config.printers[printer].has_bed else None
    say(f"#{number} is the first piece for {printer}; follow it with `printd show {number}`.")
    if bed is not None and bed.state is not BedState.CLEAR:
        say(f"It waits for you: look that nothing lies on the bed of {printer}, then say so by")
        say(f"  printd printers bed-clear {printer}")
    say(LOOK)
    return number


def _agreed(args: argparse.Namespace, printer: str) -> bool:
    if args.yes:
        return True
    dialogue = Dialogue({}, asks=is_somebody_there())
    if not dialogue.asks:
        raise SettingInvalid(
            "Nobody is at a terminal to agree to a print.", action="Say so by --yes."
        )
    return dialogue.decided("yes", f"Print a relief of {SIDE_MM:g} mm on {printer}:")


def _handed_in(here: Session, printer: str) -> int:
    config = here.config
    with tempfile.TemporaryDirectory(prefix="printd-first-") as name, Compute(workers=1) as compute:
        mesh = Path(name) / "first-piece.stl"
        compute.run(make_first_piece, mesh, limits=LIMITS)
        words = [str(mesh), *FLAGS, "--recipe", _recipe(config, printer), "--printer", printer]
        asked = build_parser().parse_args(["add", *words])
        answer = hand_in(here, Piece(mesh), asked)
    if answer.code is not None:
        values = answer.values
        raise NotPossibleNow(str(values["problem"]), action=str(values["action"]))
    return int(answer.values["job"])


def _recipe(config: Config, printer: str) -> str:
    """Return one that lets this printer start without being looked at, if there is one."""
    for name, recipe in config.recipes.items():
        if recipe.approval == "never" and printer in (recipe.printers or [printer]):
            return name
    return "default"
