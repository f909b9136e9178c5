"""One question: asked in the dialect of its endpoint, within its limits, its price told."""
