"""What requests cost, and caps that are never passed."""
