"""From a height map to the surface of a piece in millimetres, with all that belongs to it."""
