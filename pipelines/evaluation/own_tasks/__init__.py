"""Evaluation tasks that are no part of MTEB: shipped sets, BEIR folders, files that define some."""
