"""What a recipe asks of the slicing itself, in our words; a slicer's keys are not known here.

Whatever is None stays as the profile has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from printd.core.errors import SettingInvalid

# What strangers write is shown in terminals: nothing but letters, digits and a few marks.
WORD: Final = r"\w[\w .,+()%-]{0,31}"
Word = Annotated[str, Field(pattern=f"^{WORD}$")]
Material = Annotated[str, Field(pattern=f"^({WORD})?$")]  # "": any


class PrintSettings(BaseModel):
    """Laid over the profile of the printer; the last two are about the model on its bed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quality: Word | None = None  # one of the profile's
    supports: Literal["none", "auto"] | None = None  # auto: where the slicer finds an overhang
    brim_mm: Annotated[float, Field(ge=0, le=50)] | None = None
    layer_mm: Annotated[float, Field(ge=0.04, le=1.2)] | None = None  # and see ``check_nozzle``
    infill_pct: Annotated[float, Field(ge=0, le=100)] | None = None
    orient: Literal["as_is", "least_support"] | None = None  # which way up; None: as it is
    copies_on_bed: Annotated[int, Field(ge=1, le=100)] | None = None  # in one print; None: one

    @classmethod
    def of(cls, *layers: Mapping[str, Any]) -> Self:
        """Return the settings that several mappings make; later ones win.

        Raises:
            SettingInvalid: a key is not known, or a value is out of its range.
        """
        together = {key: value for layer in layers for key, value in layer.items()}
        try:
            return cls.model_validate(together)
        except ValidationError as error:
            first = error.errors()[0]
            key = str(first["loc"][0])
            if first["type"] == "extra_forbidden":
                known = ", ".join(cls.model_fields)
                raise SettingInvalid(f"{key}: not known; known: {known}.") from error
            if first["type"] == "string_pattern_mismatch":
                raise _no_word(key, first["input"]) from error
            raise SettingInvalid(f"{key}: {first['input']!r}: {first['msg']}.") from error

    def check_nozzle(self, nozzle_mm: float) -> None:
        """Refuse layers that a nozzle cannot lay: thicker than 80 % of it, thinner than a tenth.

        Raises:
            SettingInvalid: naming the range.
        """
        least, most = 0.1 * nozzle_mm, 0.8 * nozzle_mm
        if self.layer_mm is not None and not least - 1e-9 <= self.layer_mm <= most + 1e-9:
            raise SettingInvalid(
                f"layer_mm: {self.layer_mm:g} mm is not between {least:g} and {most:g} mm, which "
                f"a nozzle of {nozzle_mm:g} mm can lay."
            )


def material_of(asked: object) -> str:
    """Return the material that a person asks for; "": any.

    Raises:
        SettingInvalid: it is no word.
    """
    if asked == "" or (isinstance(asked, str) and re.fullmatch(WORD, asked)):
        return asked
    raise _no_word("material", asked)


def _no_word(key: str, asked: object) -> SettingInvalid:
    return SettingInvalid(f"{key}: {asked!r} is no name of at most 32 letters and digits.")
