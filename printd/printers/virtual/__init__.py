"""A printer that is none, for tests and for who has none yet: a folder that keeps its word."""
