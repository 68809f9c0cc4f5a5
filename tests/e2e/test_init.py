"""``printd init``: five questions at a real terminal, or answered by flags."""

import json
import os
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from printd.cli import main
from tests.e2e.test_printers_add_bambu import heard
from tests.peers.bambu import BambuLan
from tests.peers.daemon import PRINTD
from tests.peers.octoprint import NEEDS, Release, shared_octoprint
from tests.peers.ports import free_port
from tests.peers.terminal import Terminal
from tests.peers.typed import typed

WRITTEN = {"config.yaml", "config.schema.json"}


class Person:
    """Somebody in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        known = {key: value for key, value in os.environ.items() if not key.startswith("PRINTD_")}
        self.environment = {**known, "XDG_CONFIG_HOME": str(folder)}

    def at_terminal(self, *words: object) -> Terminal:
        line = [str(PRINTD), "init", *map(str, words)]
        return Terminal(line, self.folder, self.environment)

    def says(self, *words: object, answers: str = "") -> subprocess.CompletedProcess[str]:
        return typed(
            [*map(str, words)],
            folder=self.folder,
            environment=self.environment,
            answers=answers,
        )

    def files(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}

    def config(self) -> Mapping[str, object]:
        found: Mapping[str, object] = yaml.safe_load((self.folder / "config.yaml").read_text())
        return found

    def is_fine(self) -> bool:
        return self.says("check").returncode == 0


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path / "home")


# At a terminal.


def test_wrong_answers_are_explained_and_asked_for_again(person: Person, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "mia.jpg").touch()

    with person.at_terminal() as terminal:
        terminal.answers("Folder [drop]: ", str(photos))
        terminal.sees("mia.jpg lies in it")
        terminal.answers("Folder [drop]: ", str(photos / "mia.jpg"))
        terminal.sees("is a file")
        terminal.answers("Folder [drop]: ", ".")
        terminal.sees("belongs to printd itself")
        terminal.answers("Folder [drop]: ", "in")
        terminal.answers("Kind [virtual]: ", "prusa")
        terminal.sees("There is no kind 'prusa' of printers.\n  → Answer one of virtual,")
        terminal.answers("Kind [virtual]: ", "octoprint")
        terminal.answers("[Enter: back]: ", "http://127.0.0.1:1")
        terminal.sees("No connection could be made.\n  → ")
        terminal.answers("[Enter: back]: ", "")
        terminal.answers("Kind [virtual]: ", "folder")
        terminal.answers("[Enter: back]: ", str(tmp_path / "no card"))
        terminal.answers("[Enter: back]: ", str(tmp_path / "photos"))
        terminal.sees("What machine it is: generic, generic-resin, ")
        terminal.answers("Profile [generic]: ", "prusa-mk5")
        terminal.answers("Profile [generic]: ", "prusa-mk4")
        terminal.sees("needs none")
        terminal.answers("Kiosk: yes or no [no]: ", "perhaps")
        terminal.answers("Kiosk: yes or no [no]: ", "yes")
        terminal.answers("Phones: yes or no [no]: ", "")
        assert terminal.code() == 0, terminal.screen

    assert person.files() == WRITTEN
    config = person.config()
    assert config["drop"] == {"path": "in"}
    assert config["printers"] == {
        "card": {"kind": "folder", "profile": "prusa-mk4", "path": str(photos)}
    }
    assert config["kiosk"] == {"enabled": True, "recipes": ["relief", "light"]}
    assert config["web"] == {"host": "127.0.0.1", "port": 8321}
    assert person.is_fine()
    for command in ("printd doctor ", "printd run ", "printd doctor --print-test "):
        assert f"\n  {command} " in terminal.screen


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_whoever_gives_up_leaves_nothing(person: Person, key: str) -> None:
    with person.at_terminal() as terminal:
        terminal.answers("Folder [drop]: ", "")
        terminal.sees("Kind [virtual]: ")
        terminal.types(key)
        assert terminal.code() == 130

    assert "Given up; nothing was written." in terminal.screen
    assert "Traceback" not in terminal.screen
    assert person.files() == set()


@NEEDS[Release.STABLE][0]
def test_the_key_of_an_octoprint_is_typed_unseen_and_kept_apart(person: Person) -> None:
    server = shared_octoprint()
    with person.at_terminal("--printer", "octoprint", "--name", "pi", "--no-kiosk") as terminal:
        terminal.answers("Folder [drop]: ", "")
        terminal.answers("[Enter: back]: ", server.url)
        terminal.answers("Profile [generic]: ", "")
        terminal.answers("  Key: ", "WRONG")
        terminal.sees("does not know this key")
        terminal.answers("  Key: ", server.key)
        assert terminal.code() == 0, terminal.screen

    assert server.key not in terminal.screen
    key = person.folder / "pi.key"
    assert (key.read_text().strip(), stat.S_IMODE(key.stat().st_mode)) == (server.key, 0o600)
    assert person.files() == WRITTEN | {"pi.key"}
    assert server.key not in (person.folder / "config.yaml").read_text()
    assert person.is_fine()


@pytest.mark.peer("mosquitto")
def test_a_bambu_printer_is_heard_and_tested(person: Person, tmp_path: Path) -> None:
    port = free_port()
    with BambuLan(tmp_path / "machine") as peer, heard(peer, port, "the lab"):
        ports = ("--mqtt-port", peer.mqtt_port, "--ftps-port", peer.ftps_port)
        flags = ("--drop", "in", "--profile", "bambu-p1s", "--discovery-port", port)
        with person.at_terminal(*flags, *ports) as terminal:
            terminal.answers("Kind [virtual]: ", "bambu")
            terminal.answers("Address, or discover [discover]: ", "")
            terminal.answers("Which one [1]: ", "2")
            terminal.answers("Which one [1]: ", "")
            terminal.sees("printd profiles import PRESET.json --name bambu-p1s")
            terminal.answers("Address, or discover [discover]: ", peer.host)
            terminal.sees("Its profile is bambu-p1s-prusa")
            terminal.answers("Access code: ", "87654321")
            terminal.sees("It does not accept the access code")
            terminal.answers("Access code: ", peer.code)
            terminal.answers("Kiosk: yes or no [no]: ", "no")
            assert terminal.code() == 0, terminal.screen
        assert peer.journal.orders() == []

    assert "1  Bambu Lab P1S the lab at 127.0.0.1" in terminal.screen
    assert peer.code not in terminal.screen
    assert person.files() == WRITTEN | {"bambu.code"}
    assert (person.folder / "bambu.code").read_text() == f"{peer.code}\n"
    assert person.is_fine()


# By flags.


def test_flags_alone_write_what_passes_check(person: Person) -> None:
    done = person.says("init", "--yes", "--json")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["written"] == [str(person.folder / "config.yaml")]
    assert told["next"] == ["printd doctor", "printd run", "printd doctor --print-test"]
    assert person.files() == WRITTEN
    assert person.is_fine()
    text = (person.folder / "config.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=./config.schema.json\n")
    assert json.loads((person.folder / "config.schema.json").read_text())["properties"]["drop"]


@NEEDS[Release.STABLE][0]
def test_a_key_comes_over_standard_input(person: Person) -> None:
    server = shared_octoprint()
    flags = ("--yes", "--printer", "octoprint", "--name", "pi", "--address", server.url)

    no_key = person.says("init", *flags)
    wrong = person.says("init", *flags, "--key-stdin", answers="WRONG\n")
    assert person.files() == set()
    done = person.says("init", *flags, "--key-stdin", answers=f"{server.key}\n")

    assert (no_key.returncode, wrong.returncode, done.returncode) == (64, 1, 0), done.stderr
    assert "--key-file or --key-stdin" in no_key.stderr
    assert (person.folder / "pi.key").read_text() == f"{server.key}\n"
    assert person.is_fine()


def test_without_a_terminal_it_says_which_flags_answer(person: Person) -> None:
    refused = person.says("init")

    assert refused.returncode == 64
    assert "Nobody is at a terminal" in refused.stderr
    assert "printd init --yes --drop DIR --printer octoprint" in refused.stderr
    assert person.files() == set()


def test_a_configuration_is_never_replaced(person: Person) -> None:
    file = person.folder / "config.yaml"
    file.write_text("# mine\n")

    refused = person.says("init", "--yes")
    (person.folder / "other").mkdir()
    beside = person.says("init", "--yes", "--config", "other/config.yaml", "--drop", "other/in")

    assert refused.returncode == 1
    assert "is not replaced" in refused.stderr
    assert file.read_text() == "# mine\n"
    assert person.files() == {"config.yaml", "other"}
    assert beside.returncode == 0, beside.stderr
    other = person.folder / "other" / "config.yaml"
    assert yaml.safe_load(other.read_text())["drop"] == {"path": "in"}
    assert f"printd doctor --config {other} --print-test" in beside.stdout


@pytest.mark.parametrize(
    ("flags", "code", "fault"),
    [
        (["--printer", "prusa"], 64, "There is no kind 'prusa'"),
        (["--printer", "folder"], 64, "Give it by --address."),
        (["--printer", "folder", "--address", "nowhere"], 78, "There is no folder"),
        (["--printer", "octoprint", "--address", "http://127.0.0.1:1"], 69, "No connection"),
        (["--profile", "nosuch"], 64, "There is no profile nosuch"),
        (["--name", "P 1"], 64, "--name: 'P 1'"),
        (["--slicer", "/bin/true"], 69, "does not say that it is prusa"),
        (["--key-file", "missing.key"], 78, "cannot be read"),
        (["--config", "nowhere/config.yaml"], 66, "There is no folder"),
        (["--drop", "."], 78, "belongs to printd itself"),
    ],
)
def test_what_cannot_be_is_said_and_leaves_nothing(
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    flags: list[str],
    code: int,
    fault: str,
) -> None:
    monkeypatch.chdir(person.folder)

    refused = main(["init", "--yes", *flags])

    said = capsys.readouterr().err
    assert refused == code, said
    assert fault in said
    assert "\n→ " in said
    assert person.files() == set()


def test_what_lies_in_etc_is_for_a_service_and_its_data_lies_elsewhere(
    person: Person, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("printd.cli.init.SYSTEM", person.folder.resolve())
    file = person.folder / "config.yaml"

    code = main(["init", "--yes", "--config", str(file), "--drop", str(person.folder / "in")])

    assert code == 0, capsys.readouterr().err
    assert person.config()["data_dir"] == "/var/lib/printd"
