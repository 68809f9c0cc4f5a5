"""Where a mesh comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from printd.core.compute import Compute
from printd.core.errors import ConfigInvalid
from printd.core.mesher_config import DepthConfig, MesherConfig, ReliefMesherConfig
from printd.depth import of_files, services_of, sources_of
from printd.depth.base import DepthSource
from printd.depth.picture import PictureDepth
from printd.depth.service_base import DepthService
from printd.meshers import fal, hunyuan_server, localai, meshy, replicate, rodin, tripo
from printd.meshers.base import Mesher
from printd.meshers.paid_relief import PaidReliefMesher
from printd.meshers.relief import ReliefMesher

# ``kind`` of the configuration to what makes that mesher of its name and its entry.
SERVICES: Final[Mapping[str, Callable[[str, Any], Mesher]]] = MappingProxyType(
    {
        "replicate": replicate.of,
        "fal": fal.of,
        "meshy": meshy.of,
        "tripo": tripo.of,
        "rodin": rodin.of,
        "hunyuan-server": hunyuan_server.of,
        "localai": localai.of,
    }
)


@dataclass(frozen=True, slots=True)
class _Bench:
    """What the meshers of this machine work with."""

    compute: Compute
    sources: Mapping[str, DepthSource]  # of height maps, by their names
    of_files: PictureDepth  # how depth files are read that are given beside a photo
    services: Mapping[str, DepthService]  # that make depth pictures, for money


def meshers_of(
    entries: Mapping[str, MesherConfig], depths: Mapping[str, DepthConfig], compute: Compute
) -> dict[str, Mesher]:
    """Return the meshers of the configuration, by their names.

    Args:
        entries: the meshers.
        depths: the sources of height maps that they name.
        compute: where they calculate.

    Raises:
        ConfigInvalid: something in an entry cannot be.
    """
    bench = _Bench(compute, sources_of(depths), of_files(depths), services_of(depths))
    return {name: _mesher_of(name, entry, bench) for name, entry in entries.items()}


def _mesher_of(name: str, config: MesherConfig, bench: _Bench) -> Mesher:
    if isinstance(config, ReliefMesherConfig) and config.depth in bench.services:
        service = bench.services[config.depth]
        return PaidReliefMesher(name, bench.compute, service, bench.of_files)
    if isinstance(config, ReliefMesherConfig):
        return ReliefMesher(name, bench.compute, bench.sources[config.depth], bench.of_files)
    return _service(name, config)


def check_entries(entries: Mapping[str, MesherConfig]) -> None:
    """Look for what an entry asks of its model that cannot be; nothing is asked anywhere.

    Raises:
        ConfigInvalid: with the entry and the reason.
    """
    for name, config in entries.items():
        if config.kind in SERVICES:
            _service(name, config)


def _service(name: str, config: MesherConfig) -> Mesher:
    try:
        return SERVICES[config.kind](name, config)
    except ValueError as error:
        raise ConfigInvalid(f"meshers.{name}: {error}.") from error
