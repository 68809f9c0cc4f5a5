"""Run printd as ``python -m printd``."""

import sys

from printd.cli import main

sys.exit(main())
