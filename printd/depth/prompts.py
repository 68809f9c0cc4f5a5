"""What an image model is told to draw a height map: five blocks, one of them for the style.

The order is: task, what grey means, what must stay, style, what must not be. Each block answers
something that such models have been seen to do: to shade, to outline, to crop, to colour.
"""

from __future__ import annotations

from typing import Final, Literal

EDITION: Final = 1  # of the words below; a picture that other words have made may differ

TASK: Final = (
    "Turn this photo into a grey height map for a bas-relief. Same framing, same outlines, same "
    "size: each point of the map lies exactly where it lies in the photo."
)
MEANING: Final = (
    "One neutral grey channel. White means nearest to the viewer, black means the flat back plate. "
    "Brightness is height and nothing else: ignore light, shadow, and the colour and darkness of "
    "the surfaces. Something dark that is near is bright in the map."
)
FIDELITY: Final = (
    "Every outline stays where it is. Do not crop, add a border, move, complete, remove or invent "
    "anything. A background without depth of its own becomes plain black."
)
STYLES: Final = {
    "detailed": (
        "Style: detailed, for objects, logos and buildings. Small steps of the surface are real "
        "height. Edges are crisp, one pixel wide. Flat faces stay flat: one grey, or a grey that "
        "changes evenly. Engraved or printed letters become raised plateaus of one brightness "
        "with upright sides. Use the whole range from black to white."
    ),
    "organic": (
        "Style: organic, for people and animals. Broad smooth forms only, long gradients, no "
        "steps. Nose, brow, cheeks, chin and hair stand in their true order of height. Leave out "
        "pores, strands, freckles and the weave of cloth; hair and fur become a few flowing "
        "bundles. Eyes are shallow domes without a hole for the pupil. The subject meets the "
        "background in a short soft slope, not in a cliff."
    ),
}
NEVER: Final = (
    "No colour, no text, no legend, no drawn outlines, no contour lines, no vignette, no shading "
    "as if lit from a side, no grain, no chequered transparency."
)


def height_map_prompt(style: Literal["detailed", "organic"]) -> str:
    """Return the words for a style of ``ReliefSettings``."""
    return "\n\n".join((TASK, MEANING, FIDELITY, STYLES[style], NEVER))
