"""Where a mesh comes from."""

from typing import Final

# By the kind in the configuration: module and class, loaded when one is asked for.
KINDS: Final = {"relief": "printd.meshers.relief:ReliefMesher"}
