"""``printd doctor`` looks at the way to each service, orders nothing and shows nobody a key."""

import json
from pathlib import Path

import pytest

from printd.cli import main
from tests.peers.services_benches import BENCHES, key_file
from tests.peers.services_http import Reply, Request, Site

CONFIG = """
meshers:
  there: {{kind: fal, model: trellis-2-512, key_file: {key}, base_url: "{url}", local: true}}
  away: {{kind: localai, base_url: "http://127.0.0.1:1"}}
  keyless: {{kind: replicate, model: trellis, key_file: {key}.not, base_url: "{url}", local: true}}
depth:
  picture: {{kind: picture}}
  banana: {{kind: gemini, key_file: {key}, base_url: "{url}", local: true}}
"""


def test_doctor_tells_who_answers_and_whose_key_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []

    def answer(request: Request) -> Reply:
        shown.append(f"{request.method} {request.headers}")
        return Reply(404)

    with BENCHES["fal"].open(tmp_path / "peer") as peer, Site(answer) as site:
        config = tmp_path / "config.yaml"
        config.write_text(CONFIG.format(key=key_file(peer), url=site.url))
        main(["doctor", "--json", "--config", str(config)])
        found = {entry["check"]: entry for entry in json.loads(capsys.readouterr().out)}
        assert peer.requests == []
    assert found["mesher_there"]["verdict"] == "ok"
    assert found["depth_banana"]["verdict"] == "ok"
    assert found["mesher_away"]["verdict"] == "fail"
    assert "does not answer" in found["mesher_away"]["fact"]
    assert found["mesher_keyless"]["verdict"] == "fail"
    assert "cannot be read" in found["mesher_keyless"]["fact"]
    assert "mesher_relief" not in found
    assert len(shown) == 2
    assert peer.key not in "".join(shown)
