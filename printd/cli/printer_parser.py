"""What can be typed of printers: what they do, what is done to them, and how one is added."""

from __future__ import annotations

from typing import Any

from printd.cli.parsing import Parser, act, command


def add_printers(commands: Any) -> None:
    """Add the commands of printers."""
    printers = command(
        commands, "printers", "printers:printers", "list and add printers, clear beds", "printers"
    )
    acts = printers.add_subparsers(dest="act", metavar="ACT")
    act(acts, "list", "list printers")
    _discover_flags(act(acts, "discover", "listen for Bambu printers in this network"))
    _add(acts)
    _bed_clear(acts)
    _of_one(acts, "pause", "let the print on a printer rest")
    _of_one(acts, "resume", "let a print that rests go on")
    _stop(acts)
    light = _of_one(acts, "light", "switch the light of a printer")
    light.add_argument("switch", choices=("on", "off"))
    _load(acts)
    out = _of_one(acts, "out", "take a printer out of service")
    out.add_argument("--note", metavar="TEXT", required=True, help="why; everybody sees it")
    _of_one(acts, "in", "put a printer back")


def _of_one(acts: Any, name: str, words: str) -> Parser:
    """Add what is done to one printer."""
    parser = act(acts, name, words)
    parser.add_argument("printer", metavar="PRINTER")
    return parser


def _bed_clear(acts: Any) -> None:
    clear = _of_one(acts, "bed-clear", "say that nothing lies on the bed of a printer")
    clear.add_argument("--job", type=int, help="the print that you took off; refused if another")


def _stop(acts: Any) -> None:
    stop = _of_one(acts, "stop", "stop the print on a printer; a job is cancelled")
    stop.add_argument("--job", type=int, help="the job that is to be stopped; refused if another")
    stop.add_argument("--foreign", action="store_true", help="also what others have started")
    stop.add_argument("--yes", action="store_true", help="do not ask whether it is meant")


def _load(acts: Any) -> None:
    load = _of_one(acts, "load", "say what filament is loaded in a printer")
    load.add_argument("--material", metavar="WORD", help="one of its profile's; default: as it was")
    load.add_argument(
        "--colour", metavar="WORD", help="such as red or '#E02020'; default: not said"
    )


def _add(acts: Any) -> None:
    adds = act(acts, "add", "add a printer to the configuration")
    kinds = adds.add_subparsers(dest="kind", required=True, metavar="octoprint|bambu")
    _add_octoprint_flags(act(kinds, "octoprint", "add a printer behind an OctoPrint"))
    _add_bambu_flags(act(kinds, "bambu", "add a printer of Bambu Lab in this network"))


def _discover_flags(discover: Parser) -> None:
    discover.set_defaults(handler="printers_discover:discover")
    discover.add_argument(
        "--seconds",
        type=float,
        default=60.0,
        metavar="N",
        help="how long to listen (60); Ctrl-C ends it",
    )
    discover.add_argument(
        "--port", type=int, default=2021, metavar="N", help="UDP port of the broadcasts (2021)"
    )


def _add_octoprint_flags(add: Parser) -> None:
    add.set_defaults(handler="printers_add:add")
    add.add_argument("--url", required=True, help="such as http://octopi.local, with its prefix")
    add.add_argument("--name", help="what to call it; default: as its host")
    add.add_argument("--profile", default="generic", help="what machine it is (generic)")
    add.add_argument("--material", metavar="WORD", help="what is loaded; default: its first")
    add.add_argument("--key-file", metavar="FILE", help="holds a key; default: one is asked for")
    add.add_argument("--ca-file", metavar="FILE", help="who signed its certificate")
    add.add_argument("--user", help="who is to allow it at OctoPrint; default: whoever is there")
    add.add_argument(
        "--wait-s", type=float, default=300.0, metavar="N", help="for that person (300)"
    )
    add.add_argument("--write", action="store_true", help="write it into the configuration file")


def _add_bambu_flags(add: Parser) -> None:
    add.set_defaults(handler="printers_add_bambu:add")
    add.add_argument("name", metavar="NAME", help="what to call it")
    add.add_argument("--host", help="its address; default: as it broadcasts for its --serial")
    add.add_argument("--serial", help="its serial number; default: as its certificate says")
    add.add_argument("--profile", help="what machine it is; default: the one for its model")
    add.add_argument("--model", help="such as P1S or 'A1 mini'; default: as it says itself")
    add.add_argument("--material", metavar="WORD", help="what is loaded; default: its first")
    codes = add.add_mutually_exclusive_group()
    codes.add_argument(
        "--access-code-stdin", action="store_true", help="one line; default: it is asked for"
    )
    codes.add_argument("--access-code-file", metavar="FILE", help="holds it, and stays in use")
    add.add_argument(
        "--ca-file", metavar="FILE", help="who signed its certificate; default: the one that is met"
    )
    add.add_argument(
        "--wait-s", type=float, default=60.0, metavar="N", help="for its broadcast (60)"
    )
    for flag, port in (("mqtt", 8883), ("ftps", 990), ("discovery", 2021)):
        add.add_argument(
            f"--{flag}-port", type=int, default=port, metavar="N", help=f"another one than {port}"
        )
    add.add_argument("--write", action="store_true", help="write it into the configuration file")
