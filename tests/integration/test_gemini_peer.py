"""The fake Gemini, asked in plain HTTP as section 9 of the document has it."""

import base64
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.peers.services_asking import PHOTO, SHA256, Client, asking, credential
from tests.peers.services_clock import Clock
from tests.peers.services_faults import Call, Fault, Kind
from tests.peers.services_gemini import Gemini

MODEL = "gemini-3.1-flash-image"
PROMPT = "Turn this photo into a grey height map for a relief."


@pytest.fixture
def at_gemini(tmp_path: Path) -> Iterator[Client[Gemini]]:
    with asking(Gemini, tmp_path, clock=Clock(2000)) as client:
        client.peer.pixels = {"512": 128, "1K": 256, "2K": 512, "4K": 1024}
        yield client


def body(picture: bytes = PHOTO, kind: str = "image/png", **image: str) -> dict[str, Any]:
    data = base64.b64encode(picture).decode()
    parts = [{"text": PROMPT}, {"inlineData": {"mimeType": kind, "data": data}}]
    config: dict[str, Any] = {"responseModalities": ["IMAGE"], "temperature": 0.2, "seed": 1}
    if image:
        config["imageConfig"] = image
    return {"contents": [{"role": "user", "parts": parts}], "generationConfig": config}


def ask(client: Client[Gemini], sent: Any = None, model: str = MODEL) -> Any:
    path = f"/v1beta/models/{model}:generateContent"
    return client.ask("POST", path, json=body() if sent is None else sent)


def parts_of(said: Any) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = said.json()["candidates"][0]["content"]["parts"]
    return parts


def picture_of(part: dict[str, Any]) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(part["inlineData"]["data"])))


def grey(part: dict[str, Any]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    return np.asarray(picture_of(part).convert("L"), dtype=float)


def test_gemini_returns_depth_of_the_very_photo(at_gemini: Client[Gemini]) -> None:
    said = ask(at_gemini, body(aspectRatio="4:3", imageSize="2K"))
    assert said.status_code == 200
    [part] = parts_of(said)
    depth = picture_of(part)
    assert (depth.format, depth.mode, depth.size) == ("PNG", "L", (512, 384))
    heights = np.asarray(depth, dtype=float)
    photo = Image.open(io.BytesIO(PHOTO)).convert("L").resize(depth.size)
    assert np.corrcoef(heights.ravel(), np.asarray(photo, dtype=float).ravel())[0, 1] > 0.8
    assert heights[:10].mean() < heights.mean()
    [paid] = at_gemini.peer.ledger.orders()
    assert (paid.sha256, paid.price, paid.order) == (SHA256, 0.101, said.json()["responseId"])
    assert paid.ends == ["succeeded"]


def faulty(client: Client[Gemini], kind: Kind) -> dict[str, Any]:
    client.peer.faults.arm(Fault(kind))
    [part] = parts_of(ask(client))
    return part


def test_gemini_draws_depth_pictures_that_are_wrong(at_gemini: Client[Gemini]) -> None:
    good = grey(parts_of(ask(at_gemini))[0])
    colours = np.asarray(picture_of(faulty(at_gemini, Kind.COLOUR)), dtype=int)
    assert (abs(colours[..., 0] - colours[..., 1]) > 6).mean() > 0.01
    shifted = grey(faulty(at_gemini, Kind.SHIFTED))
    assert (np.roll(good, good.shape[1] * 6 // 100, axis=1) == shifted).mean() > 0.99
    assert np.array_equal(grey(faulty(at_gemini, Kind.INVERTED)), 255 - good)
    assert np.ptp(grey(faulty(at_gemini, Kind.FLAT))) < 64
    assert len(np.unique(grey(faulty(at_gemini, Kind.POSTERISED)))) < 40
    assert grey(faulty(at_gemini, Kind.OTHER_SIZE)).shape != good.shape
    redrawn = grey(faulty(at_gemini, Kind.REDRAWN))
    assert np.corrcoef(redrawn.ravel(), good.ravel())[0, 1] < 0.8


@pytest.mark.parametrize("reason", ["NO_IMAGE", "IMAGE_SAFETY", "IMAGE_OTHER", "MAX_TOKENS"])
def test_gemini_finishes_without_a_picture(at_gemini: Client[Gemini], reason: str) -> None:
    at_gemini.peer.faults.arm(Fault(Kind.FINISH, said=reason))
    said = ask(at_gemini)
    assert said.status_code == 200
    assert said.json()["candidates"] == [{"content": {}, "finishReason": reason, "index": 0}]
    assert at_gemini.peer.ledger.spent() == 0


def test_gemini_answers_in_other_forms(at_gemini: Client[Gemini]) -> None:
    at_gemini.peer.faults.arm(Fault(Kind.THOUGHTS))
    parts = parts_of(ask(at_gemini))
    assert [("inlineData" in part, part.get("thought", False)) for part in parts] == [
        (False, True),
        (True, True),
        (True, False),
        (True, True),
    ]
    at_gemini.peer.faults.arm(Fault(Kind.ONLY_THOUGHTS), Fault(Kind.WORDS))
    assert all(part["thought"] for part in parts_of(ask(at_gemini)))
    assert [set(part) for part in parts_of(ask(at_gemini))] == [{"text"}]
    assert "data:image/png;base64," in faulty(at_gemini, Kind.MARKDOWN)["text"]
    assert picture_of(faulty(at_gemini, Kind.JPEG)).format == "JPEG"
    at_gemini.peer.faults.arm(Fault(Kind.BLOCK, said="PROHIBITED_CONTENT"))
    blocked = ask(at_gemini).json()
    assert blocked["promptFeedback"] == {"blockReason": "PROHIBITED_CONTENT"}
    assert "candidates" not in blocked
    at_gemini.peer.faults.arm(Fault(Kind.MODERATE))
    assert ask(at_gemini).json()["candidates"][0]["finishReason"] == "IMAGE_SAFETY"


@pytest.mark.parametrize(
    "sent",
    [
        body(imageSize="1k"),
        body(aspectRatio="7:5"),
        body(kind="image/jpeg"),
        body() | {"generation_config": {}},
        body(b"no picture"),
        {"contents": [{"role": "user", "parts": body()["contents"][0]["parts"][1:]}]},
        {"contents": [{"role": "user", "parts": [{"text": PROMPT, "thought": True}]}]},
    ],
)
def test_gemini_refuses_bad_arguments(at_gemini: Client[Gemini], sent: dict[str, Any]) -> None:
    said = ask(at_gemini, sent)
    assert (said.status_code, said.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_gemini_has_its_own_words_for_keys_models_and_haste(at_gemini: Client[Gemini]) -> None:
    for model in ("gemini-2.5-flash-image", f"{MODEL}-preview"):
        assert ask(at_gemini, model=model).json()["error"]["status"] == "NOT_FOUND"
    path = f"/v1beta/models/{MODEL}:generateContent"
    wrong = at_gemini.ask("POST", path, json=body(), headers=credential(at_gemini.peer, "AIzaX"))
    assert (wrong.status_code, "API_KEY_INVALID" in wrong.text) == (400, True)
    at_gemini.peer.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=429))
    [detail] = ask(at_gemini).json()["error"]["details"]
    assert detail["retryDelay"] == "17s"
    at_gemini.peer.faults.arm(Fault(Kind.STATUS, Call.CREATE, status=503))
    assert ask(at_gemini).json()["error"]["status"] == "UNAVAILABLE"
    in_address = at_gemini.ask("POST", path, params={"key": at_gemini.peer.key}, json=body())
    assert in_address.status_code == 200
    assert at_gemini.peer.violations() == [f"the key is in the address {path}"]


def test_gemini_draws_from_words_alone(at_gemini: Client[Gemini]) -> None:
    def draw(words: str) -> bytes:
        config = {"imageConfig": {"aspectRatio": "3:2", "imageSize": "512"}}
        sent = {"contents": [{"parts": [{"text": words}]}], "generationConfig": config}
        [part] = parts_of(ask(at_gemini, sent))
        picture = picture_of(part)
        assert (picture.mode, picture.size) == ("RGB", (128, 85))
        return picture.tobytes()

    assert draw("A cat.") == draw("A cat.") != draw("A dog.")
    expected = hashlib.sha256(b"A cat.").hexdigest()
    assert [paid.price for paid in at_gemini.peer.ledger.of(expected)] == [0.045] * 2
