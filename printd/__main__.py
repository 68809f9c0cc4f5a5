"""Run printd as ``python -m printd``."""

import sys

from printd.cli import main

if __name__ == "__main__":
    sys.exit(main())
