"""``printd install-service``: what it writes, what systemd says of that, and what it refuses."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from printd.cli import main
from printd.cli.unit_files import command_line, path_list
from printd.core.errors import SettingInvalid
from tests.peers.daemon import PRINTD

CONFIG = """\
data_dir: /var/lib/printd
drop: {path: /srv/in box}
printers:
  card: {kind: folder, path: "/media/50 % $HOME"}
  pi: {kind: octoprint, url: "http://pi.local", key_file: pi.key}
web: {port: 8400}
kiosk: {enabled: true}
"""
UNIT = "etc/systemd/system/printd.service"
KIOSK = "etc/systemd/system/printd-kiosk.service"
POLICY = "etc/chromium/policies/managed/printd-kiosk.json"


class Machine:
    """A machine's files in a folder, with a configuration."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "etc/printd/config.yaml"
        self.config.parent.mkdir(parents=True)
        self.write(CONFIG)

    def write(self, config: str) -> None:
        self.config.write_text(config)

    def installs(self, *flags: object, as_user: int | None = None) -> Any:
        known = {key: value for key, value in os.environ.items() if not key.startswith("PRINTD_")}
        return subprocess.run(
            [PRINTD, "install-service", "--config", self.config, *map(str, flags)],
            env={**known, "HOME": str(self.root), "XDG_CONFIG_HOME": str(self.root / "own")},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            user=as_user,
        )

    def installed(self, *flags: object) -> dict[str, Any]:
        done = self.installs("--json", *flags)
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def text(self, name: str) -> str:
        return (self.root / name).read_text()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path.resolve() / "machine")


def value(text: str, key: str) -> str:
    (found,) = re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)
    return str(found)


def faults(text: str, name: str, folder: Path, *flags: str) -> list[str]:
    """Return what systemd finds wrong with a unit, its programs being there."""
    for program in ("printd", "cage", "chromium"):
        (folder / program).write_text("#!/bin/sh\n")
        (folder / program).chmod(0o755)
        text = re.sub(rf"=\S*/{program} ", f"={folder / program} ", text)
    (folder / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", *flags, "--man=no", str(folder / name)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in done.stderr.splitlines() if name in line]


def test_the_unit_is_for_this_configuration(machine: Machine, tmp_path: Path) -> None:
    told = machine.installed("--system", "--root", machine.root)

    text = machine.text(UNIT)
    program = Path(sys.executable).with_name("printd")
    assert value(text, "ExecStart") == f"{program} run --config /etc/printd/config.yaml"
    assert value(text, "ReadWritePaths") == '"-/srv/in box" "-/media/50 %% $HOME"'
    assert [row["file"] for row in told["files"]] == [str(machine.root / UNIT)]
    assert told["next"][-1] == "systemctl daemon-reload && systemctl enable --now printd"
    assert "install -d -o printd -g printd -m 2770 '/srv/in box'" in told["next"]
    assert "chown printd: /etc/printd/pi.key" in told["next"]


@pytest.mark.peer("systemd-analyze")
def test_systemd_understands_every_line_of_each_unit(machine: Machine, tmp_path: Path) -> None:
    machine.installed("--system", "--kiosk", "--root", machine.root)
    machine.installed("--user")

    assert faults(machine.text(UNIT), "printd.service", tmp_path) == []
    assert faults(machine.text(KIOSK), "printd-kiosk.service", tmp_path) == []
    own = machine.text("own/systemd/user/printd.service")
    assert faults(own, "printd.service", tmp_path, "--user") == []
    wrong = machine.text(UNIT).replace('"-/srv', '"-srv')
    assert faults(wrong, "printd.service", tmp_path) != []


def test_written_twice_is_the_same_and_another_text_is_kept(machine: Machine) -> None:
    flags = ("--system", "--kiosk", "--root", machine.root)
    first = machine.installed(*flags)
    again = machine.installed(*flags)
    (machine.root / UNIT).write_text("# mine\n")
    mended = machine.installed(*flags)

    assert [row["changed"] for row in first["files"]] == [True, True, True]
    assert [row["changed"] for row in again["files"]] == [False, False, False]
    assert [row["changed"] for row in mended["files"]] == [True, False, False]
    assert machine.text(f"{UNIT}.bak") == "# mine\n"
    assert machine.text(UNIT) == first["files"][0]["text"]
    assert (machine.root / UNIT).stat().st_mode & 0o777 == 0o644


def test_a_dry_run_shows_it_and_writes_nothing(machine: Machine) -> None:
    before = set(machine.root.rglob("*"))

    shown = machine.installs("--user", "--dry-run")

    assert shown.returncode == 0, shown.stderr
    assert "ExecStart=" in shown.stdout
    assert "to be written" in shown.stderr
    runs = Path("/run/systemd/system").is_dir()
    assert ("systemd does not run here" in shown.stderr) is not runs
    assert set(machine.root.rglob("*")) == before


def test_a_persons_own_service_is_told_how_it_outlasts_the_login(machine: Machine) -> None:
    told = machine.installed("--user")

    text = machine.text("own/systemd/user/printd.service")
    assert value(text, "ExecStart").endswith(f" run --config {machine.config}")
    assert value(text, "WantedBy") == "default.target"
    assert (
        told["next"][0] == "systemctl --user daemon-reload && systemctl --user enable --now printd"
    )
    assert any(command.startswith("loginctl enable-linger ") for command in told["next"])


def test_the_kiosk_shows_one_page_and_lets_nobody_out(machine: Machine) -> None:
    told = machine.installed("--system", "--kiosk", "--root", machine.root)

    text = machine.text(KIOSK).replace("\\\n", "")
    start = value(text, "ExecStart").split()
    assert start[:5] == ["/usr/bin/cage", "-d", "-s", "--", "/usr/bin/chromium"]
    assert {
        *("--kiosk", "http://localhost:8400/kiosk", "--noerrdialogs", "--disable-pinch"),
        *("--overscroll-history-navigation=0", "--no-first-run", "--incognito"),
        "--disable-session-crashed-bubble",
    } <= set(start)
    assert "/dev/tcp/127.0.0.1/8400" in text
    assert value(text, "Restart") == "always"
    assert value(text, "User") != value(machine.text(UNIT), "User")
    assert "printd.service" in re.findall(r"^After=(\S+)", text, re.MULTILINE)
    policy = json.loads(machine.text(POLICY))
    assert (policy["DeveloperToolsAvailability"], policy["DownloadRestrictions"]) == (2, 3)
    assert (policy["PrintingEnabled"], policy["AllowFileSelectionDialogs"]) == (False, False)
    assert (policy["URLBlocklist"], policy["URLAllowlist"]) == (["*"], ["http://localhost:8400"])
    assert policy["VideoCaptureAllowedUrls"] == ["http://localhost:8400"]
    assert told["next"][-1].endswith("systemctl enable --now printd-kiosk")


def test_the_kiosk_beside_a_persons_own_service_is_installed_by_sudo(machine: Machine) -> None:
    told = machine.installed("--user", "--kiosk")

    source = machine.root / "own/printd/printd-kiosk.service"
    assert f"sudo install -D -m 644 {source} /{KIOSK}" in told["next"]
    assert "8400/kiosk" in source.read_text()


# What it refuses.


def test_who_is_not_root_is_told_so(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    code = main(["install-service", "--system", "--config", str(machine.config)])

    said = capsys.readouterr().err
    assert code == 1, said
    assert "is installed by root, and you are" in said
    assert "`printd install-service --user`" in said


@pytest.mark.parametrize(
    ("change", "flags", "words"),
    [
        (("enabled: true", "enabled: false"), ["--kiosk"], "The kiosk is off in"),
        (("port: 8400", "port: 0"), ["--kiosk"], "printd does not listen there"),
        (("port: 8400", "host: 192.168.1.5"), ["--kiosk"], "printd does not listen there"),
        (("/srv/in box", "/home/ann/in"), [], "would not see /home/ann/in"),
        (("key_file: pi.key", "key_file: /root/pi.key"), [], "would not see /root/pi.key"),
        (("/srv/in box", "/srv/a\\tb"), [], "cannot stand in a unit of systemd"),
    ],
)
def test_what_could_not_work_is_refused(
    machine: Machine,
    capsys: pytest.CaptureFixture[str],
    change: tuple[str, str],
    flags: list[str],
    words: str,
) -> None:
    machine.write(CONFIG.replace("{path: /srv/in box}", '{path: "/srv/in box"}').replace(*change))
    where = ["--config", str(machine.config), "--root", str(machine.root)]

    refused = main(["install-service", "--system", *where, *flags])

    said = capsys.readouterr().err
    assert refused == 64, said
    assert words in said
    assert "\n→ " in said
    assert not (machine.root / UNIT).exists()


def test_without_a_configuration_there_is_no_service(tmp_path: Path) -> None:
    known = {key: value for key, value in os.environ.items() if not key.startswith("PRINTD_")}
    refused = subprocess.run(
        [PRINTD, "install-service", "--user", "--dry-run"],
        cwd=tmp_path,
        env={**known, "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode == 66
    assert "Write one with `printd init`" in refused.stderr


def test_words_of_systemd_are_taken_for_what_they_are() -> None:
    line = command_line(Path("/opt/a b/printd"), "run", '/etc/100 %/$x "y"\\z')

    assert line == r'"/opt/a b/printd" run "/etc/100 %%/$$x \"y\"\\z"'
    assert path_list([Path("/srv/in"), Path("/srv/50 %")]) == '-/srv/in "-/srv/50 %%"'
    with pytest.raises(SettingInvalid, match="cannot stand in a unit"):
        command_line(Path("/opt/a\nb"))
