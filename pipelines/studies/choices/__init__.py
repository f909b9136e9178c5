"""Whether another choice in the embedder's training would make it better, on a run's own rows."""
