"""From a photo, or a depth picture, to a height map: what stands out, and how far."""
