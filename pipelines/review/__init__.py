"""A person reads and edits records between stages."""
