"""Real training of generators and embedders; the only door to torch."""
