"""A recipe's whole loop at the least size: every stage real, every model tiny and random."""
