"""Asking the generators, and getting weights into them."""
