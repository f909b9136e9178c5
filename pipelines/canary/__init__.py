"""A canary: trained weights answer held-out prompts beside what is served, before they are live."""
