"""Where a mesh comes from."""
