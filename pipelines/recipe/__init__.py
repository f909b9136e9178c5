"""What is made: the YAML's schema, prices, and the shipped recipes."""
