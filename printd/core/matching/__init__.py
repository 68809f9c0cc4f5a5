"""Which printer may take a job, and why not: one table of tests, the first that fails wins.

Pure: works on what the caller knows of the job, the printers and the house. The same sentences
stand in the daemon, on the command line, on the page and in ``_status.txt``. ``sides`` is what is
matched; ``of_printer`` and ``of_both`` are the tests, each with its sentence; ``table`` is their
order. Whose turn it is among the jobs that wait is said in ``core/order.py``.
"""

from printd.core.matching.of_both import is_closed
from printd.core.matching.sides import (
    NOBODY,
    Doors,
    House,
    Needs,
    Offer,
    PrinterClass,
    Size,
    feed_of,
    wanted_of,
)
from printd.core.matching.table import (
    NEVER,
    OF_HOURS,
    OF_JOB,
    OF_NAME,
    OF_NEVER,
    OF_PRINTER,
    OF_WORDS,
    TESTS,
    WAIVABLE,
    Test,
    is_near,
    why_never,
    why_not,
    why_stopped,
)

__all__ = [
    "NEVER",
    "NOBODY",
    "OF_HOURS",
    "OF_JOB",
    "OF_NAME",
    "OF_NEVER",
    "OF_PRINTER",
    "OF_WORDS",
    "TESTS",
    "WAIVABLE",
    "Doors",
    "House",
    "Needs",
    "Offer",
    "PrinterClass",
    "Size",
    "Test",
    "feed_of",
    "is_closed",
    "is_near",
    "wanted_of",
    "why_never",
    "why_not",
    "why_stopped",
]
