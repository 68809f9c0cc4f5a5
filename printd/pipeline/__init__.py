"""What happens to a job: the table of steps, and the steps."""
