"""The door of openai: one question to an endpoint, within its limits, its price told."""
