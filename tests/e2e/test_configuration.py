"""``check`` and ``config``: every fault at once, and JSON where JSON is asked for."""

import json
import re
from pathlib import Path

import yaml

from printd.core.shipped import shipped
from tests.peers.daemon import Daemon
from tests.peers.typed import typed


def test_check_names_every_profile_that_cannot_be_used(tmp_path: Path) -> None:
    daemon = Daemon(
        tmp_path,
        {
            "printers": {
                "p1": {"profile": "nosuch"},
                "p2": {"kind": "virtual"},
                "p3": {"kind": "virtual", "profile": "neither"},
            }
        },
    )

    done = daemon.cli("check")

    assert done.returncode == 78, done.stderr
    assert "printers.p1.profile: There is no profile nosuch" in done.stderr
    assert "printers.p3.profile: There is no profile neither" in done.stderr
    assert "p2" not in done.stderr


def test_the_example_is_json_when_json_is_asked_for(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path)

    example = json.loads(daemon.cli("config", "example", "--json").stdout)

    text = shipped("config.example.yaml").read_text()
    assert example == yaml.safe_load(text)


def test_the_example_passes_whole_and_holds_every_key(tmp_path: Path) -> None:
    text = typed(["config", "example"], folder=tmp_path).stdout
    (tmp_path / "mine.yaml").write_text(text)

    passed = typed(["check", "mine.yaml"], folder=tmp_path)

    assert (passed.returncode, passed.stderr) == (0, "")
    assert passed.stdout.startswith("mine.yaml: fine. Printers: demo, card.")
    whole = re.sub(r"^# (?= |pictures:)", "", text, flags=re.MULTILINE)
    assert yaml.safe_load(whole) == yaml.safe_load(shipped("config.example.yaml").read_text())


def test_all_that_is_missing_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(shipped("config.example.yaml").read_text())

    refused = typed(["check", "mine.yaml"], folder=tmp_path)

    assert refused.returncode == 78
    assert "printers.lab.profile" in refused.stderr
    assert str(tmp_path / "workshop.key") in refused.stderr
    assert str(tmp_path / "lab.code") in refused.stderr
    both = typed(["check", "mine.yaml", "--config", "mine.yaml"], folder=tmp_path)
    assert (both.returncode, both.stdout) == (64, "")


def test_doctor_names_weights_that_are_not_what_the_configuration_says(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"other weights")
    entry = {"kind": "onnx", "family": "midas", "sha256": 64 * "0"}
    daemon = Daemon(
        tmp_path,
        {"depth": {"gone": {**entry, "path": "no.onnx"}, "other": {**entry, "path": "net.onnx"}}},
    )

    found = {line["check"]: line for line in json.loads(daemon.cli("doctor", "--json").stdout)}

    assert found["depth_gone"]["verdict"] == found["depth_other"]["verdict"] == "fail"
    assert "There is no file" in found["depth_gone"]["fact"]
    assert "the configuration says 0000" in found["depth_other"]["fact"]
