"""From a prompt to a valid sample: requests, attempts, the served model."""
