"""Gemini's image models: words and perhaps a picture in, a picture out, in one answer.

The answer exists once: nothing at Google remembers it, so one that is lost is lost. What was not
drawn, for whatever reason, costs next to nothing.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from printd.core.errors import PrintdError, ServiceFailed, ServiceKey, ServiceModerated
from printd.core.files import write_file
from printd.core.service_config import HostedConfig
from printd.services.inline import base64_of, content_of, mime_of
from printd.services.line import Line, said
from printd.services.terms import line_to

URL: Final = "https://generativelanguage.googleapis.com"
KEY_HEADER: Final = ("x-goog-api-key", "")
MOST_BYTES: Final = 14_000_000  # of a picture, so that the request stays below 20 MB in base64
MOST_PROMPT: Final = 8000  # characters

RATIOS: Final[Mapping[str, float]] = {
    name: int(name.partition(":")[0]) / int(name.partition(":")[2])
    for name in ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
}
NEAR_ENOUGH: Final = 0.02  # a shape further off is not named: the model then keeps the picture's
MODERATED: Final = frozenset(
    {
        *("SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "RECITATION", "JAILBREAK"),
        *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
    }
)
INSIDE_WORDS: Final = re.compile(r"data:image/[a-z+.-]+;base64,([A-Za-z0-9+/=\s]+)")


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is asked for."""

    prompt: str
    size: str  # 1K, 2K, 4K
    picture: bytes | None = None  # that is changed; None: one is made from words
    aspect: str | None = None  # one of ``RATIOS``; None: the picture's own
    temperature: float = 0.2


def line_of(config: HostedConfig) -> Line:
    """Return the way to Gemini that the configuration names."""
    return line_to("Gemini", config, key_header=KEY_HEADER, explains=explained)


def ratio_named(width_px: int, height_px: int) -> str | None:
    """Return the shape of a picture as the models call it; None: they have no name for it."""
    wanted = width_px / height_px
    name = min(RATIOS, key=lambda one: abs(RATIOS[one] / wanted - 1))
    return name if abs(RATIOS[name] / wanted - 1) <= NEAR_ENOUGH else None


def draw(line: Line, model: str, drawing: Drawing) -> bytes:
    """Order a picture, once, and return it.

    Args:
        line: to Gemini.
        model: its id there.
        drawing: what is asked for.

    Raises:
        ServiceRefusal: the service said no.
        ServiceModerated: it will not draw this.
        ServiceFailed: it answered without a picture.
        ServiceAway: nothing was accepted.
        InDoubt: a picture may have been drawn, and is lost.
    """
    answer = line.order(f"/v1beta/models/{model}:generateContent", json=request_of(drawing))
    values = line.accepted(answer)
    picture = _picture(values)
    if picture is None:
        raise _without(line, values)
    if mime_of(picture) is None:
        raise line.in_doubt("what it has drawn is no picture that printd knows")
    return picture


def picture_from_words(line: Line, model: str, words: str, out: Path, size: str = "1K") -> None:
    """Write a picture that is made from words, in one order, to ``out``.

    Args:
        line: to Gemini.
        model: its id there.
        words: of a person; what a mesher needs is added.
        out: written whole or not at all.
        size: 1K, 2K, 4K.

    Raises:
        ServiceError, ServiceAway, InDoubt: as ``draw``.
    """
    prompt = f"{' '.join(words.split())[:MOST_PROMPT]}\n\n{ONE_SUBJECT}"
    keep(line, draw(line, model, Drawing(prompt, size, aspect="1:1", temperature=1.0)), out)


def without_background(line: Line, model: str, photo: Path, out: Path, size: str = "1K") -> None:
    """Write a photo with nothing but white around its subject, in one order, to ``out``.

    Args:
        line: to Gemini.
        model: its id there.
        photo: JPEG or PNG.
        out: written whole or not at all.
        size: 1K, 2K, 4K.

    Raises:
        ServiceError, ServiceAway, InDoubt: as ``draw``.
        DiskError: the photo cannot be read.
    """
    drawing = Drawing(NO_BACKGROUND, size, content_of(photo))
    keep(line, draw(line, model, drawing), out)


def keep(line: Line, picture: bytes, out: Path) -> None:
    """Write what was paid for; what cannot be written is lost, and not to be paid twice.

    Raises:
        InDoubt: it cannot be written.
    """
    try:
        write_file(out, picture)
    except PrintdError as error:
        raise line.in_doubt(f"its picture could not be kept: {error.problem}") from error


def explained(answer: httpx.Response) -> PrintdError | None:
    """Return what a refusal means where its status says something else: a wrong key is 400."""
    if answer.status_code == httpx.codes.BAD_REQUEST and "API_KEY_INVALID" in answer.text:
        return ServiceKey(f"Gemini refused: {said(answer)}.")
    return None


def request_of(drawing: Drawing) -> dict[str, Any]:
    """Return what is sent for it."""
    parts: list[dict[str, Any]] = [{"text": drawing.prompt}]
    if drawing.picture is not None:
        mime = mime_of(drawing.picture) or "image/jpeg"
        parts.append({"inlineData": {"mimeType": mime, "data": base64_of(drawing.picture)}})
    image = {"imageSize": drawing.size}
    if drawing.aspect is not None:
        image["aspectRatio"] = drawing.aspect
    return {
        "contents": [{"role": "user", "parts": parts}],
        "generationConfig": {
            "responseModalities": ["IMAGE"],
            "imageConfig": image,
            "temperature": drawing.temperature,
        },
    }


def _candidates(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = values.get("candidates")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _parts(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for candidate in _candidates(values):
        content = candidate.get("content")
        parts = content.get("parts") if isinstance(content, dict) else None
        for part in parts if isinstance(parts, list) else []:
            if isinstance(part, dict) and not part.get("thought"):
                yield part


def _picture(values: Mapping[str, Any]) -> bytes | None:
    """Return the last picture that is no interim one; some gateways put it between the words."""
    found = None
    for part in _parts(values):
        inline = part.get("inlineData") or part.get("inline_data")
        data = inline.get("data") if isinstance(inline, dict) else None
        if isinstance(part.get("text"), str) and (words := INSIDE_WORDS.search(part["text"])):
            data = words[1]
        if isinstance(data, str) and data:
            found = _decoded(data) or found
    return found


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:  # no picture; what else the answer holds decides
        return None


def _without(line: Line, values: Mapping[str, Any]) -> PrintdError:
    """Return why there is no picture."""
    feedback = values.get("promptFeedback")
    blocked = feedback.get("blockReason") if isinstance(feedback, dict) else None
    if blocked:
        return ServiceModerated(f"{line.name} will not draw this picture: {blocked}.")
    reasons = {str(one.get("finishReason") or "") for one in _candidates(values)}
    if refused := sorted(reasons & MODERATED):
        return ServiceModerated(f"{line.name} will not draw this picture: {refused[0]}.")
    words = next((part["text"] for part in _parts(values) if isinstance(part.get("text"), str)), "")
    told = " ".join(words.split())[:200] or ", ".join(sorted(reasons - {""})) or "no reason given"
    return ServiceFailed(f"{line.name} answered without a picture: {told.rstrip('.')}.")


ONE_SUBJECT: Final = (
    "Show exactly one subject, whole, from the front and slightly above, filling most of the "
    "frame. Plain white background, even light, no shadow on the ground, no text, no border."
)
NO_BACKGROUND: Final = (
    "Keep the main subject of this photo exactly as it is: same framing, same place, same "
    "outlines, same colours. Replace everything else by plain white. Add nothing, no shadow, no "
    "border, no text."
)
