"""Where a height map comes from."""

from typing import Final

# By the name in the configuration: module and class, loaded when one is asked for.
KINDS: Final = {"builtin": "printd.depth.builtin:BuiltinDepth"}
