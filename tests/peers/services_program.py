"""A fake service as a program of its own, which can be killed and started again.

    python -m tests.peers.services_program --folder F --service meshy --port 0

prints one line of JSON with its addresses and its key, and serves until its standard input ends.
``Program`` starts one from a test; it is told of faults at an address of its own.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Self

import httpx

from tests.peers.no_tls import NO_TLS
from tests.peers.services import SERVICES
from tests.peers.services_base import Service
from tests.peers.services_clock import Clock
from tests.peers.services_faults import Call, Fault, FaultPlan, Kind
from tests.peers.services_http import Reply, Request, Site, json_reply
from tests.peers.services_ledger import Ledger

ROOT: Final = Path(__file__).parents[2]
ENDS_WITHIN_S: Final = 10.0


class Control:
    """What a test may ask of the program: faults, time, settings."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def answer(self, request: Request) -> Reply:
        """Do what is asked by the path; the body is JSON, or the bytes of a mesh."""
        service = self._service
        if request.path == "/give":
            service.give(request.body, int(request.one("times") or 1))
        elif request.path == "/violations":
            return json_reply(200, service.violations())
        elif request.path == "/requests":
            return json_reply(200, [asdict(seen) for seen in list(service.requests)])
        else:
            self._do(request.path, json.loads(request.body or b"null"))
        return json_reply(200, None)

    def _do(self, path: str, said: Any) -> None:
        service = self._service
        match path:
            case "/arm":
                service.faults.arm(_fault(said))
            case "/clear":
                service.faults.clear()
            case "/skip":
                service.clock.skip(said)
            case "/strangers":
                service.add_strangers(said)
            case "/settle":
                service.settle()
            case "/set":
                for name, value in said.items():
                    assert hasattr(service, name), name
                    setattr(service, name, value)
            case _:
                raise AssertionError(path)


def _fault(said: dict[str, Any]) -> Fault:
    return Fault(**{**said, "kind": Kind(said["kind"]), "call": Call(said["call"])})


class Program:
    """A fake service in a process of its own.

    Args:
        folder: all that it remembers.
        service: its name.
        options: of the command line: ``factor``, ``seed``, ``balance``, ``asset_host``.

    Attributes:
        url: of the API; ``asset_url``: of results; ``key``: its credential.
    """

    def __init__(self, folder: Path, service: str, **options: object) -> None:
        self.folder = folder
        self._command = [sys.executable, "-m", "tests.peers.services_program"]
        self._command += ["--folder", str(folder), "--service", service]
        for name, value in options.items():
            self._command += [f"--{name.replace('_', '-')}", str(value)]
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it; its addresses are those that it had before."""
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the fake service has not started"
        said: dict[str, str] = json.loads(line)
        self.url, self.asset_url, self.key = said["url"], said["asset_url"], said["key"]
        self.rest_url = said["rest_url"]
        self._control_url = said["control_url"]

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait(ENDS_WITHIN_S)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    def restart(self) -> None:
        """Kill it and start it on what it left."""
        self.kill()
        self.start()

    def _tell(self, path: str, content: object = None) -> Any:
        said = httpx.post(f"{self._control_url}{path}", json=content, timeout=10, verify=NO_TLS)
        return said.raise_for_status().json()

    def arm(self, *faults: Fault) -> None:
        """Let these come."""
        for fault in faults:
            self._tell("/arm", asdict(fault))

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        self._tell("/clear")

    def skip(self, seconds: float) -> None:
        """Let so many service seconds have passed."""
        self._tell("/skip", seconds)

    def add_strangers(self, count: int) -> None:
        """Let other people have ordered."""
        self._tell("/strangers", count)

    def set(self, **values: object) -> None:
        """Change attributes of the service."""
        self._tell("/set", values)

    def give(self, content: bytes, times: int = 1) -> None:
        """Let the mesh of the next orders be exactly these bytes."""
        query = {"times": times}
        httpx.post(
            f"{self._control_url}/give", content=content, params=query, verify=NO_TLS
        ).raise_for_status()

    def violations(self) -> list[str]:
        """Return what a client may never do and did."""
        found: list[str] = self._tell("/violations")
        return found

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests since its start."""
        found: list[dict[str, Any]] = self._tell("/requests")
        return found

    @property
    def ledger(self) -> Ledger:
        """What was paid for; also of one that was killed, as far as it had come."""
        if self._process.poll() is None:
            self._tell("/settle")
        return Ledger(self.folder / "ledger.jsonl")


def main(arguments: list[str] | None = None) -> int:
    """Serve until the standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--service", choices=sorted(SERVICES), required=True)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one, or that of before")
    parser.add_argument("--factor", type=float, default=1.0, help="service seconds in a real one")
    parser.add_argument("--balance", type=float, default=1000.0)
    parser.add_argument("--asset-host", default="127.0.0.1")
    parser.add_argument("--seed", type=int, help="arm what a plan of faults draws")
    chosen = parser.parse_args(arguments)
    options = {"balance": chosen.balance, "asset_host": chosen.asset_host, "port": chosen.port}
    kind: Any = SERVICES[chosen.service]
    with kind(chosen.folder, clock=Clock(chosen.factor), **options) as service:
        if chosen.seed is not None:
            service.faults.arm(*FaultPlan(chosen.seed).draw(chosen.service))
        with Site(Control(service).answer) as control:
            said = {
                "service": chosen.service,
                "url": service.url,
                "asset_url": service.asset_url,
                "rest_url": getattr(service, "rest_url", ""),
                "control_url": control.url,
                "key": service.key,
            }
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()
            sys.stdin.buffer.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
