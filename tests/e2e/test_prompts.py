"""Words dropped or typed become a printed relief, when a person has agreed; bad ones never."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from printd.core.jobs import State
from printd.core.service_config import GeminiPicturesConfig
from tests.e2e.conftest import Opener
from tests.e2e.test_commands import added, refused, wait_for
from tests.peers.daemon import Daemon
from tests.peers.services_benches import key_file, usual
from tests.peers.services_clock import Clock
from tests.peers.services_gemini import Gemini

S = State


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Gemini]:
    with Gemini(tmp_path / "gemini", clock=Clock(1000)) as opened:
        opened.pixels = {"1K": 256}
        yield opened
        assert opened.violations() == []


def settings(peer: Gemini) -> dict[str, Any]:
    values = usual(peer, kind="gemini", key_file=str(key_file(peer)))
    GeminiPicturesConfig(**values)
    return {
        "pictures": {"nano": values},
        "recipes": {
            "default": {"pictures": "nano", "consent": 5},
            "plain": {"width_mm": 20, "settings": {"mesh_quality": 128}},
        },
        "printers": {"p1": {"ejects": True}},
    }


def failed(daemon: Daemon, name: str, code: str) -> str:
    """Wait until a drop is refused; return what its person is told."""
    words: Path = daemon.drop / "_failed" / f"{name}.txt"
    daemon.wait_until(words.exists, f"{name} is refused")
    text = words.read_text()
    assert code in text
    return text


@pytest.mark.peer("prusa-slicer")
def test_words_in_the_drop_folder_are_printed_when_a_person_pays_for_the_picture(
    open_daemon: Opener, peer: Gemini
) -> None:
    daemon = open_daemon(settings(peer))
    daemon.clear_bed()
    daemon.put("castle.prompt.txt", b"a small castle with four towers")
    held = daemon.wait_for_job("castle.prompt.txt", S.HELD)
    assert held.because is not None
    assert held.because.code == "needs_price_consent"
    assert peer.requests == []
    assert not (daemon.drop / "castle.prompt.txt").exists()

    assert daemon.cli("pay", held.number).returncode == 0
    job = daemon.wait_for_job("castle.prompt.txt", S.PRINTED)
    assert len(peer.ledger.orders()) == 1
    assert (daemon.data / "jobs" / job.id / "photo.bin").stat().st_size > 0
    (order,) = daemon.ask("costs", "--services")["orders"]
    assert (order["mesher"], order["state"]) == ("nano", "delivered")

    daemon.put("once.prompt.txt", b"a small castle with four towers", "again")
    daemon.wait_until(lambda: len(daemon.jobs()) == 2, "it is taken once more")
    wait_for(daemon, 2, S.PRINTED)
    assert daemon.jobs()[-1].again_of == job.number
    assert len(peer.ledger.orders()) == 1  # the picture was paid for


def test_words_that_a_person_types_with_a_sum_are_drawn_at_once(
    open_daemon: Opener, peer: Gemini
) -> None:
    daemon = open_daemon(settings(peer))
    findings = json.loads(daemon.cli("doctor", "--json").stdout)
    assert [one["verdict"] for one in findings if one["check"] == "pictures_nano"] == ["ok"]
    less = added(daemon, "--prompt", "a lighthouse", "--consent", "0.06")
    wait_for(daemon, less, S.HELD)
    number = added(daemon, "--prompt", "a small castle", "--consent", "0.07")
    wait_for(daemon, number, S.SLICED)
    assert len(peer.ledger.orders()) == 1
    assert daemon.ask("show", number)["name"] == "a small castle"
    assert daemon.cli("cancel", number).returncode == 0
    anew = int(daemon.ask("again", number, "--from", "picture")[0]["job"])
    wait_for(daemon, anew, S.HELD)  # that sum was for the first
    assert len(peer.ledger.orders()) == 1


def test_what_is_no_prompt_is_refused_with_a_sentence(
    open_daemon: Opener, peer: Gemini, tmp_path: Path
) -> None:
    daemon = open_daemon(settings(peer))
    daemon.put("blank.prompt.txt", b" \n\t")
    daemon.put("binary.prompt.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    daemon.put("long.prompt.txt", b"a castle " * 120_000)
    daemon.put("bidi.prompt.txt", "\u202e\u2066\u200b".encode())
    daemon.put("plain.prompt.txt", b"a castle", "plain")
    for name in ("blank", "binary", "long", "bidi"):
        failed(daemon, f"{name}.prompt.txt", "prompt_refused")
    assert "draws no pictures" in failed(daemon, "plain.prompt.txt", "prompts_off")
    refused(daemon, 1, "prompt_refused", "add", "--prompt", "x" * 2001)
    refused(daemon, 1, "prompts_off", "add", "--recipe", "plain", "--prompt", "a castle")
    bad = tmp_path / "bad.prompt.txt"
    bad.write_bytes(b"a castle\0")
    refused(daemon, 1, "prompt_refused", "add", bad)
    assert daemon.cli("add").returncode == daemon.cli("add", bad, "--prompt", "x").returncode == 64
    assert daemon.jobs() == []
    assert peer.requests == []
