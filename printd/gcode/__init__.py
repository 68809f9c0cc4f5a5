"""What a printer is told: read and judged."""
