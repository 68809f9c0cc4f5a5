"""What can be typed: commands, arguments, flags. Knows no command's work."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any, Final

from printd import __version__
from printd.cli.job_parser import add_jobs, add_queue, watch_flags
from printd.cli.parsing import Parser, act, command
from printd.cli.printer_parser import add_printers
from printd.cli.work_parser import add_works

# How `printd --help` lists the commands: each once.
ROOMS: Final[Mapping[str, str]] = {
    "to begin": "init check doctor run status install-service",
    "jobs": "add submit jobs show cancel hold release approve send-back retry again",
    "the line": "queue move copies start-anyway",
    "after a print": "sign-off resolve forget costs",
    "services that are paid": "meshers pay choose final",
    "printers": "printers profiles",
    "one step by hand": "relief photo-check mend slice lint",
    "configuration": "config recipes",
    "who may": "keys people kiosk",
    "keeping": "backup restore rebuild",
    "this program": "help version completion",
}


class Commands(Parser):
    """The parser of the whole command line: its help lists the commands in rooms."""

    def _add_words(self, formatter: argparse.HelpFormatter) -> None:
        actions = [one for one in self._actions if isinstance(one, argparse._SubParsersAction)]  # noqa: SLF001
        told = {one.dest: one for action in actions for one in action._choices_actions}  # noqa: SLF001
        for title, words in ROOMS.items():
            formatter.start_section(title)
            formatter.add_arguments([told[word] for word in words.split()])
            formatter.end_section()
        formatter.add_text("`printd COMMAND --help` tells all about one.")


def build_parser() -> Parser:
    """Return the parser of the whole command line."""
    parser = Commands(
        prog="printd",
        description="A photo in a folder becomes a printed object.",
        epilog="example: printd add mia.jpg --width-mm 60",
    )
    parser.add_argument("--version", action="version", version=f"printd {__version__}")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=Parser
    )
    _daemon(commands)
    add_jobs(commands)
    add_queue(commands)
    add_printers(commands)
    add_works(commands)
    _profiles(commands)
    _recipes(commands)
    _keys(commands)
    _people(commands)
    _kiosk(commands)
    _configuration(commands)
    _keeping(commands)
    _shell(commands)
    return parser


def _daemon(commands: Any) -> None:
    _init_flags(
        command(
            commands, "init", "init:init", "ask five questions and write a configuration", "init"
        )
    )
    run = command(commands, "run", "daemon:run", "run the daemon in the foreground", "run")
    run.add_argument(
        "--demo",
        action="store_true",
        help="simulated printers and prepared jobs; your configuration is left alone",
    )
    run.add_argument(
        "--data", metavar="DIR", help="of the demo: keep it in this folder; default: deleted after"
    )
    check = command(
        commands, "check", "daemon:check", "check the configuration, start nothing", "check"
    )
    check.add_argument("file", nargs="?", metavar="FILE", help="default: the one that is in use")
    _doctor_flags(
        command(commands, "doctor", "doctor:doctor", "check configuration and machine", "doctor")
    )
    _service_flags(
        command(
            commands,
            "install-service",
            "install_service:install_service",
            "write units of systemd for this configuration",
            "install-service --user",
        )
    )
    status = command(
        commands, "status", "status:status", "show daemon, printers and queue", "status --watch"
    )
    watch_flags(status)
    command(commands, "version", "version:version", f"show the version ({__version__})", "version")


def _doctor_flags(doctor: Parser) -> None:
    doctor.add_argument(
        "--print-test",
        metavar="PRINTER",
        nargs="?",
        const="",
        help="also print a first piece of 20 mm; default: on the only printer",
    )
    doctor.add_argument("--yes", action="store_true", help="print it without asking")
    doctor.add_argument(
        "--bundle", metavar="FILE.zip", help="also write what helpers need, without secrets"
    )


def _service_flags(install: Parser) -> None:
    whose = install.add_mutually_exclusive_group()
    whose.add_argument("--user", action="store_true", help="your own (usual, unless you are root)")
    whose.add_argument("--system", action="store_true", help="of the machine, as user printd")
    install.add_argument("--kiosk", action="store_true", help="also the screen of the kiosk")
    install.add_argument("--dry-run", action="store_true", help="show the files, write none")
    install.add_argument("--root", metavar="DIR", help="write below DIR: for images of machines")


def _init_flags(init: Parser) -> None:
    init.add_argument("--yes", action="store_true", help="ask nothing; the rest is as usual")
    init.add_argument("--drop", metavar="DIR", help="the folder that is watched (drop)")
    init.add_argument("--data-dir", metavar="DIR", help="for jobs and the database (data)")
    init.add_argument("--printer", metavar="KIND", help="virtual, folder, octoprint or bambu")
    init.add_argument("--name", help="what to call it; default: as its kind or host")
    init.add_argument(
        "--address", metavar="WHERE", help="URL of an OctoPrint, host of a Bambu printer, or folder"
    )
    init.add_argument("--profile", help="what machine it is (generic)")
    keys = init.add_mutually_exclusive_group()
    keys.add_argument("--key-file", metavar="FILE", help="holds its key or access code")
    keys.add_argument("--key-stdin", action="store_true", help="its key or access code, one line")
    init.add_argument("--ca-file", metavar="FILE", help="who signed its certificate")
    init.add_argument("--serial", help="of a Bambu printer; default: as its certificate says")
    init.add_argument("--model", help="of a Bambu printer; default: as it says itself")
    for flag, port in (("mqtt", 8883), ("ftps", 990), ("discovery", 2021)):
        init.add_argument(
            f"--{flag}-port", type=int, default=port, metavar="N", help=f"another one than {port}"
        )
    init.add_argument("--slicer", metavar="PROGRAM", help="default: found on PATH")
    both = argparse.BooleanOptionalAction
    init.add_argument("--kiosk", action=both, help="pages for strangers at a touch screen here")
    init.add_argument(
        "--phones", action=both, help="let phones send it photos: printd listens to the network"
    )


def _profiles(commands: Any) -> None:
    profiles = command(
        commands, "profiles", "profiles:profiles", "list, check, import profiles", "profiles check"
    )
    acts = profiles.add_subparsers(dest="act", metavar="list|check|import")
    act(acts, "list", "list profiles")
    check = act(acts, "check", "try profiles out on the slicer that is there")
    check.add_argument(
        "names", nargs="*", metavar="NAME", help="also a printer of yours; default: all"
    )
    take = act(acts, "import", "make a profile of a slicer's settings")
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


def _recipes(commands: Any) -> None:
    recipes = command(
        commands, "recipes", "recipes:recipes", "list and show recipes", "recipes show default"
    )
    acts = recipes.add_subparsers(dest="act", metavar="list|show")
    act(acts, "list", "list recipes")
    show = act(acts, "show", "show one recipe")
    show.add_argument("name", metavar="NAME")
    command(
        commands,
        "meshers",
        "meshers:meshers",
        "list what makes meshes, and what a run costs",
        "meshers",
    )


def _people(commands: Any) -> None:
    people = command(
        commands,
        "people",
        "people:people",
        "who may log in at the pages; `people link` logs you in",
        "people add ana --scope operate",
    )
    acts = people.add_subparsers(dest="act", metavar="list|add|password|remove|link")
    act(acts, "list", "list people")
    add = act(acts, "add", "let somebody log in; asks for a password")
    add.add_argument("name", metavar="NAME")
    add.add_argument(
        "--scope",
        choices=("submit", "operate", "admin"),
        default="operate",
        help="what they may do (default: operate)",
    )
    password = act(acts, "password", "give somebody another password")
    password.add_argument("name", metavar="NAME")
    remove = act(acts, "remove", "let somebody log in no more")
    remove.add_argument("name", metavar="NAME")
    act(acts, "link", "make a link that logs you in, once")


def _kiosk(commands: Any) -> None:
    kiosk = command(
        commands,
        "kiosk",
        "kiosk:kiosk",
        "the number that opens the staff corner of the kiosk",
        "kiosk pin",
    )
    acts = kiosk.add_subparsers(dest="act", metavar="pin")
    pin = act(acts, "pin", "set the number; asks for it")
    pin.add_argument("--remove", action="store_true", help="open the corner by no number any more")


def _keys(commands: Any) -> None:
    keys = command(
        commands,
        "keys",
        "keys:keys",
        "list, create and revoke keys of the API",
        "keys create web-shop --scope submit",
    )
    acts = keys.add_subparsers(dest="act", metavar="list|create|revoke")
    act(acts, "list", "list keys")
    create = act(acts, "create", "make a key; it is shown once")
    create.add_argument("name", metavar="NAME", help="small letters, digits, - and _")
    create.add_argument(
        "--scope",
        required=True,
        choices=("submit", "operate", "admin"),
        help="submit: hand in, see one's own jobs; operate: queue and printers; admin: everything",
    )
    create.add_argument("--owner", metavar="TEXT", help="who has it, in words; default: its name")
    create.add_argument("--days", type=float, metavar="N", help="until it ends; default: never")
    revoke = act(acts, "revoke", "end a key")
    revoke.add_argument("key", metavar="NAME", help="or its id")


def _configuration(commands: Any) -> None:
    config = command(
        commands, "config", "settings:config", "show or reload the configuration", "config"
    )
    config.add_argument(
        "what", choices=("show", "schema", "example", "reload"), nargs="?", default="show"
    )


def _keeping(commands: Any) -> None:
    backup = command(
        commands, "backup", "backup:backup", "write a backup into one file", "backup monday.tar.gz"
    )
    what = backup.add_mutually_exclusive_group(required=True)
    what.add_argument("file", metavar="FILE", nargs="?")
    what.add_argument(
        "--list", action="store_true", help="the copies of the database that printd keeps by itself"
    )
    backup.add_argument(
        "--photos", action="store_true", help="also the files of jobs that are over"
    )
    restore = command(
        commands,
        "restore",
        "backup:restore",
        "put a backup back, while printd does not run",
        "restore monday.tar.gz",
    )
    restore.add_argument("file", metavar="FILE")
    command(
        commands,
        "rebuild",
        "backup:rebuild",
        "make a lost database anew from the records of the jobs",
        "rebuild",
    )


def _shell(commands: Any) -> None:
    completion = command(
        commands,
        "completion",
        "completion:completion",
        "write the completion of a shell",
        "completion bash > ~/.local/share/bash-completion/completions/printd",
    )
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))
    telling = command(commands, "help", "version:help_", "tell how commands are typed", "help add")
    telling.add_argument("words", metavar="COMMAND", nargs="*")
