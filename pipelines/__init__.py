"""Programs that finish: the steps of the SPEED loop and the graph that runs them."""
