"""What a run took, gave and cost, and the page that shows it."""
