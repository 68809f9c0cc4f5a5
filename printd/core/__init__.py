"""The words and the facts; imports nothing of ours above."""
