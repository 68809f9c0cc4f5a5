"""A stranger's mesh becomes one that can be printed: read safely, mended, put on the bed."""
