"""Where weights come from, and how they are swapped under traffic."""
