"""Meshes and height maps as files of every kind."""
