"""A tiny embedder, trained in a second or two, that tells good pairs from bad ones."""
