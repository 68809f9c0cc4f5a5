"""The thread that serves: what it loads while the daemon ends already."""

import subprocess
import sys

PROGRAM = """
import sys, threading
from importlib.abc import MetaPathFinder
from printd.core.config import Config
from printd.web.server import Server
from printd.web.tools import House

server = Server(House(Config, dict, lambda: None))

class Ends(MetaPathFinder):
    "Ends the server when the framework is looked for."
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            server.close()

sys.meta_path.insert(0, Ends())
if {name!r} == "":
    server.close()
server.run(threading.Event())
print(*(name for name in ("fastapi", "uvicorn", "printd.web.serving") if name in sys.modules))
"""


def loaded(ended_at: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(name=ended_at)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_an_end_before_the_first_client_waits_for_no_framework() -> None:
    assert loaded("") == []
    assert loaded("fastapi.routing") == ["fastapi"]
    assert loaded("uvicorn") == ["fastapi", "uvicorn"]
