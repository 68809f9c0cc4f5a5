"""The fake services by name."""

from typing import Final

from tests.peers.services_base import Service
from tests.peers.services_fal import Fal
from tests.peers.services_meshy import Meshy
from tests.peers.services_replicate import Replicate

SERVICES: Final[dict[str, type[Service]]] = {
    service.name: service for service in (Replicate, Fal, Meshy)
}
