"""printd: a photo in a drop folder becomes a printed object."""

__version__ = "0.1.0"
