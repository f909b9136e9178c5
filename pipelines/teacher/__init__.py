"""Asking the teacher: where it answers, its cache, its batches, its recordings."""
