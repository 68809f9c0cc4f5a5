"""Depth pictures from Gemini and Tripo, and the reliefs of them, against fakes on sockets."""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from PIL import Image

from printd.core.clock import utc_now
from printd.core.compute import Limits
from printd.core.errors import (
    InDoubt,
    NotYet,
    OrderInDoubt,
    ResultGone,
    ServiceAway,
    ServiceFailed,
    ServiceKey,
    ServiceModerated,
    ServiceRejected,
    ServiceRetired,
    SettingInvalid,
)
from printd.core.files import JobFolders
from printd.core.jobs import Facts, Job, State
from printd.core.service_config import GeminiDepthConfig, TripoDepthConfig
from printd.depth import gemini, tripo
from printd.depth.prompts import height_map_prompt
from printd.geometry.files.meshio import read_stl
from printd.geometry.mesh.mesh import check_closed
from printd.meshers.paid_relief import PaidReliefMesher
from printd.pipeline.taking import link_beside
from printd.services import gemini as service
from printd.services.picturesize import size_of
from printd.services.ticket import Ticket
from tests.peers.floor import Floor
from tests.peers.services_asking import photo
from tests.peers.services_base import Service
from tests.peers.services_benches import key_file, usual
from tests.peers.services_clock import Clock
from tests.peers.services_faults import Call, Fault, Kind
from tests.peers.services_gemini import FLASH, PRO, Gemini
from tests.peers.services_http import Reply, Request
from tests.peers.services_tripo import Tripo
from tests.peers.stores import new_job
from tests.photos import CAT

T = TypeVar("T")
COARSE: dict[str, Any] = {"mesh_quality": 128}


class Here:
    """Runs the work at once, in this process."""

    def run(self, fn: Callable[..., T], /, *args: object, limits: Limits, **kwargs: object) -> T:
        assert limits.memory_bytes > 1 << 30
        return fn(*args, **kwargs)


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Gemini]:
    with Gemini(tmp_path / "peer", clock=Clock(5000)) as opened:
        opened.pixels = {"512": 256, "1K": 384, "2K": 512, "4K": 768}
        yield opened
        assert opened.violations() == []


@pytest.fixture
def at_tripo(tmp_path: Path) -> Iterator[Tripo]:
    with Tripo(tmp_path / "peer", clock=Clock()) as opened:
        yield opened
        assert opened.violations() == []


def depth(peer: Service, **more: Any) -> gemini.GeminiDepth:
    values = {**usual(peer, kind="gemini", key_file=key_file(peer)), **more}
    return gemini.of("g", GeminiDepthConfig(**values))


def tripo_depth(peer: Service, **more: Any) -> tripo.TripoDepth:
    values = {**usual(peer, kind="tripo-depth", key_file=key_file(peer)), **more}
    return tripo.of("d", TripoDepthConfig(**values))


class Piece:
    """A folder with a photo, and the relief mesher at a service."""

    def __init__(self, folder: Path, service: gemini.GeminiDepth | tripo.TripoDepth) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        picture = Image.open(CAT).resize((300, 200))
        picture.save(folder / JobFolders.PHOTO, "PNG")
        picture.save(folder / JobFolders.FOR_SERVICE, "JPEG")
        self.mesher = PaidReliefMesher("paid", Here(), service)

    @property
    def handed(self) -> Path:
        return self.folder / JobFolders.FOR_SERVICE

    @property
    def out(self) -> Path:
        return self.folder / JobFolders.RAW

    def price(self, **settings: Any) -> float:
        return float(self.mesher.price_usd(self.folder / JobFolders.PHOTO, COARSE | settings))

    def order(self, **settings: Any) -> Ticket:
        return self.mesher.order(self.handed, COARSE | settings)

    def find(self) -> Ticket | None:
        return self.mesher.find(self.handed, utc_now() - timedelta(hours=1))

    def collect(self, ticket: Ticket, **settings: Any) -> Facts:
        return self.mesher.collect(ticket, self.handed, COARSE | settings, self.out)

    def made(self, **settings: Any) -> Facts:
        return self.collect(self.order(**settings), **settings)


def codes(facts: Facts) -> list[str]:
    return [warning.partition(":")[0] for warning in facts["warnings"]]


# One order.


@pytest.mark.parametrize(
    ("model", "size", "id", "price"),
    [
        ("nano-banana-2", "1K", FLASH, 0.067),
        ("nano-banana-2", "4K", FLASH, 0.151),
        ("nano-banana-pro", "2K", PRO, 0.134),
        ("nano-banana-pro", "4K", PRO, 0.24),
        ("edit", "2K", FLASH, 0.101),
    ],
)
def test_each_model_draws_a_picture_at_each_size_for_its_price(
    tmp_path: Path, peer: Gemini, model: str, size: str, id: str, price: float
) -> None:
    job = Piece(tmp_path / "job", depth(peer, model=model, size=size))
    assert job.price() == price
    ticket = job.order()
    (paid,) = peer.ledger.orders()
    assert (paid.model, paid.price) == (id, price)
    assert paid.sha256 == hashlib.sha256(job.handed.read_bytes()).hexdigest()
    stored = peer.shelf.order(paid.order)
    assert stored is not None
    assert stored.more == {"size": size, "aspect": "3:2"}
    answer = job.folder / "depth-service-detailed.bin"
    assert ticket.order == hashlib.sha256(answer.read_bytes()).hexdigest()
    assert size_of(answer.read_bytes()) == (peer.pixels[size], round(peer.pixels[size] / 1.5))


@pytest.mark.parametrize("form", ["detailed", "organic"])
def test_a_style_is_told_in_five_blocks_of_words(form: Any) -> None:
    blocks = height_map_prompt(form).split("\n\n")
    assert len(blocks) == 5
    assert "height map" in blocks[0]
    assert "White means nearest" in blocks[1]
    assert "Every outline stays" in blocks[2]
    assert blocks[3].startswith(f"Style: {form}")
    assert blocks[4].startswith("No colour, no text")


def test_the_words_of_the_style_are_sent(
    tmp_path: Path, peer: Gemini, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    create = peer._create  # noqa: SLF001 - the fake itself keeps no words

    def noted(request: Request, model: str) -> Reply:
        seen.append(request.json()["contents"][0]["parts"][0]["text"])
        return create(request, model)

    monkeypatch.setattr(peer, "_create", noted)
    job = Piece(tmp_path / "job", depth(peer))
    job.order(style="organic")
    assert seen == [height_map_prompt("organic")]


@pytest.mark.parametrize(
    "kind", [Kind.JPEG, Kind.THOUGHTS, Kind.MARKDOWN, Kind.ODD_FIELDS], ids=str
)
def test_the_picture_is_found_in_each_kind_of_answer(
    tmp_path: Path, peer: Gemini, kind: Kind
) -> None:
    peer.faults.arm(Fault(kind))
    job = Piece(tmp_path / "job", depth(peer))
    assert "depth picture of Nano Banana 2" in job.made()["depth"]
    assert peer.count(Call.CREATE) == 1


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Fault(Kind.MODERATE), ServiceModerated, "IMAGE_SAFETY"),
        (Fault(Kind.BLOCK, said="PROHIBITED_CONTENT"), ServiceModerated, "PROHIBITED_CONTENT"),
        (Fault(Kind.FINISH, said="RECITATION"), ServiceModerated, "RECITATION"),
        (Fault(Kind.FINISH, said="NO_IMAGE"), ServiceFailed, "NO_IMAGE"),
        (Fault(Kind.FINISH, said="IMAGE_OTHER"), ServiceFailed, "IMAGE_OTHER"),
        (Fault(Kind.FINISH, said="MAX_TOKENS"), ServiceFailed, "MAX_TOKENS"),
        (Fault(Kind.WORDS), ServiceFailed, "I cannot draw"),
        (Fault(Kind.ONLY_THOUGHTS), ServiceFailed, "without a picture"),
        (Fault(Kind.STATUS, Call.CREATE, status=400), ServiceRejected, "400"),
        (Fault(Kind.STATUS, Call.CREATE, status=403), ServiceKey, "403"),
        (Fault(Kind.STATUS, Call.CREATE, status=404), ServiceRetired, "404"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_answer_without_a_picture_says_why_and_is_no_doubt(
    tmp_path: Path, peer: Gemini, fault: Fault, error: type[Exception], words: str
) -> None:
    peer.faults.arm(fault)
    job = Piece(tmp_path / "job", depth(peer))
    with pytest.raises(error, match=words):
        job.order()
    assert job.find() is None
    assert peer.count(Call.CREATE) == 1


def test_a_wrong_key_is_told_from_a_wrong_picture_though_both_are_400(
    tmp_path: Path, peer: Gemini
) -> None:
    job = Piece(tmp_path / "job", depth(peer))
    (peer.folder / "key").write_text("AIzaWrong\n")
    with pytest.raises(ServiceKey, match="API key"):
        job.order()


def test_a_model_that_is_switched_off_is_said_to_be(tmp_path: Path, peer: Gemini) -> None:
    job = Piece(tmp_path / "job", depth(peer, id="gemini-2.5-flash-image"))
    with pytest.raises(ServiceRetired, match=r"gemini-2\.5-flash-image"):
        job.order()


def test_a_limit_is_waited_for_as_long_as_it_says(tmp_path: Path, peer: Gemini) -> None:
    peer.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=429))
    with pytest.raises(ServiceAway) as away:
        Piece(tmp_path / "job", depth(peer)).order()
    assert away.value.again_s == 17


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Kind.DROP, Call.CREATE),
        Fault(Kind.CUT, Call.CREATE),
        Fault(Kind.EMPTY, Call.CREATE),
        Fault(Kind.RESET_READ, Call.CREATE),
        Fault(Kind.PAGE, Call.CREATE),
        Fault(Kind.HANG, Call.CREATE, seconds=3),
        Fault(Kind.STATUS, Call.CREATE, status=500),
        Fault(Kind.STATUS, Call.CREATE, status=503),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_lost_answer_is_never_asked_for_again_by_itself(
    tmp_path: Path, peer: Gemini, fault: Fault
) -> None:
    peer.faults.arm(fault)
    job = Piece(tmp_path / "job", depth(peer, answer_s=1))
    with pytest.raises(InDoubt):
        job.order()
    for _ in range(2):
        with pytest.raises(OrderInDoubt, match="cannot be fetched again"):
            job.find()
    assert peer.count(Call.CREATE) == 1


def test_an_answer_that_was_written_before_a_crash_is_the_order(
    tmp_path: Path, peer: Gemini
) -> None:
    job = Piece(tmp_path / "job", depth(peer))
    ticket = job.order()
    found = job.find()  # as though nobody had written the ticket down
    assert found is not None
    assert (found.mesher, found.order) == ("paid", ticket.order)
    assert job.collect(found)["triangles"] > 1000
    assert len(peer.ledger.orders()) == 1


def test_an_answer_that_the_disk_does_not_take_is_a_doubt_and_no_second_order(
    tmp_path: Path, peer: Gemini, monkeypatch: pytest.MonkeyPatch
) -> None:
    from printd.core.errors import DiskFull

    def full(path: Path, content: bytes) -> None:
        raise DiskFull(f"No room for {len(content)} bytes of {path.name}.")

    monkeypatch.setattr(service, "write_file", full)
    job = Piece(tmp_path / "job", depth(peer))
    with pytest.raises(InDoubt, match="could not be kept"):
        job.order()
    with pytest.raises(OrderInDoubt):
        job.find()


def test_nothing_that_was_never_sent_is_in_doubt(tmp_path: Path, peer: Gemini) -> None:
    job = Piece(tmp_path / "job", depth(peer))
    assert job.find() is None
    with pytest.raises(SettingInvalid):
        job.mesher.known("anything")


# A relief of it, once paid.


def test_a_relief_is_made_of_the_picture(tmp_path: Path, peer: Gemini) -> None:
    job = Piece(tmp_path / "job", depth(peer))
    facts = job.made()
    assert check_closed(read_stl(job.out)).is_closed
    assert facts["depth"] == "a depth picture of Nano Banana 2, 2K"
    assert "foreign" not in facts
    assert not (job.folder / "sent.json").exists()


def test_other_settings_never_pay_again_nor_does_a_job_that_is_made_again(
    tmp_path: Path, peer: Gemini
) -> None:
    job = Piece(tmp_path / "job", depth(peer))
    job.made()
    first = job.out.read_bytes()
    assert job.price(relief_mm=3.0, smoothing_px=4, crop="square") == 0
    job.made(relief_mm=3.0, smoothing_px=4, crop="square")
    assert job.out.read_bytes() != first

    again = Piece(tmp_path / "again", depth(peer))
    link_beside(job.folder, again.folder)
    assert again.price() == 0
    again.made()
    assert again.out.read_bytes() == first
    assert len(peer.ledger.orders()) == 1


def test_another_style_is_another_picture_and_the_first_stays(tmp_path: Path, peer: Gemini) -> None:
    job = Piece(tmp_path / "job", depth(peer))
    job.made()
    assert job.price(style="organic") > 0
    job.made(style="organic")
    assert (job.price(), job.price(style="organic")) == (0, 0)
    assert len(peer.ledger.orders()) == 2


def test_a_picture_that_is_damaged_or_of_another_photo_or_size_is_none(
    tmp_path: Path, peer: Gemini
) -> None:
    job = Piece(tmp_path / "job", depth(peer))
    job.made()
    larger = PaidReliefMesher("paid", Here(), depth(peer, size="4K"))
    assert larger.price_usd(job.folder / JobFolders.PHOTO, COARSE) > 0
    answer = job.folder / "depth-service-detailed.bin"
    whole = answer.read_bytes()
    answer.write_bytes(whole[:-1])
    assert job.price() > 0
    answer.write_bytes(whole)
    assert job.price() == 0
    Image.open(CAT).resize((240, 200)).save(job.folder / JobFolders.PHOTO, "PNG")
    assert job.price() > 0


@pytest.mark.parametrize("settings", [{"surface": "lithophane"}, {}], ids=["lithophane", "given"])
def test_what_needs_no_depth_picture_costs_nothing(
    tmp_path: Path, peer: Gemini, settings: dict[str, Any]
) -> None:
    job = Piece(tmp_path / "job", depth(peer))
    if not settings:
        ramp = np.tile(np.linspace(0, 255, 300).astype(np.uint8), (200, 1))
        Image.fromarray(ramp).save(job.folder / JobFolders.DEPTH, "PNG")
    assert job.price(**settings) == 0
    assert job.made(**settings)["triangles"] > 100
    assert peer.requests == []


def test_a_surface_alone_is_refused_before_it_is_paid(tmp_path: Path, peer: Gemini) -> None:
    with pytest.raises(SettingInvalid):
        Piece(tmp_path / "job", depth(peer)).order(mode="planar")
    assert peer.requests == []


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Kind.COLOUR, "depth_not_grey"),
        (Kind.POSTERISED, "depth_banded"),
        (Kind.FLAT, "depth_banded"),
    ],
)
def test_a_picture_with_faults_that_can_be_mended_is_used_and_said(
    tmp_path: Path, peer: Gemini, kind: Kind, code: str
) -> None:
    peer.faults.arm(Fault(kind))
    facts = Piece(tmp_path / "job", depth(peer)).made()
    assert facts["depth"] == "a depth picture of Nano Banana 2, 2K"
    assert code in codes(facts)


@pytest.mark.parametrize("kind", [Kind.SHIFTED, Kind.REDRAWN])
def test_a_picture_of_another_scene_is_done_without_and_that_is_said(
    tmp_path: Path, peer: Gemini, kind: Kind
) -> None:
    peer.faults.arm(Fault(kind))
    job = Piece(tmp_path / "job", depth(peer))
    facts = job.made()
    assert "depth_service_unusable" in codes(facts)
    assert facts["depth"].startswith("the photo itself")
    assert facts["depth"].endswith("of Nano Banana 2, 2K was not used")
    assert check_closed(read_stl(job.out)).is_closed
    assert job.price() == 0  # a bad picture is not ordered again
    assert len(peer.ledger.orders()) == 1


def test_the_pipeline_asks_for_the_price_once_and_for_nothing_the_second_time(
    tmp_path: Path, peer: Gemini, floor: Floor
) -> None:
    paid = PaidReliefMesher("drawn", Here(), depth(peer))
    floor.tools = replace(floor.tools, meshers={"drawn": paid})
    content = CAT.read_bytes()

    def job(number: int, **settings: Any) -> Job:
        new = new_job(
            number,
            sha256=hashlib.sha256(content).hexdigest(),
            settings={"mesher": "drawn", "material": "PLA", "relief": COARSE, **settings},
        )
        folder = floor.folders.of(new.id)
        folder.mkdir()
        (folder / JobFolders.PHOTO).write_bytes(content)
        return floor.store.accept(new)

    held = floor.step(job(1))
    assert held.because is not None
    assert held.because.code == "needs_price_consent"
    assert peer.requests == []
    first = floor.step(floor.step(job(2, consent="0.2")))
    assert first.state is State.MESHED
    assert first.facts["raw"]["depth"] == "a depth picture of Nano Banana 2, 2K"

    peer.faults.arm(Fault(Kind.REDRAWN, times=2))  # of no use, twice
    better = job(4, consent="1", depth_retries=2)
    for _ in range(8):
        if better.state is not State.MESHED:
            better = floor.step(better)
    assert better.facts["raw"]["depth"] == "a depth picture of Nano Banana 2, 2K"
    assert (better.facts["depth_tries"], len(peer.ledger.orders())) == (2, 4)

    again = job(3)
    link_beside(floor.folders.of(first.id), floor.folders.of(again.id))
    again = floor.step(floor.step(again))
    assert again.state is State.MESHED
    assert len(peer.ledger.orders()) == 4


# Words, backgrounds.


def test_the_background_is_taken_away_by_one_order(tmp_path: Path, peer: Gemini) -> None:
    source, out = tmp_path / "photo.png", tmp_path / "out.png"
    source.write_bytes(photo())
    line = service.line_of(GeminiDepthConfig(**usual(peer, kind="gemini", key_file=key_file(peer))))
    service.without_background(line, FLASH, source, out)
    Image.open(out).verify()
    (paid,) = peer.ledger.orders()
    assert paid.sha256 == hashlib.sha256(photo()).hexdigest()


def test_a_picture_is_made_from_words_alone_by_one_order(tmp_path: Path, peer: Gemini) -> None:
    out = tmp_path / "out.png"
    line = service.line_of(GeminiDepthConfig(**usual(peer, kind="gemini", key_file=key_file(peer))))
    service.picture_from_words(line, PRO, "A fox,\n asleep.", out)
    with Image.open(out) as image:
        assert image.size == (peer.pixels["1K"],) * 2
    (paid,) = peer.ledger.orders()
    told = f"A fox, asleep.\n\n{service.ONE_SUBJECT}"
    assert (paid.model, paid.sha256) == (PRO, hashlib.sha256(told.encode()).hexdigest())


@pytest.mark.parametrize(
    ("size", "named"),
    [((300, 200), "3:2"), ((301, 200), "3:2"), ((200, 200), "1:1"), ((310, 200), None)],
)
def test_a_shape_is_named_where_the_models_have_a_name(
    size: tuple[int, int], named: str | None
) -> None:
    assert service.ratio_named(*size) == named


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_the_size_of_a_picture_is_in_its_header(form: str) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (321, 123)).save(stream, form, progressive=True, optimize=True)
    assert size_of(stream.getvalue()) == (321, 123)
    assert size_of(stream.getvalue()[:18]) is None
    assert size_of(b"GIF89a" + bytes(20)) is None


# Tripo measures.


def test_a_depth_picture_of_tripo_is_fetched_and_used(tmp_path: Path, at_tripo: Tripo) -> None:
    job = Piece(tmp_path / "job", tripo_depth(at_tripo, size_px=504))
    assert job.price() == 0.1
    ticket = job.order(style="organic")
    with pytest.raises(NotYet, match="is making the depth picture"):
        job.collect(ticket, style="organic")
    at_tripo.clock.skip(120)
    facts = job.collect(ticket, style="organic")
    assert facts["depth"] == "a depth picture of Tripo depth, 504 px"
    assert size_of((job.folder / "depth-service.bin").read_bytes()) == (504, 336)
    assert job.price(style="detailed") == 0  # it measures, and follows no style
    (paid,) = at_tripo.ledger.orders()
    assert paid.model == "image_to_depth"
    stored = at_tripo.shelf.order(paid.order)
    assert stored is not None
    assert stored.more["input"]["process_res"] == 504


def test_a_lost_order_of_tripo_is_found_by_its_upload(tmp_path: Path, at_tripo: Tripo) -> None:
    at_tripo.faults.arm(Fault(Kind.DROP, Call.CREATE))
    job = Piece(tmp_path / "job", tripo_depth(at_tripo))
    with pytest.raises(InDoubt):
        job.order()
    found = job.find()
    assert found is not None
    assert found.order == at_tripo.ledger.orders()[0].order
    at_tripo.clock.skip(120)
    assert "Tripo" in job.collect(found)["depth"]
    assert at_tripo.count(Call.CREATE) == 1


@pytest.mark.parametrize("kind", [Kind.HTML, Kind.EXPIRED_LINK])
def test_what_is_no_picture_is_fetched_again(tmp_path: Path, at_tripo: Tripo, kind: Kind) -> None:
    job = Piece(tmp_path / "job", tripo_depth(at_tripo))
    ticket = job.order()
    at_tripo.clock.skip(120)
    at_tripo.faults.arm(Fault(kind))
    with pytest.raises(NotYet, match="again"):
        job.collect(ticket)
    assert "Tripo" in job.collect(ticket)["depth"]


def test_an_expired_depth_picture_is_gone(tmp_path: Path, at_tripo: Tripo) -> None:
    at_tripo.faults.arm(Fault(Kind.GONE))
    job = Piece(tmp_path / "job", tripo_depth(at_tripo))
    ticket = job.order()
    at_tripo.clock.skip(120)
    with pytest.raises(ResultGone):
        job.collect(ticket)
