"""What makes G-code."""
