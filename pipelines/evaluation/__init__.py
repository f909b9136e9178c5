"""The door of mteb: tasks, built-in sets, scores, and the scorer that judges for free."""
