"""Pure functions on arrays and meshes; could live in a notebook."""
