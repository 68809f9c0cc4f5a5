"""What other programs and people's pages are served: the HTTP API of the daemon."""
