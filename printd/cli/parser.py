"""What can be typed: commands, arguments, flags. Knows no command's work."""

from __future__ import annotations

import argparse
from typing import Any

from printd import __version__
from printd.cli.job_parser import add_jobs, add_queue, beside_flags, watch_flags
from printd.cli.parsing import Parser, command, common_flags
from printd.cli.setting_flags import PRINT_FLAGS, RELIEF_FLAGS, add_setting_flags
from printd.core.relief_presets import PRESETS


def build_parser() -> Parser:
    """Return the parser of the whole command line."""
    parser = Parser(prog="printd", description="A photo in a folder becomes a printed object.")
    parser.add_argument("--version", action="version", version=f"printd {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _daemon(commands)
    add_jobs(commands)
    add_queue(commands)
    _printers(commands)
    _works(commands)
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
    command(commands, "check", "daemon:check", "check the configuration, start nothing", "check")
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


def _printers(commands: Any) -> None:
    printers = command(
        commands, "printers", "printers:printers", "list and add printers, clear beds", "printers"
    )
    acts = printers.add_subparsers(
        dest="act", metavar="list|discover|add|bed-clear|pause|resume|stop|light|out|in"
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
    stop = acts.add_parser("stop", help="stop the print on a printer; a job is cancelled")
    stop.add_argument("printer")
    stop.add_argument("--job", type=int, help="the job that is to be stopped; refused if another")
    stop.add_argument("--foreign", action="store_true", help="also what others have started")
    stop.add_argument("--yes", action="store_true", help="do not ask whether it is meant")
    light = acts.add_parser("light", help="switch the light of a printer")
    light.add_argument("printer")
    light.add_argument("switch", choices=("on", "off"))
    out = acts.add_parser("out", help="take a printer out of service")
    out.add_argument("printer")
    out.add_argument("--note", required=True, help="why; everybody sees it")
    back = acts.add_parser("in", help="put a printer back")
    back.add_argument("printer")
    for act in (*acts.choices.values(), *kinds.choices.values()):
        common_flags(act)


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


def _works(commands: Any) -> None:
    relief = command(
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
    beside_flags(relief)
    relief.add_argument(
        "--near", choices=("white", "black", "auto"), help="in depth pictures (white)"
    )
    relief.add_argument(
        "--step-wedge", action="store_true", help="make the wedge that measures a plastic instead"
    )
    add_setting_flags(relief, RELIEF_FLAGS)
    mending = command(
        commands,
        "mend",
        "mend:mend",
        "make somebody's mesh printable",
        "mend figure.glb -o figure.stl --longest-mm 100 --preview figure.png",
    )
    mending.add_argument("mesh", metavar="MESH", help="GLB, OBJ, STL, 3MF, or a ZIP with one")
    mending.add_argument("-o", "--output", required=True, metavar="OUT.stl")
    mending.add_argument(
        "--longest-mm", type=float, default=100.0, metavar="N", help="its longest side (100)"
    )
    mending.add_argument("--up", choices=("y", "z"), help="which axis is up; default: as its kind")
    mending.add_argument(
        "--orient", choices=("as_is", "least_support"), default="as_is", help="which way up (as_is)"
    )
    mending.add_argument(
        "--nozzle-mm", type=float, default=0.4, metavar="N", help="for thin walls (0.4)"
    )
    mending.add_argument("--preview", metavar="OUT.png", help="also draw it")
    slicing = command(
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
    photo_check = command(
        commands,
        "photo-check",
        "photo_check:photo_check",
        "measure what a mesh service could make of photos",
        "photo-check mia.jpg",
    )
    photo_check.add_argument("photos", nargs="+", metavar="FILE")
    photo_check.add_argument("--mask-file", metavar="FILE", help="picture of the subject of one")
    lint = command(
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
    profiles = command(
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
        common_flags(act)


def _recipes(commands: Any) -> None:
    recipes = command(
        commands, "recipes", "recipes:recipes", "list and show recipes", "recipes show default"
    )
    acts = recipes.add_subparsers(dest="act", metavar="list|show")
    acts.add_parser("list", help="list recipes")
    show = acts.add_parser("show", help="show one recipe")
    show.add_argument("name", metavar="NAME")
    for act in acts.choices.values():
        common_flags(act)
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
    acts.add_parser("list", help="list people")
    add = acts.add_parser("add", help="let somebody log in; asks for a password")
    add.add_argument("name", metavar="NAME")
    add.add_argument(
        "--scope",
        choices=("submit", "operate", "admin"),
        default="operate",
        help="what they may do (default: operate)",
    )
    password = acts.add_parser("password", help="give somebody another password")
    password.add_argument("name", metavar="NAME")
    remove = acts.add_parser("remove", help="let somebody log in no more")
    remove.add_argument("name", metavar="NAME")
    acts.add_parser("link", help="make a link that logs you in, once")
    for act in acts.choices.values():
        common_flags(act)


def _kiosk(commands: Any) -> None:
    kiosk = command(
        commands,
        "kiosk",
        "kiosk:kiosk",
        "the number that opens the staff corner of the kiosk",
        "kiosk pin",
    )
    acts = kiosk.add_subparsers(dest="act", metavar="pin")
    pin = acts.add_parser("pin", help="set the number; asks for it")
    pin.add_argument("--remove", action="store_true", help="open the corner by no number any more")
    common_flags(pin)


def _keys(commands: Any) -> None:
    keys = command(
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
        common_flags(act)


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
