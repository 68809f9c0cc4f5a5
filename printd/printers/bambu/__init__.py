"""Printers of Bambu Lab on the local network: what they say, and what they are told."""
