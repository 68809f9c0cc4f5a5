"""What can be typed, and where."""

import re

import pytest

from printd import __version__
from printd.cli.parser import ROOMS, build_parser
from printd.cli.parsing import UsageError

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
    *("backup a.tar.gz --photos", "restore a.tar.gz", "rebuild", "check other.yaml"),
    *("help", "help printers out"),
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
    commands = re.findall(r"^  ([a-z][a-z-]+)(?:  |$)", build_parser().format_help(), re.MULTILINE)

    assert set(commands) == {words.split()[0] for words in COMMANDS}
    assert commands == " ".join(ROOMS.values()).split()  # each once


@pytest.mark.parametrize(
    ("typed", "said", "see"),
    [
        ("", "printd: COMMAND is missing.", "printd --help"),
        ("relif", "printd: there is no 'relif'; do you mean 'relief'?", "printd --help"),
        ("add a.jpg --widht-mm 3", "'--widht-mm'; do you mean '--width-mm'?", "printd add --help"),
        ("add a.jpg --width-mm x", "--width-mm: 'x' is not a number.", "printd add --help"),
        ("copies 41 x", "printd copies: N: 'x' is not a whole number.", "printd copies --help"),
        ("copies", "printd copies: JOB, N are missing.", "printd copies --help"),
        ("jobs cat", "printd jobs: cat: nothing is expected there.", "printd jobs --help"),
        ("--json jobs", "printd jobs: --json comes after that word.", "printd jobs --help"),
        ("printers out p1", "--note is missing.", "printd printers out --help"),
        ("printers out p1 --note x --yes", "there is no '--yes'", "printd printers out --help"),
        ("config x", "there are: show, schema, example, reload.", "printd config --help"),
        ("jobs --state prnted", "do you mean 'printed'?", "printd jobs --help"),
    ],
)
def test_what_is_typed_wrongly_is_told_in_a_sentence(typed: str, said: str, see: str) -> None:
    with pytest.raises(UsageError) as caught:
        build_parser().parse_args(typed.split())

    assert said in caught.value.problem
    assert caught.value.problem[-1] in ".?"
    assert caught.value.action == f"See `{see}`."


def test_help_begins_with_what_a_command_does_and_an_example(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parser = build_parser()
    for command in " ".join(ROOMS.values()).split():
        with pytest.raises(SystemExit) as ended:
            parser.parse_args([command, "--help"])
        assert ended.value.code == 0
        first, example, usage = capsys.readouterr().out.split("\n\n")[:3]
        assert first[0].isupper()
        assert first.endswith(".")
        assert example.startswith(f"example: printd {command}")
        assert usage.startswith(f"usage: printd {command} ")


def test_the_version_is_a_flag_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"printd {__version__}\n"
