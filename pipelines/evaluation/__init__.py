"""The door of mteb: tasks, built sets, scores, and the scorer that judges for free."""
