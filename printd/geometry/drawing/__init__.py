"""A shaded picture of a mesh, by array arithmetic alone."""
