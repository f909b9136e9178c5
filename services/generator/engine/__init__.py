"""What writes the tokens: vLLM behind its door, and a scripted double."""
