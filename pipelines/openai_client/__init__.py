"""The door of openai: one request to an endpoint, and what came back."""
