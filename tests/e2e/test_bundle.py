"""``printd doctor --bundle``: what a helper gets to see, and what nobody does."""

import json
import zipfile
from pathlib import Path

import pytest
import yaml

from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.daemon import SERVED, Daemon, merged
from tests.photos import encoded, textured

SECRETS = {
    "pi.key": "OCTOPRINTKEY0123456789",
    "lab.code": "86421357",
    "fal.key": "fal-secret-8f3b:77aa",
    "wifi.txt": "guests welcome",
}
SERIAL = "01P00A1B2C3D4E5"
FINGERPRINT = "ab" * 32
SETTINGS = {
    "printers": {
        "pi": {"kind": "octoprint", "url": "http://127.0.0.2:1/basement", "key_file": "pi.key"},
        "lab": {
            "kind": "bambu",
            "profile": "bambu-p1s-prusa",
            "host": "127.0.0.3",
            "serial": SERIAL,
            "access_code_file": "lab.code",
            "fingerprint": FINGERPRINT,
            "spool": "external",
        },
    },
    "meshers": {
        "figure": {"kind": "fal", "model": "trellis-2-1024", "key_file": "fal.key"},
    },
    "web": {"names": ["workshop.example"]},
    "kiosk": {
        "phone_url": "http://prints.example:8321",
        "wifi": {"name": "Villa Kunterbunt", "password_file": "wifi.txt"},
    },
}
PRIVATE = (
    *SECRETS.values(),
    *(SERIAL, FINGERPRINT, "127.0.0.2", "127.0.0.3", "basement"),
    *("workshop.example", "prints.example", "Villa Kunterbunt"),
    *("Mia", "Garten", "Gertrud", "annika", "for my sister"),
)
PARTS = {
    *("README.txt", "versions.json", "doctor.txt", "log.txt"),
    *("config.yaml", "jobs.json", "events.json", "database.json"),
}


def parts_of(file: Path) -> dict[str, str]:
    with zipfile.ZipFile(file) as bundle:
        assert bundle.testzip() is None
        return {name: bundle.read(name).decode() for name in bundle.namelist()}


@pytest.fixture
def daemon(open_daemon: Opener, tmp_path: Path) -> Daemon:
    folder = tmp_path / "d1"
    folder.mkdir()
    for name, secret in SECRETS.items():
        (folder / name).write_text(secret)
        (folder / name).chmod(0o600)
    return open_daemon(merged(SERVED, SETTINGS))


def test_no_secret_place_or_name_is_in_it_and_what_helps_is(daemon: Daemon) -> None:
    key = daemon.ask("keys", "create", "annika", "--scope", "submit")
    daemon.put("Mia im Garten.png", encoded(textured(64, 64), "PNG"))
    daemon.put("Oma Gertrud.jpg", b"no picture")
    daemon.wait_until((daemon.drop / "_failed" / "Oma Gertrud.jpg").exists, "it is refused")
    daemon.wait_for_job("Mia im Garten.png", State.SLICED)
    assert daemon.cli("hold", "1", "--reason", "for my sister").returncode == 0
    assert "Oma Gertrud.jpg" in daemon.log
    out = daemon.folder / "help.zip"

    done = daemon.cli("doctor", "--bundle", out)

    assert "Have a look before you send it." in done.stderr, done.stderr
    parts = parts_of(out)
    assert set(parts) == PARTS
    for name, text in parts.items():
        for word in (*PRIVATE, key["key"], str(Path.home())):
            assert word.lower() not in text.lower(), (name, word)
    assert out.stat().st_mode & 0o077 == 0
    assert "[file] refused: photo_unreadable" in parts["log.txt"]
    assert "fail  printer_pi" in parts["doctor.txt"]
    config = yaml.safe_load(parts["config.yaml"])
    assert config["printers"]["lab"]["serial"] == "[printers.lab.serial]"
    assert config["meshers"]["figure"]["model"] == "trellis-2-1024"
    (job,) = json.loads(parts["jobs.json"])
    assert (job["number"], job["state"], job["code"]) == (1, "held", "held_by_person")
    assert {row["kind"] for row in json.loads(parts["events.json"])} >= {"drop.rejected"}
    database = json.loads(parts["database.json"])
    assert (database["integrity"], database["rows"]["job"]) == (["ok"], 1)


def test_what_is_broken_keeps_no_other_part_away(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path)
    daemon.data.mkdir()
    (daemon.data / "printd.db").write_bytes(b"no database" * 1000)

    damaged = daemon.cli("doctor", "--bundle", tmp_path / "damaged.zip")
    daemon.config.write_text("printers: {p1: {kind: octoprint, url: 'http://10.0.0.9/secret'}}\n")
    unreadable = daemon.cli("doctor", "--json", "--bundle", tmp_path / "unreadable.zip")

    parts = parts_of(tmp_path / "damaged.zip")
    assert set(parts) == PARTS
    assert "cannot be told" in parts["database.json"]
    assert "printers:" in parts["config.yaml"]
    assert damaged.returncode in (0, 1)
    assert json.loads(unreadable.stdout)["bundle"] == str(tmp_path / "unreadable.zip")
    parts = parts_of(tmp_path / "unreadable.zip")
    assert "fail  config  " in parts["doctor.txt"]
    assert "10.0.0.9" not in "".join(parts.values())


def test_a_place_that_cannot_be_is_said_first(tmp_path: Path) -> None:
    done = Daemon(tmp_path).cli("doctor", "--bundle", tmp_path / "nowhere" / "x.zip")

    assert done.returncode == 66
    assert "There is no folder" in done.stderr
