"""The wheel carries the browser libraries: they are placed before it is built."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BrowserFiles(BuildHookInterface[Any]):
    """Runs ``scripts/browser_files.py``, which does nothing when they are there and current."""

    def dependencies(self) -> list[str]:
        """Return what the build needs besides hatchling: npm, when it has to run and is missing."""
        script = self._script()
        if script.is_current() or script.find_node() is not None:
            return []
        return [script.NODE_FROM_PYPI]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Place them; without them there is no wheel, and the reason is one sentence."""
        script = self._script()
        try:
            script.place(script.PAGES)
        except script.NotPlacedError as sentence:
            self.app.abort(str(sentence))

    def _script(self) -> ModuleType:
        path = Path(self.root) / "scripts" / "browser_files.py"
        loader = SourceFileLoader(path.stem, str(path))
        module = ModuleType(loader.name)
        module.__file__ = loader.path
        loader.exec_module(module)
        return module
