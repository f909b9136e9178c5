"""A test double: an endpoint on this machine that answers from a script."""
