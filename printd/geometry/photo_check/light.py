"""The light on a photo: enough of it, not too much, from the front, and without hard shadows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printd.geometry.photo_check.looking import Floats, Look
from printd.geometry.photo_check.rule import Check, Rule
from printd.geometry.photo_check.shade import ENOUGH, shaded

BRIGHTEST: Final = 0.95  # quantile of lightness that counts as the bright parts
# Well exposed photos have 55 to 97 %; with a tenth of the light 26 to 29 %.
DARK: Final = Rule(
    "brightness",
    "% lightness of its bright parts",
    poor=50.0,
    bad=35.0,
    fault="is dark",
    advice="Take it in more light, or expose longer.",
)
WHITE: Final = 0.985  # lightness from which nothing is left to be seen
# 0 to 1 % of a photo's subject, 4 % of a drawn logo; with six times the light 10 to 32 %.
BURNT_OUT: Final = Rule(
    "burnt_out",
    "% of the subject",
    poor=5.0,
    bad=12.0,
    fault="is burnt out where the subject is bright",
    advice="Expose less, and keep flash and sun off the subject.",
)
# The bright parts of a subject have 55 % and more, those of a black coat before the sky 25 %.
BACKLIT: Final = Rule(
    "backlit",
    "% darker than its background",
    poor=50.0,
    bad=None,
    fault="shows the subject dark before a bright background",
    advice="Let the light come from behind the camera; light a black subject from the sides too.",
)
DARK_SUBJECT: Final = 0.40  # lightness; a subject whose bright parts reach it shows its shape
# 0 to 2 % of a photo; a shadow cast on the ground 9 to 11 %, a half of the photo in shadow 19 to
# 31 %. A grey subject before a grey wall measures like its own shadow: so it is never bad.
SHADOW: Final = Rule(
    "shadow",
    "% of the photo",
    poor=5.0,
    bad=None,
    fault="has a hard shadow",
    advice="Use even light: an overcast day, or two lamps. Ignore this if the subject is grey.",
)
COLOURED: Final = 12  # of 255 between the channels; a grey photo has no hues to compare


def light(look: Look) -> Iterator[Check]:
    """Judge the light; against the ground only where there is some."""
    yield DARK.judged(100 * float(np.quantile(look.lightness, BRIGHTEST)))
    subject = look.lightness[look.inside]
    yield BURNT_OUT.judged(100 * float((subject > WHITE).mean()))
    if np.count_nonzero(look.small_ground) < ENOUGH:
        return
    yield BACKLIT.judged(100 * _darker(look, subject))
    if _has_hues(look.small_colours):
        yield SHADOW.judged(100 * float(shaded(look).mean()))


def _darker(look: Look, subject: Floats) -> float:
    """Return how much darker a dark subject is than its ground; 0 for others."""
    if float(np.quantile(subject, BRIGHTEST)) >= DARK_SUBJECT:
        return 0.0
    ground = float(np.median(look.small_lightness[look.small_ground]))
    return max(0.0, ground - float(np.median(subject)))


def _has_hues(colours: NDArray[np.uint8]) -> bool:
    return float(np.quantile(np.ptp(colours, axis=-1), 0.99)) > COLOURED
