"""Where a height map comes from."""
