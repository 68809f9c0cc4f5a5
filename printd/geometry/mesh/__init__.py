"""Triangles: few of them, closed, flat, bent or standing."""
