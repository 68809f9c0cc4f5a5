"""Where a configuration stands: its file, and the folders that its profiles are looked for in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from printd.core.config import Config
from printd.core.loaded import Loaded
from printd.core.loading import as_loaded
from printd.slicers.profiles import Profile, composed, load_profile


@dataclass(frozen=True, slots=True)
class Place:
    """A configuration, and what lies beside it."""

    config: Config
    file: Path | None  # None: no file, only defaults
    profile_folders: Sequence[Path]  # the first that has a profile counts
    words: Mapping[str, Loaded] = field(default_factory=dict)  # what people say is loaded, since

    def profile_for(self, word: str) -> Profile:
        """Return the profile of a configured printer, with what it has loaded, or of that name.

        Raises:
            ProfileMissing, ProfileInvalid, ProfileWaits: it cannot be used.
        """
        printer = self.config.printers.get(word)
        profile = load_profile(printer.profile if printer else word, self.profile_folders)
        if printer is None:
            return profile
        known = {word: profile.printer_class.materials}
        holds = as_loaded(self.config, self.words, known).printers[word]
        return composed(profile, material=holds.material)
