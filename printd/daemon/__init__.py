"""Who acts, and when: the threads of the daemon live here."""
