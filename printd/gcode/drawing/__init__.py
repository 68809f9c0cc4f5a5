"""Pictures of what a file prints, gathered while it is read."""
