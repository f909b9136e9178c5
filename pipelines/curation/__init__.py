"""Which of the samples that were made are worth keeping."""
