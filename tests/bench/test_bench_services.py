"""How much memory a mesh of 100 MB takes on its way from a service to the disk."""

from pathlib import Path

from printd.core.service_config import FalMesherConfig
from printd.meshers import fal
from tests.bench.figures import in_fresh_process
from tests.peers.services_asking import photo
from tests.peers.services_faults import Fault, Kind
from tests.peers.services_program import Program

SIZE_MB = 100
ALLOWED_MB = 20

# The mesher's own ``collect``: a small mesh first, so that all that it needs is there already.
COLLECT = """
from pathlib import Path
from printd.core.service_config import FalMesherConfig
from printd.meshers import fal

url, assets, key, small, large, folder = sys.argv[1:]
config = FalMesherConfig(
    kind="fal", model="trellis-2-512", key_file=key, base_url=url, local=True, asset_hosts=[assets]
)
mesher = fal.of("f", config)
folder = Path(folder)
photo = folder / "photo"
mesher.collect(mesher.known(small), photo, {}, folder / "small.mesh")

def work():
    facts = mesher.collect(mesher.known(large), photo, {}, folder / "large.mesh")
    assert facts["bytes"] == 100 << 20, facts
"""

# The servers at home answer an order with the mesh itself.
ORDER = """
from pathlib import Path
from printd.core.service_config import HunyuanServerMesherConfig
from printd.meshers import hunyuan_server

url, folder = sys.argv[1:]
config = HunyuanServerMesherConfig(kind="hunyuan-server", base_url=url)
mesher = hunyuan_server.of("h", config)
photo = Path(folder) / "photo"
mesher.order(photo, {})

def work():
    ticket = mesher.order(photo, {})
    facts = mesher.collect(ticket, photo, {}, photo.with_name("large.mesh"))
    assert facts["bytes"] > 100_000_000, facts
"""


def blank_stl(faces: int) -> bytes:
    return bytes(80) + faces.to_bytes(4, "little") + bytes(50 * faces)


def show(what: str, memory_mb: float) -> None:
    print(f"{what}: {memory_mb:.1f} MB more memory for {SIZE_MB} MB; allowed {ALLOWED_MB}")


def test_a_large_result_never_lies_in_memory(tmp_path: Path) -> None:
    with Program(tmp_path / "peer", "fal") as peer:
        key = tmp_path / "key"
        key.write_text(peer.key)
        key.chmod(0o600)
        assets = peer.asset_url.partition("//")[2]
        values = {"key_file": key, "base_url": peer.url, "local": True, "asset_hosts": [assets]}
        config = FalMesherConfig.model_validate({"kind": "fal", "model": "trellis-2-512", **values})
        (tmp_path / "photo").write_bytes(photo(form="JPEG"))
        mesher = fal.of("f", config)
        small, large = (mesher.order(tmp_path / "photo", {}).order for _ in range(2))
        peer.skip(600)
        peer.arm(Fault(Kind.HUGE, size=SIZE_MB << 20, skip=1))
        words = (peer.url, assets, key, small, large, tmp_path)
        _, memory_mb = in_fresh_process(COLLECT, *words)
    show("a link that is fetched", memory_mb)
    assert memory_mb <= ALLOWED_MB


def test_a_large_answer_never_lies_in_memory(tmp_path: Path) -> None:
    with Program(tmp_path / "peer", "hunyuan", factor=5000) as peer:
        (tmp_path / "photo").write_bytes(photo(form="JPEG"))
        peer.give(blank_stl(1))
        peer.give(blank_stl(2_000_001))
        _, memory_mb = in_fresh_process(ORDER, peer.url, tmp_path)
    show("an answer that is the mesh", memory_mb)
    assert memory_mb <= ALLOWED_MB
