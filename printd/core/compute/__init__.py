"""The seam through which all heavy work goes: limited child processes behind an ``Executor``."""

from printd.core.compute.pool import Compute
from printd.core.compute.verdict import Limits

__all__ = ["Compute", "Limits"]
