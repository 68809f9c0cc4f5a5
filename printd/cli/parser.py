"""What can be typed: commands, arguments, flags. Knows no command's work."""

from __future__ import annotations

import argparse
import sys
from typing import Any, Final, NoReturn

from printd import __version__
from printd.cli.setting_flags import PRINT_FLAGS, RELIEF_FLAGS, add_setting_flags
from printd.core.relief_presets import PRESETS

USAGE = 64  # sysexits(3)
OUTCOMES: Final = ("printing", "printed", "failed", "not-started")


class Parser(argparse.ArgumentParser):
    """An argument parser that ends with 64 on bad usage."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how it is meant."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def build_parser() -> Parser:
    """Return the parser of the whole command line."""
    parser = Parser(prog="printd", description="A photo in a folder becomes a printed object.")
    parser.add_argument("--version", action="version", version=f"printd {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _daemon(commands)
    _jobs(commands)
    _printers(commands)
    _works(commands)
    _profiles(commands)
    _recipes(commands)
    _keys(commands)
    _configuration(commands)
    return parser


def _command(commands: Any, name: str, handler: str, words: str, example: str) -> Parser:
    parser: Parser = commands.add_parser(
        name,
        help=words,
        description=f"{words[0].upper()}{words[1:]}.",
        epilog=f"example: printd {example}",
    )
    _common_flags(parser)
    parser.set_defaults(handler=handler, config=None, json=False)
    return parser


def _common_flags(parser: argparse.ArgumentParser) -> None:
    """Take these wherever they are typed: what is not typed here does not undo an outer one."""
    unset = argparse.SUPPRESS
    parser.add_argument(
        "--config", metavar="FILE", default=unset, help="configuration (default: config.yaml …)"
    )
    parser.add_argument(
        "--json", action="store_true", default=unset, help="one JSON document on standard output"
    )


def _daemon(commands: Any) -> None:
    _command(commands, "run", "daemon:run", "run the daemon in the foreground", "run")
    _command(commands, "check", "daemon:check", "check the configuration, start nothing", "check")
    _command(commands, "doctor", "doctor:doctor", "check configuration and machine", "doctor")
    _command(commands, "status", "status:status", "show daemon, printers and queue", "status")
    _command(commands, "version", "version:version", f"show the version ({__version__})", "version")


def _jobs(commands: Any) -> None:
    add = _command(
        commands, "add", "add:add", "hand in pictures or G-code", "add mia.jpg --width-mm 60"
    )
    add.add_argument("paths", nargs="+", metavar="PATH")
    add.add_argument("--recipe", default="default")
    add.add_argument("--name", help="what to call it")
    add.add_argument("--hold", action="store_true", help="wait for `printd release`")
    add.add_argument("--wait", action="store_true", help="wait until it is printed, or stops")
    add.add_argument("--key", help="the same key again is the same job")
    add.add_argument("--material", metavar="WORD", help="a printer with it loaded takes the job")
    _beside_flags(add)
    add_setting_flags(add, RELIEF_FLAGS)
    add_setting_flags(add, PRINT_FLAGS)
    jobs = _command(commands, "jobs", "jobs:jobs", "list jobs", "jobs --state held")
    jobs.add_argument("--state", action="append", default=[], help="only these (repeatable)")
    show = _command(commands, "show", "jobs:show", "show one job", "show last --files out/")
    show.add_argument("job", help="number, start of the id, or `last`")
    show.add_argument("--log", action="store_true", help="with the slicer's own words")
    show.add_argument("--files", metavar="DIR", help="copy its files there")
    for verb, words in (
        ("retry", "let a stopped job go on, or make a failed one again"),
        ("cancel", "cancel jobs, also at the printer"),
        ("hold", "stop jobs before they are printed"),
        ("release", "let held jobs go on"),
    ):
        parser = _command(commands, verb, "ask:ask_jobs", words, f"{verb} 41")
        parser.add_argument("jobs", nargs="+", metavar="JOB")
        parser.set_defaults(verb=verb)
    resolve = _command(
        commands,
        "resolve",
        "ask:resolve",
        "say what became of a job in doubt",
        "resolve 41 printed",
    )
    resolve.add_argument("job", metavar="JOB")
    resolve.add_argument("outcome", choices=OUTCOMES)


def _beside_flags(parser: Parser) -> None:
    words = "picture of the subject, white on black"
    parser.add_argument("--mask-file", metavar="FILE", help=words)
    parser.add_argument("--depth-file", metavar="FILE", help="a depth picture or .npy of the photo")


def _printers(commands: Any) -> None:
    printers = _command(
        commands, "printers", "printers:printers", "list and add printers, clear beds", "printers"
    )
    acts = printers.add_subparsers(
        dest="act", metavar="list|discover|add|bed-clear|pause|resume|light|out|in"
    )
    acts.add_parser("list", help="list printers")
    _discover_flags(acts.add_parser("discover", help="listen for Bambu printers in this network"))
    adds = acts.add_parser("add", help="add a printer to the configuration")
    kinds = adds.add_subparsers(dest="kind", required=True, metavar="octoprint|bambu")
    _add_octoprint_flags(kinds.add_parser("octoprint", help="a printer behind an OctoPrint"))
    _add_bambu_flags(kinds.add_parser("bambu", help="a printer of Bambu Lab in this network"))
    clear = acts.add_parser("bed-clear", help="say that nothing lies on the bed of a printer")
    clear.add_argument("printer")
    clear.add_argument("--job", type=int, help="the print that you took off; refused if another")
    for word, words in (
        ("pause", "let the print on a printer rest"),
        ("resume", "let a print that rests go on"),
    ):
        acts.add_parser(word, help=words).add_argument("printer")
    light = acts.add_parser("light", help="switch the light of a printer")
    light.add_argument("printer")
    light.add_argument("switch", choices=("on", "off"))
    out = acts.add_parser("out", help="take a printer out of service")
    out.add_argument("printer")
    out.add_argument("--note", required=True, help="why; everybody sees it")
    back = acts.add_parser("in", help="put a printer back")
    back.add_argument("printer")
    for act in (*acts.choices.values(), *kinds.choices.values()):
        _common_flags(act)


def _discover_flags(discover: Parser) -> None:
    discover.set_defaults(handler="printers_discover:discover")
    discover.add_argument(
        "--seconds", type=float, default=60.0, metavar="N", help="how long to listen (60)"
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


def _works(commands: Any) -> None:
    relief = _command(
        commands,
        "relief",
        "relief:relief",
        "make a relief of a picture",
        "relief mia.jpg -o mia.3mf --preset portrait --width-mm 80 --preview mia.png",
    )
    relief.add_argument("photo", nargs="?")
    relief.add_argument(
        "-o", "--output", required=True, metavar="OUT.stl", help="also .3mf, .zip (OBJ), .png"
    )
    relief.add_argument("--preset", help=f"starting point: {', '.join(PRESETS)}, or yours")
    relief.add_argument("--report", action="store_true", help="tell how fine, steep, closed it is")
    relief.add_argument("--preview", metavar="OUT.png", help="also draw the piece")
    relief.add_argument("--material", default="white-pla", help="of that picture (white-pla)")
    relief.add_argument("--light-on", metavar="OUT.png", help="draw a lithophane lit from behind")
    relief.add_argument(
        "--depth",
        metavar="NAME",
        help="where heights come from: builtin, picture (the photo is a depth picture), or one of "
        "the configuration",
    )
    _beside_flags(relief)
    relief.add_argument(
        "--near", choices=("white", "black", "auto"), help="in depth pictures (white)"
    )
    relief.add_argument(
        "--step-wedge", action="store_true", help="make the wedge that measures a plastic instead"
    )
    add_setting_flags(relief, RELIEF_FLAGS)
    slicing = _command(
        commands,
        "slice",
        "works:slice_",
        "slice a model",
        "slice mia.stl --printer p1 -o mia.gcode",
    )
    slicing.add_argument("model", metavar="MODEL.stl")
    slicing.add_argument("--printer", required=True, help="a configured printer, or a profile")
    slicing.add_argument("-o", "--output", required=True, metavar="OUT.gcode")
    slicing.add_argument(
        "--material", metavar="WORD", help="of the profile; default: the loaded one"
    )
    add_setting_flags(slicing, PRINT_FLAGS)
    _picture_flags(slicing)
    lint = _command(
        commands,
        "lint",
        "works:lint",
        "judge G-code for a printer",
        "lint x.gcode --printer generic",
    )
    lint.add_argument("file", metavar="FILE.gcode")
    lint.add_argument("--printer", required=True, help="a configured printer, or a profile")
    lint.add_argument("--level", choices=("own", "foreign"), default="foreign")
    _picture_flags(lint)


def _picture_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preview", metavar="OUT.png", help="also draw the print from above")
    parser.add_argument("--layers", metavar="OUT.png", help="also draw some of its layers")


def _profiles(commands: Any) -> None:
    profiles = _command(
        commands, "profiles", "profiles:profiles", "list, check, import profiles", "profiles check"
    )
    acts = profiles.add_subparsers(dest="act", metavar="list|check|import")
    acts.add_parser("list", help="list profiles")
    check = acts.add_parser("check", help="try profiles out on the slicer that is there")
    check.add_argument(
        "names", nargs="*", metavar="NAME", help="also a printer of yours; default: all"
    )
    take = acts.add_parser("import", help="make a profile of a slicer's settings")
    take.add_argument(
        "file",
        metavar="FILE",
        help="a bundle or exported .ini or G-code of PrusaSlicer, a machine's .json of OrcaSlicer",
    )
    take.add_argument("--name", required=True, help="what to call it; may be that of a shipped one")
    take.add_argument("--printer", metavar="PRESET", help="of a file with several")
    take.add_argument("--print", metavar="PRESET", help="default: as the printer names it")
    take.add_argument("--filament", metavar="PRESET", help="default: as the printer names it")
    take.add_argument(
        "--facts", metavar="printer.yaml", help="of the printer; default: of the shipped NAME"
    )
    take.add_argument(
        "--allow",
        metavar="COMMAND",
        action="append",
        default=[],
        help="a command of its start G-code that you know is harmless (repeatable)",
    )
    for act in acts.choices.values():
        _common_flags(act)


def _recipes(commands: Any) -> None:
    recipes = _command(
        commands, "recipes", "recipes:recipes", "list and show recipes", "recipes show default"
    )
    acts = recipes.add_subparsers(dest="act", metavar="list|show")
    acts.add_parser("list", help="list recipes")
    show = acts.add_parser("show", help="show one recipe")
    show.add_argument("name", metavar="NAME")
    for act in acts.choices.values():
        _common_flags(act)


def _keys(commands: Any) -> None:
    keys = _command(
        commands,
        "keys",
        "keys:keys",
        "list, create and revoke keys of the API",
        "keys create web-shop --scope submit",
    )
    acts = keys.add_subparsers(dest="act", metavar="list|create|revoke")
    acts.add_parser("list", help="list keys")
    create = acts.add_parser("create", help="make a key; it is shown once")
    create.add_argument("name", metavar="NAME", help="small letters, digits, - and _")
    create.add_argument(
        "--scope",
        required=True,
        choices=("submit", "operate", "admin"),
        help="submit: hand in, see one's own jobs; operate: queue and printers; admin: everything",
    )
    create.add_argument("--owner", metavar="TEXT", help="who has it, in words; default: its name")
    create.add_argument("--days", type=float, metavar="N", help="until it ends; default: never")
    revoke = acts.add_parser("revoke", help="end a key")
    revoke.add_argument("key", metavar="NAME", help="or its id")
    for act in acts.choices.values():
        _common_flags(act)


def _configuration(commands: Any) -> None:
    config = _command(
        commands, "config", "settings:config", "show the configuration", "config show"
    )
    config.add_argument("what", choices=("show", "schema", "example"), nargs="?", default="show")
