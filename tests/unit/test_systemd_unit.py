"""The unit file: what systemd itself says of it, and what the daemon relies on."""

import configparser
import subprocess
from pathlib import Path

import pytest

from printd.core.errors import ConfigInvalid, DatabaseDamaged

UNIT = Path(__file__).parents[2] / "systemd/printd.service"


def settings() -> configparser.SectionProxy:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read(UNIT)
    return unit["Service"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("Restart", "on-failure"),
        ("RestartPreventExitStatus", str(ConfigInvalid.exit_code)),
        ("KillMode", "mixed"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("CapabilityBoundingSet", ""),
        ("UMask", "0007"),  # the group drops into the recipes' folders
        ("StateDirectoryMode", "0700"),
        ("StateDirectory", "printd"),
    ],
)
def test_the_daemon_relies_on(key: str, value: str) -> None:
    assert settings()[key] == value


def test_it_hides_nothing_that_printd_reads_and_forbids_nothing_that_it_does() -> None:
    lines = [line for line in UNIT.read_text().splitlines() if not line.startswith("#")]
    assert not [line for line in lines if line.startswith("ProcSubset=")]  # boot_id is read
    filters = [line for line in lines if line.startswith("SystemCallFilter=")]
    assert filters == ["SystemCallFilter=@system-service", "SystemCallFilter=~@privileged"]


def test_what_readme_installs_is_what_the_unit_runs() -> None:
    readme = UNIT.parents[1].joinpath("README.md").read_text()
    section = readme.partition("## As a service")[2].partition("\n## ")[0]
    unit = settings()
    program, _, rest = unit["ExecStart"].partition(" ")
    for words in (
        str(Path(program).parents[1]),
        rest.rpartition(" ")[2],
        unit["User"],
        f"/var/lib/{unit['StateDirectory']}",
        unit["ReadWritePaths"].removeprefix("-"),
        "printd install-service --config /etc/printd/config.yaml",
        "systemctl enable --now printd",
    ):
        assert words in section


def test_what_a_person_has_to_mend_is_not_started_again() -> None:
    assert ConfigInvalid.exit_code == DatabaseDamaged.exit_code == 78


def test_a_daemon_that_hangs_is_ended_and_one_that_stops_is_given_time() -> None:
    assert int(settings()["WatchdogSec"]) >= 30
    assert int(settings()["TimeoutStopSec"]) > 20


@pytest.mark.peer("systemd-analyze")
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    program = tmp_path / "printd"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/opt/printd/bin/printd", str(program)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    about_ours = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert about_ours == []


@pytest.mark.peer("systemd-analyze")
def test_systemd_finds_it_well_confined() -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", str(UNIT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.splitlines()[-1:] + done.stderr.splitlines()


def test_the_service_of_a_person_is_the_same_without_what_only_root_can_give() -> None:
    own = UNIT.with_name("user").joinpath(UNIT.name).read_text().splitlines()
    of_the_machine = UNIT.read_text().splitlines()

    more = {line for line in own if line not in of_the_machine and not line.startswith("#")}
    assert {line.partition("=")[0] for line in more} == {"ExecStart", "WantedBy"}
