"""The command line: type, call, print."""

from __future__ import annotations


def main() -> int:
    """Run one command; return its exit code."""
    return 64
