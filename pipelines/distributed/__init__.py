"""How one training is spread over processes and nodes."""
