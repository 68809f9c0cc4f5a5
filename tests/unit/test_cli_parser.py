"""What can be typed, and where."""

import re

import pytest

from printd import __version__
from printd.cli.parser import build_parser

COMMANDS = (
    *("init", "init --yes --printer virtual", "install-service --user --dry-run"),
    *("doctor --print-test", "doctor --print-test p1 --yes", "doctor --bundle x.zip"),
    *("run", "check", "doctor", "status", "version", "jobs", "printers", "config"),
    *("add a.png", "show 1", "retry 1", "cancel 1 2", "hold 1", "release 1", "resolve 1 printed"),
    *("printers add octoprint --url http://pi", "printers add bambu lab --host pi"),
    *("printers discover", "printers pause p1", "printers resume p1", "printers light p1 on"),
    *("printers list", "printers bed-clear p1", "printers out p1 --note x", "printers in p1"),
    *("printers load p1 --material PETG", "printers load p1 --colour red"),
    *("relief a.png -o a.stl", "slice a.stl --printer p -o a.gcode", "lint a.gcode --printer p"),
    *("photo-check a.jpg b.png", "mend a.glb -o a.stl --up y"),
    *("profiles", "profiles list", "profiles check generic", "profiles import a.ini --name a"),
    *("config show", "config schema", "config example", "config reload"),
    *("recipes", "recipes list", "recipes show default", "meshers"),
    *("keys", "keys list", "keys create shop --scope submit", "keys revoke shop"),
    *("people", "people list", "people add ana --scope operate", "people link"),
    *("kiosk", "kiosk pin", "kiosk pin --remove"),
    *("queue", "queue show", "queue pause", "queue resume", "move 1 --to p1", "move 1 2 --first"),
    *("approve 1", "send-back 1 --reason x", "again 1", "start-anyway 1", "forget 1", "copies 1 2"),
    *("pay 1", "pay 1 2 --up-to 0.50", "choose 1 2", "final 1", "resolve 1 accepted --order x"),
    *("backup a.tar.gz --photos", "restore a.tar.gz", "rebuild"),
    *("sign-off 1 good", "costs", "costs --by day", "completion bash", "submit a.jpg --copies 2"),
)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_takes_json_and_config_at_its_end(words: str) -> None:
    args = build_parser().parse_args([*words.split(), "--json", "--config", "x.yaml"])

    assert (args.json, args.config) == (True, "x.yaml")


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_takes_json_and_config_after_its_first_word(words: str) -> None:
    first, *rest = words.split()

    args = build_parser().parse_args([first, "--json", "--config", "x.yaml", *rest])

    assert (args.json, args.config) == (True, "x.yaml")


@pytest.mark.parametrize("words", COMMANDS)
def test_what_is_not_typed_is_not_set(words: str) -> None:
    args = build_parser().parse_args(words.split())

    assert (args.json, args.config) == (False, None)


def test_every_command_is_tried_here() -> None:
    commands = re.findall(r"^    ([a-z][a-z-]+)(?: |$)", build_parser().format_help(), re.MULTILINE)

    assert len(commands) > 10
    assert set(commands) == {words.split()[0] for words in COMMANDS}


def test_the_version_is_a_flag_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"printd {__version__}\n"
