"""The API of a store without a daemon: the real server on a real port, asked by a real client."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from printd.core.board import PrinterStatus
from printd.core.config import Config
from printd.core.matching import PrinterClass
from printd.core.store import Store
from printd.daemon.stills import Stills
from printd.pipeline.doctoring import findings
from printd.pipeline.place import Place
from printd.printers.camera import still_of
from printd.slicers.profiles import configured_profiles
from printd.web.bounds import USUAL, Bounds
from printd.web.keys import Keys, Scope
from printd.web.server import Server
from printd.web.socket_file import SOCKET, short_path
from printd.web.tools import House
from tests.peers.computing import shared_compute
from tests.peers.no_tls import NO_TLS
from tests.peers.stores import open_store

PROFILES = Path(__file__).parents[2] / "profiles"
TWO_VIRTUAL: Mapping[str, Any] = {"left": {"kind": "virtual"}, "right": {"kind": "virtual"}}


def _thread_has_failed(fault: BaseException) -> None:
    raise AssertionError("a thread has failed") from fault


class Api:
    """A server on the store of ``folder``."""

    def __init__(self, folder: Path, store: Store, bounds: Bounds = USUAL, **changes: Any) -> None:
        plain: dict[str, Any] = {
            "data_dir": folder,
            "web": {"port": 0},
            "printers": TWO_VIRTUAL,
            "limits": {"free_mb": 0, "free_pct": 0},
        }
        self.config = Config(**{**plain, **changes})
        self.store = store
        self.woken = threading.Event()
        profiles = configured_profiles(self.config, [PROFILES])
        classes: dict[str, PrinterClass] = {
            name: profile.printer_class for name, profile in profiles.items()
        }
        self.compute = shared_compute()
        self.heard: dict[str, PrinterStatus] = {}
        self.scanned_at: datetime | None = None
        self.stills = Stills(
            lambda name: still_of(name, self.config.printers[name]), _thread_has_failed
        )
        house = House(
            lambda: self.config,
            lambda: classes,
            self.woken.set,
            heard=self.heard.get,
            scanned_at=lambda: self.scanned_at,
            profile_folders=[PROFILES],
            still=self.stills.of,
            doctor=lambda: [*findings(Place(self.config, None, [PROFILES]))],
            compute=self.compute,
        )
        self.server = Server(house, bounds)
        self._keys: dict[Scope, str] = {}
        self._lock = threading.Lock()

    def key(self, scope: Scope = Scope.ADMIN) -> str:
        """Return a key of this scope."""
        with self._lock:
            if scope not in self._keys:
                name = f"test-{scope}"
                self._keys[scope] = Keys(self.store.database).create(name, scope, by="test")[1]
            return self._keys[scope]

    def client(self, scope: Scope | None = Scope.ADMIN, **headers: str) -> httpx.Client:
        """Return a client with a key of this scope; None: without one."""
        key = {"X-Api-Key": self.key(scope)} if scope else {}
        url = f"{self.server.url}/api/v1"
        return httpx.Client(base_url=url, headers={**key, **headers}, timeout=60.0, verify=NO_TLS)

    def at_home(self) -> AbstractContextManager[httpx.Client]:
        """Talk over the Unix socket."""
        return at_home(self.config.data_dir)


@contextmanager
def at_home(data_dir: Path) -> Iterator[httpx.Client]:
    """Talk to the daemon of a data folder over its Unix socket."""
    with short_path(data_dir) as folder:
        over = httpx.HTTPTransport(uds=str(folder / SOCKET), verify=NO_TLS)
        with httpx.Client(base_url="http://printd/api/v1", transport=over, timeout=120.0) as client:
            yield client


@contextmanager
def served(folder: Path, bounds: Bounds = USUAL, **changes: Any) -> Iterator[Api]:
    """Serve the store of ``folder``."""
    with open_store(folder) as store:
        api = Api(folder, store, bounds, **changes)
        api.server.open()
        thread = threading.Thread(target=api.server.run, args=(threading.Event(),))
        thread.start()
        try:
            yield api
        finally:
            api.stills.close()
            api.server.close()
            thread.join()
            api.server.remove()
