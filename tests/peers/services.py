"""The fake services by name."""

from typing import Final

from tests.peers.services_base import Service
from tests.peers.services_fal import Fal
from tests.peers.services_gemini import Gemini
from tests.peers.services_hunyuan import Hunyuan
from tests.peers.services_localai import LocalAI
from tests.peers.services_meshy import Meshy
from tests.peers.services_replicate import Replicate
from tests.peers.services_rodin import Rodin
from tests.peers.services_tripo import Tripo

__all__ = [
    "SERVICES",
    "Fal",
    "Gemini",
    "Hunyuan",
    "LocalAI",
    "Meshy",
    "Replicate",
    "Rodin",
    "Tripo",
]

ALL: Final = (Replicate, Fal, Meshy, Tripo, Rodin, Gemini, Hunyuan, LocalAI)
SERVICES: Final[dict[str, type[Service]]] = {service.name: service for service in ALL}
