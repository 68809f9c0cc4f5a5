"""Printers behind OctoPrint: what it says, and what it is told."""
