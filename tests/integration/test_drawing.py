"""Pictures from words, and backgrounds taken away, before a mesher: agreed to, once, kept."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from printd.core.files import JobFolders
from printd.core.jobs import Job, State
from printd.core.restored import hold_everything
from printd.core.service_config import GeminiPicturesConfig
from printd.core.spending import Paid
from printd.pipeline import drawing
from printd.services.artist import artist_of
from printd.services.gemini import ONE_SUBJECT
from tests.peers.floor import Floor
from tests.peers.ordering import Ordering, ordering
from tests.peers.services_asking import photo
from tests.peers.services_benches import key_file, usual
from tests.peers.services_clock import Clock
from tests.peers.services_faults import Call, Fault, Kind
from tests.peers.services_gemini import Gemini
from tests.peers.stores import new_job

S = State
WORDS = "a small castle\nwith four towers\u202e"
SAID = f"a small castle with four towers\n\n{ONE_SUBJECT}"


@dataclass(slots=True)
class Studio:
    """A floor with an artist at a fake Gemini, and meshers at other fakes."""

    shop: Ordering
    peer: Gemini

    def words(self, number: int = 1, **settings: Any) -> Job:
        """Make a job of words."""
        content = f"{WORDS}{' ' * number}".encode()
        return self._job(number, JobFolders.WORDS, content, {"given": "words", **settings})

    def photo(self, number: int = 1, content: bytes = b"", **settings: Any) -> Job:
        """Make a job of a photo whose background goes."""
        return self._job(number, JobFolders.PHOTO, content or photo(number), settings)

    def _job(self, number: int, name: str, content: bytes, settings: dict[str, Any]) -> Job:
        plain = {"artist": "gemini", "mesher": "figure", "material": "PLA", "relief": {}}
        plain |= {"photo_check": "show"}  # they are small
        new = new_job(
            number,
            sha256=hashlib.sha256(content).hexdigest(),
            settings={**plain, **settings},
            owner="ann",
        )
        folder = self.shop.floor.folders.of(new.id)
        folder.mkdir()
        (folder / name).write_bytes(content)
        return self.shop.floor.store.accept(new)

    def code(self, job: Job) -> str:
        """Return why a job waits."""
        because = self.shop.floor.store.job(job.number).because
        return because.code if because else ""

    def drawn(self) -> int:
        """Return how many pictures were paid for."""
        return sum(paid.price > 0 for paid in self.peer.ledger.orders())

    def on(self, job: Job, until: State = S.DRAWN) -> Job:
        """Go on with a job until its picture is drawn, or it waits."""
        return self.shop.go_on(job, until)

    def file(self, job: Job, name: str) -> Path:
        """Return a file of a job."""
        return self.shop.floor.folders.of(job.id) / name


@pytest.fixture
def studio(floor: Floor, tmp_path: Path) -> Iterator[Studio]:
    with (
        ordering(floor, tmp_path) as shop,
        Gemini(tmp_path / "gemini", clock=Clock(100_000)) as peer,
    ):
        peer.pixels = {"1K": 256}
        values = usual(peer, kind="gemini", key_file=key_file(peer))
        config = GeminiPicturesConfig(**values)
        floor.tools = replace(floor.tools, artists={"gemini": artist_of("gemini", config)})
        yield Studio(shop, peer)
        assert peer.violations() == shop.fal.violations() == []


# Words.


def test_words_are_drawn_when_a_person_has_agreed_and_then_a_mesh_is_ordered(
    studio: Studio,
) -> None:
    job = studio.on(studio.words(consent="5"))
    assert (job.state, studio.code(job), job.held_from) == (
        S.HELD,
        "needs_price_consent",
        S.RECEIVED,
    )
    assert job.because is not None
    assert job.because.problem == (
        "gemini asks up to 0.07 € for this picture. "
        "For that a person is asked, whatever the recipe agrees to."
    )
    assert studio.peer.requests == []  # what the recipe agrees to does not count

    assert studio.shop.ask("pay", job).values["agreed"] == "0.07 €"
    job = studio.on(job)
    assert (job.state, studio.shop.states(job)) == (S.DRAWN, [Paid.DELIVERED])
    (paid,) = studio.peer.ledger.orders()
    assert paid.sha256 == hashlib.sha256(SAID.encode()).hexdigest()
    picture = studio.file(job, JobFolders.PHOTO)
    with Image.open(picture) as image:
        assert image.size == (256, 256)
    assert job.facts["photo"]["width_px"] == 256

    job = studio.shop.go_on(job)  # the mesh is what the recipe has agreed to
    assert job.state is S.MESHED
    assert studio.shop.states(job) == [Paid.DELIVERED, Paid.DELIVERED]
    assert len(studio.shop.fal.ledger.orders()) == studio.drawn() == 1


def test_a_picture_that_costs_nothing_needs_a_persons_word_all_the_same(studio: Studio) -> None:
    tools = studio.shop.floor.tools
    free = replace(tools.artists["gemini"], price_usd=tools.artists["gemini"].price_usd * 0)
    studio.shop.floor.tools = replace(tools, artists={"gemini": free})
    job = studio.on(studio.words(consent="5"))
    assert studio.code(job) == "needs_price_consent"
    studio.shop.ask("pay", job)
    assert studio.on(job).state is S.DRAWN


def test_what_a_person_agreed_to_before_a_restore_may_have_been_spent(studio: Studio) -> None:
    job = studio.on(studio.words(consent="5"))
    studio.shop.ask("pay", job)
    with studio.shop.floor.store.database.write() as connection:
        hold_everything(connection, "The database was restored.")
    studio.shop.ask("retry", job)
    job = studio.on(job)
    assert (studio.code(job), studio.peer.requests) == ("needs_price_consent", [])
    studio.shop.ask("pay", job)
    assert studio.on(job).state is S.DRAWN


def test_a_spent_budget_draws_nothing(studio: Studio) -> None:
    job = studio.on(studio.words())
    studio.shop.ask("pay", job)
    studio.shop.budget(per_day="0.05")
    job = studio.on(job)
    assert (job.state, studio.code(job), studio.drawn()) == (S.RECEIVED, "budget_reached", 0)


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (Fault(Kind.DROP, Call.CREATE), "lost"),
        (Fault(Kind.CUT, Call.CREATE), "not-accepted"),
        (Fault(Kind.STATUS, Call.CREATE, status=503, after=True), "lost"),
        (Fault(Kind.EMPTY, Call.CREATE), "not-accepted"),
    ],
    ids=["drop", "cut", "503", "empty"],
)
def test_a_lost_answer_is_a_doubt_that_only_a_person_ends(
    studio: Studio, fault: Fault, word: str
) -> None:
    studio.peer.faults.arm(fault)
    job = studio.on(studio.words(route=["figure", "other"]))
    studio.shop.ask("pay", job)
    job = studio.on(job)
    assert (job.state, studio.code(job), job.in_doubt) == (S.HELD, "order_in_doubt", True)
    assert studio.shop.states(job) == [Paid.SENT]
    assert studio.shop.ask("retry", job).code == "not_possible_now"
    answer = studio.shop.ask("resolve-order", job, outcome="accepted", order="1")
    assert answer.code == "setting_invalid"
    assert studio.drawn() == 1

    assert studio.shop.ask("resolve-order", job, outcome=word).code is None
    job = studio.on(job)
    if word == "lost":
        assert studio.code(job) == "needs_price_consent"
        studio.shop.ask("pay", job)
        job = studio.on(job)
    assert job.state is S.DRAWN
    assert studio.drawn() == 2  # once more, by a person's word
    assert studio.shop.states(job)[-1] is Paid.DELIVERED


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(Kind.BLOCK, said="SAFETY"), "service_moderated"),
        (Fault(Kind.FINISH, said="NO_IMAGE"), "service_failed"),
        (Fault(Kind.WORDS), "service_failed"),
        (Fault(Kind.STATUS, Call.CREATE, status=400), "service_rejected"),
    ],
    ids=lambda value: str(value.kind) if isinstance(value, Fault) else "",
)
def test_what_is_not_drawn_holds_the_job_and_the_route_is_not_asked(
    studio: Studio, fault: Fault, code: str
) -> None:
    studio.peer.faults.arm(fault)
    job = studio.on(studio.words(route=["figure", "other"], consent="5"))
    studio.shop.ask("pay", job)
    job = studio.on(job)
    assert (job.state, studio.code(job), job.held_from) == (S.HELD, code, S.RECEIVED)
    assert studio.shop.states(job) == [Paid.NOT_ACCEPTED]
    assert studio.shop.paid() == 0
    studio.shop.ask("retry", job)
    assert studio.on(job).state is S.DRAWN
    assert studio.drawn() == 1


def test_a_busy_artist_is_asked_again_and_paid_once(studio: Studio) -> None:
    studio.peer.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=429, retry_s=0))
    job = studio.on(studio.words())
    studio.shop.ask("pay", job)
    job = studio.on(job)
    assert (job.state, studio.drawn(), studio.shop.states(job)) == (S.DRAWN, 1, [Paid.DELIVERED])


def test_a_picture_that_is_of_no_use_is_owed_and_not_ordered_again(studio: Studio) -> None:
    studio.peer.pixels = {"1K": 8}
    job = studio.on(studio.words())
    studio.shop.ask("pay", job)
    job = studio.on(job)
    assert (job.state, studio.code(job)) == (S.HELD, "result_unusable")
    assert studio.shop.states(job) == [Paid.LOST]
    studio.peer.pixels = {"1K": 256}
    studio.shop.ask("retry", job)
    job = studio.on(job)
    assert (studio.code(job), studio.drawn()) == ("needs_price_consent", 1)


def test_a_picture_that_has_come_is_found_after_a_crash(studio: Studio) -> None:
    """The daemon dies between the answer and its commit: the picture is in the folder."""
    floor = studio.shop.floor
    job = studio.on(studio.words())
    studio.shop.ask("pay", job)
    job = floor.store.job(job.number)
    drawing.may_draw(job, floor.tools)
    begun = floor.store.begin(
        job,
        S.DRAWN,
        takes_bed=False,
        check=lambda: drawing.reserve_price(job, floor.tools),
    )
    assert begun is not None
    drawing.draw_picture(begun, floor.tools)
    job = floor.step(job)
    assert (job.state, studio.drawn(), studio.shop.states(job)) == (S.DRAWN, 1, [Paid.DELIVERED])


def test_an_order_that_is_on_its_way_cannot_be_held_and_so_not_repeated(studio: Studio) -> None:
    floor = studio.shop.floor
    job = studio.on(studio.words())
    studio.shop.ask("pay", job)
    job = floor.store.job(job.number)
    begun = floor.store.begin(
        job, S.DRAWN, takes_bed=False, check=lambda: drawing.reserve_price(job, floor.tools)
    )
    assert begun is not None
    assert studio.shop.ask("hold", job).code == "not_possible_now"
    floor.store.advance(begun, S.DRAWN, drawing.draw_picture(begun, floor.tools))
    assert studio.shop.states(job) == [Paid.DELIVERED]
    assert studio.shop.ask("hold", job).code is None


def test_a_mark_without_an_order_costs_nothing(studio: Studio) -> None:
    """The daemon dies before anything is sent."""
    floor = studio.shop.floor
    job = studio.on(studio.words())
    studio.shop.ask("pay", job)
    job = floor.store.job(job.number)
    drawing.may_draw(job, floor.tools)
    floor.store.begin(
        job, S.DRAWN, takes_bed=False, check=lambda: drawing.reserve_price(job, floor.tools)
    )
    job = studio.on(job)
    assert (job.state, studio.drawn(), studio.shop.states(job)) == (S.DRAWN, 1, [Paid.DELIVERED])


# Once more.


def test_the_picture_is_kept_whatever_is_made_again(studio: Studio) -> None:
    job = studio.on(studio.words(candidates=2, consent="0.60"))
    studio.shop.ask("pay", job)
    job = studio.shop.go_on(studio.on(job))
    assert (job.state, len(job.facts["shapes"]), studio.drawn()) == (S.MESHED, 2, 1)
    before = studio.file(job, JobFolders.PHOTO).read_bytes()

    studio.shop.ask("cancel", job)
    store = studio.shop.floor.store
    again = store.job(int(studio.shop.ask("again", job, **{"from": "mesh"}).values["job"]))
    assert again.state is S.DRAWN
    assert studio.file(again, JobFolders.PHOTO).read_bytes() == before
    again = studio.shop.go_on(again)
    assert (again.state, studio.drawn()) == (S.MESHED, 1)

    other = store.job(int(studio.shop.ask("again", job, **{"from": "picture"}).values["job"]))
    assert other.state is S.RECEIVED
    assert studio.code(studio.on(other)) == "needs_price_consent"  # no old consent counts
    assert studio.drawn() == 1


def test_when_a_mesher_has_failed_the_next_one_sees_the_same_picture(studio: Studio) -> None:
    studio.shop.fal.faults.arm(Fault(Kind.FAIL, Call.CREATE))
    job = studio.on(studio.words(route=["figure", "other"], consent="5"))
    studio.shop.ask("pay", job)
    job = studio.shop.go_on(studio.on(job))
    assert (job.state, job.facts["raw"]["mesher"]) == (S.MESHED, "other")
    assert studio.drawn() == 1


def test_the_final_shape_of_a_draft_is_of_the_same_picture(studio: Studio) -> None:
    job = studio.on(studio.words(choose=True, final_route=["other"], consent="5"))
    studio.shop.ask("pay", job)
    held = studio.shop.floor.step(studio.shop.go_on(studio.on(job)))
    assert studio.code(held) == "needs_choice"
    assert studio.shop.ask("final", held).values["state"] == S.DRAWN
    job = studio.shop.go_on(job)
    assert (job.state, job.facts["raw"]["mesher"], studio.drawn()) == (S.MESHED, "other", 1)


def test_an_order_of_a_drawn_picture_that_is_in_doubt_goes_on_from_the_picture(
    studio: Studio,
) -> None:
    studio.shop.fal.faults.arm(Fault(Kind.DROP, Call.CREATE))
    job = studio.on(studio.words(consent="5"))
    studio.shop.ask("pay", job)
    job = studio.shop.go_on(studio.on(job))
    assert (job.state, studio.code(job), job.held_from) == (S.HELD, "order_in_doubt", S.DRAWN)
    studio.shop.ask("resolve-order", job, outcome="not-accepted")
    job = studio.shop.go_on(job)
    assert (job.state, studio.drawn()) == (S.MESHED, 1)


def test_a_picture_that_was_exchanged_is_not_sent(studio: Studio) -> None:
    job = studio.on(studio.words(consent="5"))
    studio.shop.ask("pay", job)
    job = studio.on(job)
    studio.file(job, JobFolders.PHOTO).write_bytes(photo(9))
    job = studio.shop.floor.step(job)
    assert (job.state, studio.code(job), job.held_from) == (S.HELD, "disk_error", S.DRAWN)
    assert studio.shop.paid() == 0


# Backgrounds.


def test_a_service_takes_the_background_away_before_the_mesher_sees_the_photo(
    studio: Studio,
) -> None:
    job = studio.on(studio.photo(consent="0.05"))
    assert studio.code(job) == "needs_price_consent"
    studio.shop.ask("pay", job)
    job = studio.on(job)
    assert (job.state, studio.shop.states(job)) == (S.DRAWN, [Paid.DELIVERED])
    assert studio.file(job, JobFolders.PHOTO).read_bytes() == photo(1)
    cut = studio.file(job, JobFolders.CUT).read_bytes()
    assert cut != photo(1)
    studio.shop.ask("pay", studio.shop.go_on(job), amount="0.30")
    job = studio.shop.go_on(job)
    assert job.state is S.MESHED
    (paid,) = studio.shop.fal.ledger.orders()
    sent = studio.file(job, JobFolders.FOR_SERVICE).read_bytes()
    assert paid.sha256 == hashlib.sha256(sent).hexdigest()
    with Image.open(io.BytesIO(cut)) as seen, Image.open(io.BytesIO(sent)) as got:
        assert got.size == seen.size


def test_what_the_recipe_agrees_to_pays_for_a_background(studio: Studio) -> None:
    job = studio.shop.go_on(studio.photo(consent="0.37"))
    assert (job.state, studio.drawn(), studio.shop.paid()) == (S.MESHED, 1, 1)


def test_a_photo_of_little_use_is_looked_at_before_its_background_is_paid_for(
    studio: Studio,
) -> None:
    job = studio.on(studio.photo(consent="5", photo_check="hold"))
    assert (studio.code(job), studio.peer.requests) == ("photo_doubtful", [])
    studio.shop.ask("release", job)
    assert studio.on(job).state is S.DRAWN


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"artist": None}, "photo_doubtful"),
        ({"artist": None, "background": "cut"}, "needs_price_consent"),
        ({}, "needs_price_consent"),
    ],
)
def test_a_busy_background_that_goes_is_no_reason_to_wait(
    studio: Studio, settings: dict[str, Any], code: str
) -> None:
    rows, columns = np.mgrid[:1100, :1100]
    subject = (rows - 550) ** 2 + (columns - 550) ** 2 < 350**2
    ground = np.random.default_rng(1).integers(0, 256, (1100, 1100), np.uint8)
    ground = np.kron(ground[::10, ::10], np.ones((10, 10), np.uint8))
    picture = np.where(subject, (120 + 60 * np.sin(rows / 40)).astype(np.uint8), ground)
    stream, mask = io.BytesIO(), io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    Image.fromarray((255 * subject).astype(np.uint8)).save(mask, "PNG")
    job = studio.photo(photo_check="hold", content=stream.getvalue(), **settings)
    studio.file(job, JobFolders.MASK).write_bytes(mask.getvalue())
    job = studio.on(job)
    assert job.because is not None
    assert studio.code(job) == code, job.because.problem
    assert ("busy background" in job.because.problem) is (code == "photo_doubtful")


def test_a_background_is_cut_here_before_the_photo_is_sent(studio: Studio) -> None:
    """The wall of this photo is dark; what the service is sent is white there."""
    job = studio.shop.go_on(studio.photo(artist=None, background="cut", consent="5"))
    assert job.state is S.MESHED
    (paid,) = studio.shop.fal.ledger.orders()
    sent = studio.file(job, JobFolders.FOR_SERVICE).read_bytes()
    assert paid.sha256 == hashlib.sha256(sent).hexdigest()
    with Image.open(io.BytesIO(sent)) as image:
        grey = np.asarray(image.convert("L"))
    assert grey[[4, 4, -5, -5], [4, -5, 4, -5]].min() > 240  # its wall was darker than 45
    assert grey[75, 70] < 230  # and its subject is there
    assert studio.peer.requests == []
