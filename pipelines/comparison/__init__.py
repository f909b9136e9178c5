"""Several runs side by side: what each cost, and how good its embedder is."""
