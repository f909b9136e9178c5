"""What tasks are about: the shipped topics, other taxonomies, topics that a teacher grows."""
